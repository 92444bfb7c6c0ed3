// The bar of Utilisateurs: what it takes back, where the focus goes, conflicts that leave nothing to save; requests with
// their effects and an end; the history by saves.
import assert from "node:assert/strict";
import { check, done, LAMBERT } from "../../clients/scripts/checks.mjs";
import { as, ask, button, cell, console_, french, settled, undo } from "./browser.mjs";

const MATRIX = `#/${LAMBERT}/matrix`;
const USERS = `#/${LAMBERT}/users`;
const phone = { ...french, viewport: { width: 390, height: 844 } };

const isOn = async (page, app, person) => (await cell(page, app, person).getAttribute("aria-checked")) === "true";
const bar = (page) => page.locator(".bar.open");
const saved = (page, n = 1) => bar(page).getByText(n === 1 ? "1 changement enregistré." : `${n} changements enregistrés.`).waitFor();
const focused = (page) => page.evaluate(() => document.activeElement.ariaLabel ?? document.activeElement.textContent);
const focusComesTo = (page, wanted) => page.waitForFunction((selector) => document.activeElement.matches(selector), wanted);

/** Switch a cell by the mouse and save it, through the question that losses ask. */
async function change(page, app, person) {
  const asks = await isOn(page, app, person);
  await cell(page, app, person).click();
  await button(page, "Enregistrer").click();
  if (asks) await page.getByRole("button", { name: /^Enregistrer \d/ }).click();
  await saved(page);
}

await check("undo takes back the last save, and nothing offers to take back an earlier one", () =>
  as("lambert", MATRIX, async (page) => {
    await change(page, "Agenda", "Noah Claes");
    await change(page, "Paiements", "Noah Claes");
    assert.equal(await page.getByRole("button", { name: "Annuler ce changement" }).count(), 1);
    await undo(page);
    assert.deepEqual([await isOn(page, "Agenda", "Noah Claes"), await isOn(page, "Paiements", "Noah Claes")], [true, false]);
    assert.equal(await page.getByRole("button", { name: "Annuler ce changement" }).count(), 0);
    await change(page, "Agenda", "Noah Claes");
  }));

await check("a save that somebody else overtook is no longer offered to be taken back", () =>
  as("lambert", MATRIX, (one) => as("julie", MATRIX, async (two) => {
    await change(one, "Agenda", "Noah Claes");
    await two.waitForFunction(() => document.querySelector('[aria-label="Agenda, Noah Claes"]').ariaChecked === "true");
    await change(two, "Agenda", "Noah Claes");
    await bar(one).waitFor({ state: "detached" });
    await undo(two);
    await one.waitForFunction(() => document.querySelector('[aria-label="Agenda, Noah Claes"]').ariaChecked === "true");
    await change(one, "Agenda", "Noah Claes");
  })));

await check("Enter twice on discarding takes no saved change back", () =>
  as("lambert", MATRIX, async (page) => {
    await change(page, "Agenda", "Noah Claes");
    await cell(page, "Paiements", "Noah Claes").click();
    await button(page, "Tout abandonner").focus();
    await page.keyboard.press("Enter");
    await focusComesTo(page, ".bar.open");
    await page.keyboard.press("Enter");
    await settled(page);
    assert.equal(await isOn(page, "Agenda", "Noah Claes"), true);
    assert.equal(await page.getByText(/annulé\./).count(), 0);
    await undo(page);
  }));

await check("Enter twice on saving takes no access away", () =>
  as("lambert", MATRIX, async (page) => {
    await cell(page, "Remises", "Noah Claes").click();
    await button(page, "Enregistrer").focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    assert.equal(await focused(page), "Annuler");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    assert.equal(await focused(page), "Enregistrer", "the focus is back where it was");
    assert.equal(await page.getByText(/enregistré\./).count(), 0);
    await button(page, "Tout abandonner").click();
  }));

await check("Ctrl+S saves and Ctrl+Z takes back from where one is, and the focus stays there", () =>
  as("lambert", MATRIX, async (page) => {
    await cell(page, "Agenda", "Noah Claes").focus();
    await page.keyboard.press("Space");
    await bar(page).getByRole("status").filter({ hasText: /Ctrl\+S/ }).waitFor();
    await page.keyboard.press("Control+s");
    await saved(page);
    assert.equal(await focused(page), "Agenda, Noah Claes");
    await page.keyboard.press("Control+z");
    await page.getByText("1 changement annulé.").waitFor();
    assert.equal(await isOn(page, "Agenda", "Noah Claes"), false);
    assert.equal(await focused(page), "Agenda, Noah Claes");
  }));

await check("after saving the focus is on the bar, after undoing on the switch", () =>
  as("lambert", MATRIX, async (page) => {
    await cell(page, "Agenda", "Noah Claes").focus();
    await page.keyboard.press("Space");
    await button(page, "Enregistrer").focus();
    await page.keyboard.press("Enter");
    await saved(page);
    await focusComesTo(page, ".bar.open");
    await page.keyboard.press("Tab");
    assert.equal(await focused(page), "Annuler ce changement");
    await page.keyboard.press("Enter");
    await page.getByText("1 changement annulé.").waitFor();
    await focusComesTo(page, '[aria-label="Agenda, Noah Claes"]');
  }));

await check("a refused save that leaves nothing to save says who did the same", () =>
  as("lambert", MATRIX, (one) => as("julie", MATRIX, async (two) => {
    await cell(one, "Agenda", "Noah Claes").click();
    await one.route("**/graphql", async (route) => {
      if (route.request().postDataJSON()?.documentId === "console/SetAccess") await change(two, "Agenda", "Noah Claes");
      await route.continue();
    }, { times: 1 });
    await button(one, "Enregistrer").click();
    const said = one.getByRole("alert").filter({ hasText: "Julie Lambert a changé des accès entre-temps." });
    await said.waitFor();
    assert.match(await said.innerText(), /il n'y a plus rien à enregistrer[^]*Noah Claes : Agenda a été activé\./);
    await button(one, "Compris").click();
    await bar(one).waitFor({ state: "detached" });
    await undo(two);
  })));

await check("the bar covers nothing that has the focus, and is one line on a phone", async () => {
  const inSight = () => {
    const { bottom } = document.activeElement.getBoundingClientRect();
    return [bottom <= document.querySelector(".bar.open").getBoundingClientRect().top, document.activeElement.role];
  };
  for (const options of [french, phone])
    await as("lambert", MATRIX, async (page) => {
      await cell(page, "Agenda", "Noah Claes").click();
      await bar(page).waitFor();
      await page.keyboard.press("Control+End");
      assert.deepEqual(await page.evaluate(inSight), [true, "switch"]);
      const { height } = await bar(page).boundingBox();
      assert.ok(height < 64, `${height} pixels`);
      await button(page, "Tout abandonner").click();
      await bar(page).waitFor({ state: "detached" });
    }, options);
});

await check("apps stand by category in the matrix, and a search leaves a category its count", () =>
  as("lambert", MATRIX, async (page) => {
    const headings = await page.locator("[role=grid] :is(th[scope=rowgroup], tr.group th)").allInnerTexts();
    assert.ok(headings.length > 5 && new Set(headings).size === headings.length, headings.join());
    await cell(page, "Clients", "Noah Claes").focus();
    for (let i = 0; i < 40; i += 1) {
      await page.keyboard.press("ArrowDown");
      assert.equal(await page.evaluate(() => document.activeElement.role), "switch");
    }
    await page.goto(`${console_}${USERS}`);
    await page.getByRole("link", { name: "Noah Claes" }).click();
    const group = page.getByRole("region", { name: "Ventes" });
    const count = await group.locator("header .word").innerText();
    assert.match(count, /^\d+ sur [1-9]\d+$/);
    await page.getByLabel("Chercher une app").fill("remis");
    await page.waitForFunction(() => document.querySelectorAll("[role=switch]").length === 1);
    assert.equal(await group.locator("header .word").innerText(), count);
  }));

await check("a live notice of several changes says whose they are", () =>
  as("lambert", MATRIX, (one) => as("julie", MATRIX, async (two) => {
    for (const app of ["Agenda", "Paiements"]) await cell(one, app, "Noah Claes").click();
    await button(one, "Enregistrer").click();
    await saved(one, 2);
    await two.getByText("Philippe Lambert a changé 2 accès de Noah Claes.").waitFor();
    await undo(one);
  })));

await check("a save is one row of the history, in a sentence", () =>
  as("lambert", `#/${LAMBERT}/history`, async (page) => {
    const rows = page.locator("table.cards tbody tr");
    await rows.filter({ hasText: "a activé Agenda et Paiements pour Noah Claes" }).or(
      rows.filter({ hasText: "a activé Paiements et Agenda pour Noah Claes" })).first().waitFor();
    const last = page.getByRole("slider");
    assert.equal(await last.getAttribute("aria-valuetext"), "maintenant");
    assert.match(await page.locator(".ends").innerText(), /\d{4}[^]*maintenant/);
  }));

const REQUEST = `mutation ($input: RequestAccessInput!) {
  requestAccess(input: $input) { accessRequest { id } errors { message } }
}`;

await check("a request shows its effects and takes an end; the focus goes to the next one", () =>
  as("lambert", USERS, (owner) => as("eva", `#/${LAMBERT}/access`, async (employee) => {
    for (const app of ["INVOICES", "PRODUCT_PHOTOS"])
      assert.ok((await ask(employee, REQUEST, { input: { companyId: LAMBERT, app, reason: "Essai" } })).requestAccess.accessRequest);
    const asleep = owner.locator(".asked .line").filter({ hasText: "Photo de produit n'est pas active dans l'entreprise" });
    await asleep.getByRole("link", { name: "Applications" }).waitFor();
    assert.equal(await button(owner, "Accorder Photo de produit à Eva Dethier").count(), 0);
    const grant = button(owner, "Accorder Factures à Eva Dethier");
    await grant.focus();
    await owner.keyboard.press("Enter");
    const dialog = owner.getByRole("dialog");
    await dialog.getByText("Verra désormais").waitFor();
    await dialog.getByText("Détails pour les programmes").click();
    await dialog.getByRole("listitem").filter({ hasText: /^Invoice / }).waitFor();
    const tomorrow = new Date(Date.now() + 24 * 3600 * 1000).toLocaleDateString("sv");
    await dialog.getByLabel("Jusqu'au (facultatif)").fill(tomorrow);
    const sent = owner.waitForRequest((request) => request.postDataJSON()?.documentId === "console/DecideRequest");
    await dialog.getByRole("button", { name: "Accorder" }).click();
    assert.ok((await sent).postDataJSON().variables.input.until.startsWith(tomorrow.slice(0, 7)));
    await employee.getByRole("columnheader", { name: "Total TVAC" }).first().waitFor();
    await focusComesTo(owner, ".asked *");
    await button(owner, "Refuser Photo de produit à Eva Dethier").click();
    await asleep.waitFor({ state: "detached" });
    await owner.getByRole("link", { name: "Eva Dethier" }).first().click();
    await owner.getByRole("switch", { name: "Factures", exact: true }).click();
    await button(owner, "Enregistrer").click();
    await owner.getByRole("button", { name: /^Enregistrer \d/ }).click();
    await owner.getByText("1 app prêtée jusqu'à une date est retirée").waitFor();
  })));

done();
