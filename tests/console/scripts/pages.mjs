// Every page that the console's list of routes has, and those outside of it: in four languages, axe finds nothing in
// the color scheme that is given (dark: in one language), no text is missing, and nothing is cut off at a desk and on a
// phone. The pages of a role are seen as one of the demo's people with that role.
import assert from "node:assert/strict";
import { done, given, LAMBERT } from "../../clients/scripts/checks.mjs";
import { ask, checkPage, console_, cutOff, enter, languagesIn, open, rawKeys, settled, violations } from "./browser.mjs";

const PEOPLE = { owner: "lambert", employee: "noah", external: "compta" };
const LETTERS = ["invitation", "confirm", "not-me", "reset-password"];
const COLORFUL = "fr";
const DESK = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };
const { colorScheme } = given;

/** Nothing is cut off, and every text is there; both are the same in every color scheme. */
async function assertWhole(page, where) {
  assert.deepEqual(await rawKeys(page), [], where);
  for (const size of [PHONE, DESK]) {
    await page.setViewportSize(size);
    assert.deepEqual(await cutOff(page), [], `${where}, ${size.width} px`);
  }
}

/** Look at a page with axe; at colours in one language, since they are the same in all. */
async function assertAccessible(page, where, language) {
  await settled(page);
  if (colorScheme === "light") await assertWhole(page, `${where} ${language}`);
  assert.ok(await page.title(), `${where} has no title`);
  assert.deepEqual(await violations(page, { contrast: language === COLORFUL }), [], where);
}

const reader = await open();
await enter(reader, PEOPLE.owner);
await reader.goto(console_);
const routes = await reader.evaluate(async () => (await import("/console/core.js")).ROUTES);
const USERS = "query ($id: ID!) { company(id: $id) { users(first: 3) { nodes { id role } } } }";
const { company } = await ask(reader, USERS, { id: LAMBERT });
const user = company.users.nodes.find(({ role }) => role === "EMPLOYEE").id;
await reader.context().close();

const addresses = (role) => routes
  .filter((route) => (route.for ?? "owner") === role)
  .map(({ path }) => `#/${path.replace(":company", LAMBERT).replace(":user", user)}`);

for (const language of languagesIn(colorScheme)) {
  await checkPage(`nobody, ${language}`, { colorScheme, language }, async (page) => {
    for (const address of ["", "#/forgotten", ...LETTERS.map((name) => `${name}#token=${"x".repeat(43)}`)]) {
      await page.goto("about:blank");
      await page.goto(`${console_}${address}`);
      await page.waitForSelector("h1");
      assert.equal(await page.getAttribute("html", "lang"), language);
      await assertAccessible(page, address, language);
    }
  });
}
for (const [role, who] of Object.entries(PEOPLE)) {
  await checkPage(role, { colorScheme }, async (page) => {
    await enter(page, who);
    for (const language of [...languagesIn(colorScheme).slice(1), "fr"]) {
      await page.goto(`${console_}${addresses(role)[0]}`);
      await page.waitForSelector("h1");
      await page.selectOption("header select", language);
      await page.waitForFunction((wanted) => document.documentElement.lang === wanted, language);
      for (const address of addresses(role)) {
        await page.goto(`${console_}${address}`);
        await page.waitForSelector("h1");
        await assertAccessible(page, `${address} ${language}`, language);
      }
    }
  });
}
done();
