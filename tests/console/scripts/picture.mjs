// The picture of the matrix in README.md: as an owner sees it, with one change that is not saved yet.
import assert from "node:assert/strict";
import { done, given, LAMBERT } from "../../clients/scripts/checks.mjs";
import { checkPage, console_, enter, settled } from "./browser.mjs";

await checkPage("the matrix is a picture", { viewport: { width: 1120, height: 640 }, colorScheme: "light" }, async (page) => {
  await enter(page, "lambert");
  await page.goto(`${console_}#/${LAMBERT}/matrix`);
  await page.getByRole("switch").first().waitFor();
  await page.selectOption("header select", "en");
  await page.waitForFunction(() => document.documentElement.lang === "en");
  await settled(page);
  await page.locator("[role=switch][aria-checked=true]:not([aria-disabled=true])").nth(1).click();
  await page.evaluate(() => document.activeElement.blur());
  await settled(page);
  await page.screenshot({ path: given.picture, animations: "disabled" });
  await page.selectOption("header select", "fr");
  await page.waitForFunction(() => document.documentElement.lang === "fr");
  assert.ok(await page.getByRole("switch").count());
});
done();
