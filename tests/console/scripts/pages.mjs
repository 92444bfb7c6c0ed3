// Every page that the console's list of routes has, and those outside of it: in four languages no text is missing and
// nothing is cut off at a desk and on a phone, and axe finds nothing. The pages of a role are seen as one of the demo's
// people with that role.
import assert from "node:assert/strict";
import { done, LAMBERT } from "../../clients/scripts/checks.mjs";
import { assertAccessible, inEveryLanguage } from "./accessible.mjs";
import { ask, checkPage, console_, cutOff, enter, LANGUAGES, open, rawKeys, settled } from "./browser.mjs";

const PEOPLE = { owner: "lambert", employee: "noah", external: "compta" };
const LETTERS = ["invitation", "confirm", "not-me", "reset-password"];
const OUTSIDE = ["", "#/forgotten", ...LETTERS.map((name) => `${name}#token=${"x".repeat(43)}`)];
const DESK = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };

/** Nothing is cut off, and every text is there. */
async function assertWhole(page, where) {
  assert.ok(await page.title(), `${where} has no title`);
  assert.deepEqual(await rawKeys(page), [], where);
  for (const size of [PHONE, DESK]) {
    await page.setViewportSize(size);
    assert.deepEqual(await cutOff(page), [], `${where}, ${size.width} px`);
  }
}

async function visit(page, address) {
  await page.goto(`${console_}${address}`);
  await page.waitForSelector("h1");
  await settled(page);
}

let pages = 0;

/** Look at the page in four languages, whose choice stands in `chooser`. */
async function assertSound(page, address, chooser) {
  const n = pages++;
  await inEveryLanguage(page, chooser, async (language) => {
    await assertWhole(page, `${address} ${language}`);
    await assertAccessible(page, n, language, address);
  });
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

for (const language of LANGUAGES) {
  await checkPage(`the language of the browser, ${language}`, { language }, async (page) => {
    await visit(page, OUTSIDE[0]);
    assert.equal(await page.getAttribute("html", "lang"), language);
    await assertWhole(page, language);
  });
}
await checkPage("nobody", {}, async (page) => {
  for (const address of OUTSIDE) {
    await page.goto("about:blank");
    await visit(page, address);
    await assertSound(page, address, ".foot select");
  }
});
for (const [role, who] of Object.entries(PEOPLE)) {
  await checkPage(role, {}, async (page) => {
    await enter(page, who);
    for (const address of addresses(role)) {
      await visit(page, address);
      await assertSound(page, address, "header select");
    }
  });
}
done();
