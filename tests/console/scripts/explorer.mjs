// The explorer: signing in with one click, looking as an employee, what an answer hides and costs, examples, live.
import assert from "node:assert/strict";
import { done } from "../../clients/scripts/checks.mjs";
import { assertAccessible, inEveryLanguage } from "./accessible.mjs";
import { checkInTurn, checkPage, console_, rawKeys, settled } from "./browser.mjs";

const explorer = `${console_}explorer`;
const EXECUTE = ".graphiql-execute-button";
/** Its place among the pages that axe looks at. */
const NTH = 17;

/** Open the explorer and sign in with the button of one of the demo's logins. */
async function enter(page, who) {
  await page.goto(explorer);
  await page.getByRole("button", { name: who, exact: true }).click();
  await page.waitForSelector("#bar .logins", { state: "detached" });
  await page.selectOption("#bar > select", "en");
  await page.getByLabel("Who asks").waitFor();
  await settled(page);
}

/** Run what is in the editor, and give what is said of the answer. */
async function run(page) {
  await page.click(EXECUTE);
  const status = page.locator("#seen [role=status]");
  await page.waitForFunction(() => document.querySelector("#seen [role=status]").textContent.includes("hidden"));
  return { said: await status.innerText(), notes: await page.locator("#seen li").allInnerTexts() };
}

/** Look as Eva from here on. */
async function becomeEva(page) {
  const eva = page.locator("#bar option", { hasText: /^Eva/ });
  await page.getByLabel("Who asks").selectOption(await eva.getAttribute("value"));
  await page.getByText("You see what Eva").waitFor();
  await settled(page);
}

await checkInTurn({}, {
  "an employee is told what is hidden, and what it cost": async (page) => {
    await enter(page, "noah");
    const { said, notes } = await run(page);
    assert.match(said, /^Cost: [\d,]+ of 100,000 · 1 hidden part$/);
    assert.deepEqual(notes, ["viewer.companies.nodes.invoices Invoices at Bières Delvaux"]);
    assert.equal(await page.locator("#seen a").count(), 0);
  },
  "the browser keeps nothing of what was asked": async (page) => {
    assert.deepEqual(await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith("graphiql"))), []);
  },
  "what is around GraphiQL is accessible in every language": async (page) => {
    await inEveryLanguage(page, "#bar > select", async (language) => {
      assert.deepEqual([...await rawKeys(page, "#bar"), ...await rawKeys(page, "#seen")], []);
      await assertAccessible(page, NTH, language, "the explorer", { exclude: [".graphiql-container"] });
    });
  },
  "an example is put into the editor, and lives": async (page) => {
    await page.selectOption("#bar > select", "en");
    await page.getByLabel("Examples").selectOption("live");
    await page.waitForFunction(() => document.querySelector(".graphiql-query-editor").textContent.includes("subscription"));
    await settled(page);
    await page.click(EXECUTE);
    await page.waitForFunction(() => document.querySelector(".result-window").textContent.includes("EMPLOYEE"));
  },
});

await checkInTurn({}, {
  "looking ends, and answers are one's own": async (page) => {
    await enter(page, "lambert");
    await becomeEva(page);
    await page.getByRole("button", { name: "Be yourself again" }).click();
    await page.getByText("You see what Eva").waitFor({ state: "detached" });
    await settled(page);
    assert.deepEqual((await run(page)).notes, []);
  },
  "an owner looks as an employee, and finds the switch of what is hidden": async (page) => {
    await becomeEva(page);
    const { notes } = await run(page);
    assert.match(notes.join(), /invoices Invoices at Chauffage Lambert To the switch/);
    await page.locator("#seen a").first().click();
    await page.waitForURL(/#\/com_\w+\/users\/usr_\w+$/);
    await page.getByRole("switch").first().waitFor();
    assert.match(await page.locator("h1").innerText(), /^Eva/);
  },
});

/** Ask as Eva, with hidden fields in a mode, which give so many notes. */
async function assertMode(page, mode, number) {
  page.expected = (problem) => mode === "absent" && problem.includes("422"); // a field that is not there for eva
  await page.getByLabel("Hidden fields").selectOption(mode);
  await settled(page);
  const asked = page.waitForRequest((request) => request.postData()?.includes("query Invoices"));
  const { notes } = await run(page);
  assert.equal((await asked).headers()["hidden-fields"], mode);
  assert.equal(notes.length, number);
  const result = await page.locator(".result-window").innerText();
  assert.equal(result.includes("Cannot query field 'invoices'"), mode === "absent");
  await page.locator(".graphiql-query-editor .CodeMirror-lint-mark-error").first().waitFor({ state: mode === "absent" ? "attached" : "detached" });
}

await checkInTurn({}, {
  "hidden fields are null": async (page) => {
    await enter(page, "eva");
    await assertMode(page, "null", 1);
  },
  "hidden fields are errors": (page) => assertMode(page, "error", 1),
  "hidden fields are absent": (page) => assertMode(page, "absent", 0),
});

await checkPage("nobody signed in reads texts, whichever comes last", {}, async (page) => {
  for (const set of ["explorer", "reference"]) {
    await page.route(new RegExp(`texts/${set}`), async (route) => (await new Promise((later) => setTimeout(later, 400)), route.continue()));
    await page.goto(explorer);
    await page.getByRole("button", { name: "noah", exact: true }).waitFor();
    assert.deepEqual([...await rawKeys(page, "#bar"), ...await rawKeys(page, "#seen")], []);
    await page.unrouteAll();
  }
});
done();
