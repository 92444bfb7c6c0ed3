// The explorer: signing in with one click, looking as an employee, what an answer hides and costs, examples, live.
import assert from "node:assert/strict";
import { done } from "../../clients/scripts/checks.mjs";
import { checkPage, console_, languagesIn, rawKeys, settled, violations } from "./browser.mjs";

const explorer = `${console_}explorer`;
const EXECUTE = ".graphiql-execute-button";

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

await checkPage("an employee is told what is hidden, and what it cost", {}, async (page) => {
  await enter(page, "noah");
  const { said, notes } = await run(page);
  assert.match(said, /^Cost: [\d,]+ of 100,000 · 1 hidden part$/);
  assert.deepEqual(notes, ["viewer.companies.nodes.invoices Invoices at Bières Delvaux"]);
  assert.equal(await page.locator("#seen a").count(), 0);
});

await checkPage("an owner looks as an employee, and finds the switch of what is hidden", {}, async (page) => {
  await enter(page, "lambert");
  assert.deepEqual((await run(page)).notes, []);
  const eva = page.locator("#bar option", { hasText: /^Eva/ });
  await page.getByLabel("Who asks").selectOption(await eva.getAttribute("value"));
  await page.getByText("You see what Eva").waitFor();
  await settled(page);
  const { notes } = await run(page);
  assert.match(notes.join(), /invoices Invoices at Chauffage Lambert To the switch/);
  await page.locator("#seen a").first().click();
  await page.waitForURL(/#\/com_\w+\/users\/usr_\w+$/);
  await page.getByRole("switch").first().waitFor();
  assert.match(await page.locator("h1").innerText(), /^Eva/);
});

await checkPage("the browser keeps nothing of what was asked", {}, async (page) => {
  await enter(page, "noah");
  await run(page);
  assert.deepEqual(await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith("graphiql"))), []);
});

await checkPage("looking ends, and answers are one's own again", {}, async (page) => {
  await enter(page, "lambert");
  const eva = page.locator("#bar option", { hasText: /^Eva/ });
  await page.getByLabel("Who asks").selectOption(await eva.getAttribute("value"));
  await page.getByRole("button", { name: "Be yourself again" }).click();
  await page.getByText("You see what Eva").waitFor({ state: "detached" });
  await settled(page);
  assert.deepEqual((await run(page)).notes, []);
});

for (const [mode, number] of [["null", 1], ["error", 1], ["absent", 0]]) {
  await checkPage(`hidden fields, mode ${mode}`, {}, async (page) => {
    page.expected = (problem) => mode === "absent" && problem.includes("422"); // a field that is not there for eva
    await enter(page, "eva");
    await page.getByLabel("Hidden fields").selectOption(mode);
    await settled(page);
    const asked = page.waitForRequest((request) => request.postData()?.includes("query Invoices"));
    const { notes } = await run(page);
    assert.equal((await asked).headers()["hidden-fields"], mode);
    assert.equal(notes.length, number);
    const result = await page.locator(".result-window").innerText();
    assert.equal(result.includes("Cannot query field 'invoices'"), mode === "absent");
    await page.locator(".graphiql-query-editor .CodeMirror-lint-mark-error").first().waitFor({ state: mode === "absent" ? "attached" : "detached" });
  });
}

await checkPage("nobody signed in reads texts, whichever comes last", {}, async (page) => {
  for (const set of ["explorer", "reference"]) {
    await page.route(new RegExp(`texts/${set}`), async (route) => (await new Promise((later) => setTimeout(later, 400)), route.continue()));
    await page.goto(explorer);
    await page.getByRole("button", { name: "noah", exact: true }).waitFor();
    assert.deepEqual([...await rawKeys(page, "#bar"), ...await rawKeys(page, "#seen")], []);
    await page.unrouteAll();
  }
});

await checkPage("an example is put into the editor, and lives", {}, async (page) => {
  await enter(page, "noah");
  await page.getByLabel("Examples").selectOption("live");
  await page.waitForFunction(() => document.querySelector(".graphiql-query-editor").textContent.includes("subscription"));
  await settled(page);
  await page.click(EXECUTE);
  await page.waitForFunction(() => document.querySelector(".result-window").textContent.includes("EMPLOYEE"));
});

for (const colorScheme of ["light", "dark"]) {
  await checkPage(`what is around GraphiQL is accessible, ${colorScheme}`, { colorScheme }, async (page) => {
    await enter(page, "noah");
    await run(page);
    for (const language of languagesIn(colorScheme)) {
      await page.selectOption("#bar > select", language);
      await page.waitForFunction((wanted) => document.documentElement.lang === wanted, language);
      await settled(page);
      assert.deepEqual(await violations(page, { exclude: [".graphiql-container"] }), [], language);
    }
    await page.selectOption("#bar > select", "fr");
  });
}
done();
