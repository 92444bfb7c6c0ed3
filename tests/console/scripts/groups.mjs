// Switches of groups in the matrix: a category of a person, an app of all people that are shown; and apps that are lent.
import assert from "node:assert/strict";
import { check, done, LAMBERT } from "../../clients/scripts/checks.mjs";
import { assertAccessible } from "./accessible.mjs";
import { as, ask, button, cell, cutOff, french, LANGUAGES, undo } from "./browser.mjs";

const MATRIX = `#/${LAMBERT}/matrix`;
const EVERYBODY = "Personnes affichées";
/** Its place among the pages that axe looks at. */
const NTH = 19;
const phone = { ...french, viewport: { width: 390, height: 844 } };

const said = async (page, line, column) => {
  const found = cell(page, line, column);
  return [await found.getAttribute("aria-checked"), await found.getAttribute("aria-description")];
};
const collected = (page, n) => page.locator(".bar.open").getByText(n === 1 ? "1 changement" : `${n} changements`, { exact: true }).waitFor();
const pressed = (page, key) => page.keyboard.press(key);
const focused = (page) => page.evaluate(() => document.activeElement.ariaLabel);

/** How many toggles of a group are on, and of how many, as its description says. */
async function counted(page, line, column) {
  const [, text] = await said(page, line, column);
  return text.match(/^(\d+) sur (\d+)$/).slice(1).map(Number);
}

await check("a category of a person by the keyboard: collected, its effects shown, saved, taken back", () =>
  as("lambert", MATRIX, async (page) => {
    const [on, all] = await counted(page, "Tout : Ventes", "Noah Claes");
    assert.ok(on > 0 && on < all, `${on} of ${all}`);
    assert.equal((await said(page, "Tout : Ventes", "Noah Claes"))[0], "false");
    await page.waitForSelector("[aria-label='Tout : Ventes, Noah Claes'].part");
    await cell(page, "Factures", "Noah Claes").click();
    assert.deepEqual(await counted(page, "Tout : Ventes", "Noah Claes"), [on - 1, all]);
    await cell(page, "Remises", "Noah Claes").click();
    assert.deepEqual(await counted(page, "Tout : Ventes", "Noah Claes"), [on - 2, all]);
    await button(page, "Tout abandonner").click();
    await cell(page, "Factures", "Noah Claes").focus();
    while ((await focused(page)) !== "Tout : Ventes, Noah Claes") await pressed(page, "ArrowUp");
    await pressed(page, "Space");
    assert.equal(await focused(page), "Tout : Ventes, Noah Claes", "the switch keeps the focus");
    await collected(page, all - on);
    assert.deepEqual(await said(page, "Tout : Ventes", "Noah Claes"), ["true", `${all} sur ${all}`]);
    await page.keyboard.press("Control+s");
    await page.getByText(`${all - on} changements enregistrés.`).waitFor();
    assert.deepEqual(await counted(page, "Tout : Ventes", "Noah Claes"), [all, all]);
    await undo(page);
    assert.deepEqual(await counted(page, "Tout : Ventes", "Noah Claes"), [on, all]);
    await cell(page, "Tout : Ventes", "Noah Claes").click();
    await cell(page, "Tout : Ventes", "Noah Claes").click();
    await collected(page, on);
    await page.keyboard.press("Control+s");
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Ne verra plus").waitFor();
    assert.equal(await dialog.locator(".effects li").count(), on);
    await pressed(page, "Escape");
    await button(page, "Tout abandonner").click();
    assert.deepEqual(await counted(page, "Tout : Ventes", "Noah Claes"), [on, all]);
  }));

await check("an app of all people that are shown, and of nobody else; who sees it anyhow has no toggle", () =>
  as("lambert", MATRIX, async (page) => {
    const people = (await page.getByRole("columnheader").allInnerTexts()).slice(2).map((text) => text.split("\n")[0]);
    const toggles = [];
    for (const person of people) if (!(await cell(page, "Agenda", person).getAttribute("aria-disabled"))) toggles.push(await cell(page, "Agenda", person).getAttribute("aria-checked"));
    const before = toggles.filter((on) => on === "true").length;
    assert.ok(toggles.length > 2 && toggles.length < people.length);
    assert.deepEqual(await counted(page, "Agenda", EVERYBODY), [before, toggles.length]);
    assert.equal(await cell(page, "Clients", EVERYBODY).getAttribute("aria-disabled"), "true");
    assert.deepEqual(await said(page, "Tout : Ventes", "Philippe Lambert"), ["true", "propriétaire, voit tout"]);
    await cell(page, "Agenda", EVERYBODY).click();
    await collected(page, toggles.length - before);
    await button(page, "Tout abandonner").click();
    const search = page.getByLabel("Personne", { exact: true });
    await search.fill("ev"); // Eva Dethier and Thomas Evrard
    await page.getByRole("columnheader", { name: "Noah Claes" }).waitFor({ state: "detached" });
    const [on, all] = await counted(page, "Agenda", EVERYBODY);
    assert.equal(all, 2);
    await cell(page, "Agenda", EVERYBODY).click();
    await collected(page, all - on);
    await search.fill("");
    assert.deepEqual(await counted(page, "Agenda", EVERYBODY), [before + all - on, toggles.length]);
    await button(page, "Tout abandonner").click();
    await search.fill("Claes");
    assert.equal(await page.getByRole("columnheader", { name: EVERYBODY }).count(), 0, "one person is no group");
    await search.fill("");
    await page.getByLabel("App", { exact: true }).fill("date"); // a day of delivery, a day of each line
    await page.getByRole("row", { name: /^Factures/ }).waitFor({ state: "detached" });
    assert.ok((await page.getByRole("switch", { name: /, Noah Claes$/ }).count()) > 1);
    assert.equal(await page.getByRole("switch", { name: /^Tout : Ventes/ }).count(), 0, "a category that is shown in part is no group");
  }));

const REQUEST = `mutation ($input: RequestAccessInput!) {
  requestAccess(input: $input) { accessRequest { id } errors { message } }
}`;
const DECIDE = "mutation ($input: DecideAccessRequestInput!) { decideAccessRequest(input: $input) { errors { message } } }";
const LENT = `query ($id: ID!) { company(id: $id) { permissionMatrix(apps: [PURCHASES]) { rows { user { firstName } cells { until } } } } }`;

await check("an app that is lent shows its end, is not copied, and is not given back for good", () =>
  as("lambert", MATRIX, (page) => as("karim", `#/${LAMBERT}/access`, async (karim) => {
    const { rows } = (await ask(page, LENT, { id: LAMBERT })).company.permissionMatrix;
    const { until } = rows.find(({ user }) => user?.firstName === "Karim").cells[0];
    const achats = cell(page, "Achats", "Karim Benali");
    const [on, text] = await said(page, "Achats", "Karim Benali");
    assert.equal(on, "true");
    assert.match(text, /^jusqu'au \d+ .* 20\d\d/);
    assert.match(await achats.innerText(), /^\d+ \S+$/);
    await achats.click();
    assert.deepEqual([await said(page, "Achats", "Karim Benali"), await achats.innerText()], [["false", null], ""]);
    await achats.click();
    assert.deepEqual(await said(page, "Achats", "Karim Benali"), ["true", text], "what was not saved keeps its end");
    await page.getByRole("columnheader").getByRole("link", { name: "Noah Claes" }).click();
    await page.getByLabel("Reprendre les accès").selectOption({ label: "Karim Benali" });
    assert.equal(await page.getByRole("switch", { name: "Achats", exact: true }).getAttribute("aria-checked"), "false");
    await button(page, "Tout abandonner").click();
    await page.getByRole("link", { name: "Utilisateurs" }).first().click();
    await page.getByRole("link", { name: "Karim Benali" }).click();
    const line = page.locator(".line").filter({ has: page.getByRole("switch", { name: "Achats", exact: true }) });
    await line.getByText(/^activé · jusqu'au \d+ .* 20\d\d$/).waitFor();
    await line.getByRole("switch").click();
    await button(page, "Enregistrer").click();
    await button(page, "Enregistrer 1 changement").click();
    await page.getByText("1 app prêtée jusqu'à une date est retirée ; l'annulation ne la rend pas.").waitFor();
    await line.getByText("désactivé").waitFor();
    assert.equal(await button(page, "Annuler ce changement").count(), 0);
    const asked = (await ask(karim, REQUEST, { input: { companyId: LAMBERT, app: "PURCHASES", reason: "Encore" } })).requestAccess;
    const input = { requestId: asked.accessRequest.id, granted: true, until };
    assert.deepEqual((await ask(page, DECIDE, { input })).decideAccessRequest.errors, []);
    await line.getByText(/^activé · jusqu'au /).waitFor();
  })));

await check("a past moment shows until when what was on then was lent", () =>
  as("lambert", `#/${LAMBERT}/history`, async (page) => {
    await page.locator("table.cards tbody tr").first().getByRole("button").click();
    await page.getByRole("grid").waitFor();
    const [on, text] = await said(page, "Achats", "Karim Benali");
    assert.equal(on, "true");
    assert.match(text, /\S · jusqu'au \d+ .* 20\d\d/, "why it is no switch, and its end");
    assert.match(await cell(page, "Achats", "Karim Benali").innerText(), /^\d+ \S+$/);
  }));

for (const language of [...LANGUAGES.slice(1), "fr"])
  await check(`on a phone groups and ends are whole and accessible, ${language}`, () =>
    as("lambert", MATRIX, async (page) => {
      assert.ok(await page.locator("[role=switch].lent").count());
      assert.ok(await page.locator("tr.group [role=switch]").count());
      assert.deepEqual(await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]), [390, 390]);
      assert.deepEqual(await cutOff(page), []);
      await assertAccessible(page, NTH, language, "groups on a phone");
    }, { ...phone, language }));

done();
