// A large matrix: few of its cells are drawn at once, and the keyboard reaches all of them.
import assert from "node:assert/strict";
import { done, LAMBERT } from "../../clients/scripts/checks.mjs";
import { checkPage, console_, enter, violations } from "./browser.mjs";

const MATRIX = `${console_}#/${LAMBERT}/matrix`;

/** The answer to People, with as many users and apps as are wanted. */
function grown({ data }, people, apps) {
  const { permissionMatrix: matrix } = data.company;
  const [app] = matrix.apps;
  const row = matrix.rows.find(({ user }) => user?.role === "EMPLOYEE");
  matrix.apps = Array.from({ length: apps }, (_, i) => ({ ...app, id: `app${i}`, app: `APP_${i}`, label: `App ${i}`, alwaysVisible: false }));
  matrix.rows = Array.from({ length: people }, (_, i) => ({
    ...row,
    id: `row${i}`,
    user: { ...row.user, id: `usr${i}`, firstName: `Person ${i}`, lastName: "" },
    cells: matrix.apps.map(({ app: name }, j) => ({ ...row.cells[0], id: `${i}.${j}`, app: name, granted: (i + j) % 3 === 0, editable: true, reason: "TOGGLE" })),
  }));
  return { data };
}

for (const people of [20, 50]) {
  await checkPage(`${people} people and 116 apps`, { language: "fr" }, async (page) => {
    await page.route("**/graphql", async (route) => {
      if (route.request().postDataJSON().documentId !== "console/People") return route.fallback();
      const response = await route.fetch();
      return route.fulfill({ response, json: grown(await response.json(), people, 116) });
    });
    await enter(page, "lambert");
    await page.goto(MATRIX);
    const grid = page.getByRole("grid");
    await grid.waitFor();
    assert.equal(await grid.getAttribute("aria-rowcount"), String(people + 1));
    assert.equal(await grid.getAttribute("aria-colcount"), "117");
    const switches = await page.getByRole("switch").count();
    assert.ok(switches > 200 && switches < 1200, `${switches} switches`);
    assert.deepEqual(await violations(page), []);
    await page.getByRole("switch", { name: "App 0, Person 0", exact: true }).focus();
    await page.keyboard.press("Control+End");
    await page.waitForFunction((last) => document.activeElement.ariaLabel === last, `App 115, Person ${people - 1}`);
    await page.keyboard.press("Control+Home");
    await page.waitForFunction(() => document.activeElement.ariaLabel === "App 0, Person 0");
    await page.keyboard.press("Space");
    assert.equal(await page.evaluate(() => document.activeElement.ariaChecked), "false");
    await page.evaluate(() => document.querySelector(".matrix").scrollTo(0, 1e6));
    await page.getByRole("row").filter({ hasText: `Person ${people - 1}` }).waitFor();
    await page.getByRole("button", { name: "Tout abandonner" }).click();
  });
}
done();
