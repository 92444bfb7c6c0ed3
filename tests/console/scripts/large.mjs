// A large matrix: few of its cells are drawn at once, and the keyboard reaches all of them.
import assert from "node:assert/strict";
import { done } from "../../clients/scripts/checks.mjs";
import { checkPage, violations } from "./browser.mjs";
import { showGrown } from "./grown.mjs";

const CATEGORIES = 8;
const EVERYBODY = "Personnes affichées";

for (const people of [20, 50]) {
  await checkPage(`${people} people and 116 apps`, { language: "fr" }, async (page) => {
    await showGrown(page, { people, apps: 116, categories: CATEGORIES });
    const grid = page.getByRole("grid");
    assert.equal(await grid.getAttribute("aria-rowcount"), String(people + 2));
    assert.equal(await grid.getAttribute("aria-colcount"), String(117 + CATEGORIES));
    const switches = await page.getByRole("switch").count();
    assert.ok(switches > 200 && switches < 1200, `${switches} switches`);
    assert.deepEqual(await violations(page), []);
    await page.getByRole("switch", { name: "App 0, Person 0", exact: true }).focus();
    await page.keyboard.press("Control+End");
    await page.waitForFunction((last) => document.activeElement.ariaLabel === last, `App 115, Person ${people - 1}`);
    await page.keyboard.press("Control+Home");
    await page.waitForFunction((first) => document.activeElement.ariaLabel.endsWith(first), `, ${EVERYBODY}`);
    assert.match(await page.evaluate(() => document.activeElement.ariaLabel), /^Tout : /);
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Space");
    assert.deepEqual(await page.evaluate(() => [document.activeElement.ariaLabel, document.activeElement.ariaChecked]), [`App 0, ${EVERYBODY}`, "true"]);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Space");
    assert.deepEqual(await page.evaluate(() => [document.activeElement.ariaLabel, document.activeElement.ariaChecked]), ["App 0, Person 0", "false"]);
    await page.evaluate(() => document.querySelector(".matrix").scrollTo(0, 1e6));
    await page.getByRole("row").filter({ hasText: `Person ${people - 1}` }).waitFor();
    await page.getByRole("button", { name: "Tout abandonner" }).click();
  });
}
done();
