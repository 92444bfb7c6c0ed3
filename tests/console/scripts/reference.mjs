// The reference, read by an owner, and by nobody in particular: search, keyboard, gates, errors, settings, four languages.
import assert from "node:assert/strict";
import { done } from "../../clients/scripts/checks.mjs";
import { assertAccessible, inEveryLanguage } from "./accessible.mjs";
import { checkInTurn, console_, enter, rawKeys, settled } from "./browser.mjs";

const reference = `${console_}reference`;
/** Its place among the pages that axe looks at. */
const NTH = 18;

async function open(page, address = "", who = "lambert") {
  if (who) await enter(page, who);
  await page.goto("about:blank");
  await page.goto(`${reference}${address}`);
  await page.waitForSelector("article h1");
  await settled(page);
}

/** Follow an address on the page that is open. */
async function go(page, address) {
  await page.goto(`${reference}${address}`);
  await settled(page);
}

await checkInTurn({}, {
  "types lead to types, and an address leads to its entry": async (page) => {
    await open(page, "#Invoice.customer");
    await page.locator("dt.aim a").click();
    await page.waitForURL(/#Customer$/);
    await page.getByRole("heading", { name: /^Customer/ }).waitFor();
    assert.match(await page.title(), /^Customer/);
    await page.goBack();
    await page.waitForURL(/#Invoice\.customer$/);
  },
  "the keyboard alone finds a field": async (page) => {
    await open(page);
    await page.keyboard.press("/");
    await page.keyboard.type("discount");
    await page.getByText(/^\d+ found$/).waitFor();
    const second = await page.locator(".finder li a").nth(1).innerText();
    assert.match(second, /^[A-Z]\w+\.discount$/);
    for (const key of ["ArrowDown", "ArrowDown", "ArrowUp", "ArrowUp", "ArrowDown", "ArrowDown", "Enter"])
      await page.keyboard.press(key);
    await page.waitForURL((url) => url.hash === `#${second}`);
    assert.match(await page.locator("dt.aim").innerText(), /^discount: Decimal\s+Discounts$/);
    assert.ok(await page.locator("dt.aim").isVisible());
  },
  "another part begins without the search": async (page) => {
    await page.getByRole("searchbox").fill("discounts");
    await page.getByText(/^\d+ found$/).waitFor();
    await page.getByRole("link", { name: "Errors", exact: true }).click();
    await page.waitForFunction(() => document.querySelector("input[type=search]").value === "");
    assert.equal(await page.getByText("`").count(), 0, "backticks are shown as code");
  },
  "errors and settings are there": async (page) => {
    await page.waitForURL(/#GRAPHQL_PARSE_FAILED$/);
    assert.match(await page.locator("article").innerText(), /400[^]*What to do: /);
    await page.getByRole("link", { name: "Settings", exact: true }).click();
    await page.waitForURL(/#DATABASE_URL$/);
    await page.locator("nav.finder").getByRole("link", { name: "ENFACT_PORT", exact: true }).click();
    await page.locator("article").getByText(/default 8000/).waitFor();
  },
  "accessible in every language": async (page) => {
    await go(page, "#AppKind");
    await inEveryLanguage(page, "header select", async (language) => {
      assert.deepEqual(await rawKeys(page), []);
      await assertAccessible(page, NTH, language, "the reference");
    });
  },
  "nothing sticks out on a phone": async (page) => {
    await page.setViewportSize({ width: 390, height: 800 });
    await go(page, "#Invoice");
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  },
  "the reference leads to the explorer": async (page) => {
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.locator("header select").selectOption("en");
    await page.getByRole("link", { name: "Explorer" }).click();
    await page.waitForURL(/\/console\/explorer$/);
    await settled(page);
  },
});

await checkInTurn({ language: "nl" }, {
  "a search finds by the name of an app, in the language of the browser": async (page) => {
    await open(page);
    assert.equal(await page.getAttribute("html", "lang"), "nl");
    await page.getByRole("searchbox").fill("kortingen");
    await page.waitForFunction(() => document.querySelectorAll(".finder li").length > 5);
    assert.ok((await page.locator(".finder li").allInnerTexts()).includes("Invoice.discount"));
  },
  "texts wait for each other, however late they come": async (page) => {
    await page.route(/texts\/door/, async (route) => (await new Promise((later) => setTimeout(later, 400)), route.continue()));
    await open(page);
    assert.deepEqual(await rawKeys(page), []);
    await page.unroute(/texts\/door/);
    await page.getByRole("combobox").selectOption("de");
    await page.getByRole("link", { name: "Einstellungen" }).waitFor();
    assert.deepEqual(await rawKeys(page), []);
  },
});

await checkInTurn({}, {
  "an unknown name is said to be none": async (page) => {
    await page.goto(`${reference}#Nothing`);
    await page.getByRole("heading", { name: "Nothing has this name" }).waitFor();
  },
  "an address that is not well formed is none, either": async (page) => {
    await page.goto("about:blank");
    await page.goto(`${reference}#%`);
    await page.getByRole("heading", { name: "Nothing has this name" }).waitFor();
  },
  "who is not signed in finds what the schema of strangers has": async (page) => {
    await go(page, "#Query");
    assert.match(await page.locator("article").innerText(), /viewer/);
    await go(page, "#Invoice.customer");
    await page.getByRole("heading", { name: "Nothing has this name" }).waitFor();
    await open(page, "#Invoice.customer");
    assert.ok(await page.locator("dt.aim").isVisible());
  },
});
done();
