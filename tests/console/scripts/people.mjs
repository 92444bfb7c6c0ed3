// Utilisateurs: changes are collected, saved as one, seen by others at once, and taken back.
import assert from "node:assert/strict";
import { check, DELVAUX, done, LAMBERT } from "../../clients/scripts/checks.mjs";
import { as, ask, button, cell, checkPage, console_, french, settled, signIn, undo } from "./browser.mjs";

const MATRIX = `#/${LAMBERT}/matrix`;
const SAVED = "changement enregistré";

const isOn = async (page, app, person) => (await cell(page, app, person).getAttribute("aria-checked")) === "true";

/** Wait until a switch is on or off. */
const becomes = (page, app, person, on) =>
  page.waitForFunction(
    ([name, wanted]) => document.querySelector(`[role=switch][aria-label="${name}"]`)?.ariaChecked === wanted,
    [`${app}, ${person}`, String(on)],
  );

/** Save what is collected; `asks`: through the question that losses ask. */
async function save(page, { asks = false } = {}) {
  await button(page, "Enregistrer").click();
  if (asks) await page.getByRole("button", { name: /^Enregistrer \d/ }).click();
}

async function signOut(page) {
  await button(page, "Se déconnecter").click();
  await page.waitForSelector("input[type=email]");
}

await checkPage("keyboard only, from signing in to a saved change and back", french, async (page) => {
  const tabTo = async (wanted) => {
    for (let i = 0; i < 80; i += 1) {
      if (await page.evaluate((name) => (document.activeElement.ariaLabel ?? document.activeElement.textContent).trim() === name, wanted)) return;
      await page.keyboard.press("Tab");
    }
    assert.fail(`no tab stop is ${wanted}`);
  };
  await page.goto(console_);
  await page.waitForSelector("input[type=email]");
  await page.keyboard.type("lambert@demo.enfact.test");
  await page.keyboard.press("Tab");
  await page.keyboard.type("demo-enfact-2026");
  await page.keyboard.press("Enter");
  await page.waitForSelector("table");
  await tabTo("Matrice des accès");
  await page.keyboard.press("Enter");
  await page.waitForSelector("[role=grid]");
  assert.equal(await page.locator("[role=grid] [tabindex='0']").count(), 1, "the grid is one tab stop");
  const first = await page.evaluate(() => document.querySelector("[role=grid] [role=switch]").ariaLabel);
  assert.match(first, /^Tout : .*, Personnes affichées$/);
  await tabTo(first);
  const name = () => page.evaluate(() => document.activeElement.ariaLabel);
  await page.keyboard.press("Control+End");
  assert.match(await name(), /, Claire Fontaine$/);
  await page.keyboard.press("Home");
  assert.match(await name(), /, Personnes affichées$/);
  await page.keyboard.press("Control+Home");
  await page.keyboard.press("End");
  assert.equal(await name(), first.replace("Personnes affichées", "Claire Fontaine"));
  await page.keyboard.press("ArrowDown");
  assert.equal(await name(), "Clients, Claire Fontaine");
  await page.keyboard.press("Home");
  for (const key of ["ArrowRight", "ArrowRight", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp", "ArrowDown"]) await page.keyboard.press(key);
  const changed = await name();
  const before = await page.evaluate(() => document.activeElement.ariaChecked);
  await page.keyboard.press("Space");
  assert.equal(await name(), changed, "the switch keeps the focus");
  assert.notEqual(await page.evaluate(() => document.activeElement.ariaChecked), before);
  await tabTo("Enregistrer");
  await page.keyboard.press("Enter");
  if (before === "true") {
    await page.getByRole("dialog").waitFor();
    await tabTo("Enregistrer 1 changement");
    await page.keyboard.press("Enter");
  }
  await page.getByText(SAVED).first().waitFor();
  await tabTo("Annuler ce changement");
  await page.keyboard.press("Enter");
  await page.getByText("1 changement annulé.").waitFor();
});

await check("another owner and the employee see a change at once, and its undoing", () =>
  as("lambert", MATRIX, (one) => as("julie", MATRIX, (two) => as("noah", `#/${LAMBERT}/access`, async (employee) => {
    const discount = employee.getByRole("columnheader", { name: "Remise" });
    await discount.first().waitFor();
    assert.equal(await employee.getByRole("switch").count(), 0);
    await cell(one, "Remises", "Noah Claes").click();
    assert.equal(await isOn(two, "Remises", "Noah Claes"), true, "nothing is saved yet");
    await save(one, { asks: true });
    await one.getByText(SAVED).first().waitFor();
    await becomes(two, "Remises", "Noah Claes", false);
    await two.getByText("Philippe Lambert a désactivé Remises pour Noah Claes.").waitFor();
    await discount.first().waitFor({ state: "detached" });
    assert.equal(await employee.getByRole("columnheader", { name: "Total TVAC" }).count(), 2);
    await undo(one);
    await discount.first().waitFor();
    await becomes(two, "Remises", "Noah Claes", true);
  }))));

await check("what is not saved survives a reload, and is not somebody else's", () =>
  as("lambert", MATRIX, async (page) => {
    await cell(page, "Agenda", "Noah Claes").click();
    await page.reload();
    await page.waitForSelector("[role=grid]");
    assert.equal(await isOn(page, "Agenda", "Noah Claes"), true);
    await page.getByText("1 changement", { exact: true }).waitFor();
    await signOut(page);
    await signIn(page, "julie", MATRIX);
    await page.waitForSelector("[role=grid]");
    assert.equal(await isOn(page, "Agenda", "Noah Claes"), false);
    await signOut(page);
    await signIn(page, "lambert", MATRIX);
    await page.waitForSelector("[role=grid]");
    assert.equal(await isOn(page, "Agenda", "Noah Claes"), true);
    await button(page, "Tout abandonner").click();
    assert.equal(await isOn(page, "Agenda", "Noah Claes"), false);
  }));

await check("what was not saved and is not well formed is nothing, and the page follows changes", () =>
  as("lambert", MATRIX, async (page) => {
    await cell(page, "Agenda", "Noah Claes").click();
    await page.evaluate(() => {
      for (const key of Object.keys(localStorage)) if (key.startsWith("enfact.draft.")) localStorage.setItem(key, "{");
    });
    let follows = false;
    page.on("websocket", (socket) => socket.on("framesent", ({ payload }) => (follows ||= `${payload}`.includes("PeopleChanged"))));
    await page.reload();
    await page.waitForSelector("[role=grid]");
    assert.equal(await isOn(page, "Agenda", "Noah Claes"), false);
    for (let i = 0; i < 100 && !follows; i += 1) await page.waitForTimeout(100);
    assert.ok(follows, "nothing is subscribed to");
  }));

const INVITE = `mutation ($input: CreateUserInput!) {
  createUser(input: $input) { user { id } invitationToken errors { message } }
}`;
const ACCEPT = "mutation ($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { errors { message } } }";
const DELETE = "mutation ($input: DeleteUserInput!) { deleteUser(input: $input) { errors { message } } }";

await check("an answer that comes late is not taken for the next company's", () =>
  as("delvaux", "#/companies", (other) => as("lambert", MATRIX, async (page) => {
    const input = { companyId: DELVAUX, email: "lambert@demo.enfact.test", firstName: "Philippe", lastName: "Lambert", role: "OWNER" };
    const { user, invitationToken } = (await ask(other, INVITE, { input })).createUser;
    try {
      assert.deepEqual((await ask(page, ACCEPT, { input: { token: invitationToken } })).acceptInvitation.errors, []);
      let release;
      const late = new Promise((answer) => (release = answer));
      const isLate = (request) => request.postDataJSON()?.documentId === "console/People" && request.postDataJSON().variables.companyId === LAMBERT;
      await page.goto(`${console_}#/companies`);
      await page.locator("[role=grid]").waitFor({ state: "detached" });  // else the way there and back is no way at all
      await page.route("**/graphql", async (route) => (isLate(route.request()) && (await late), route.continue()));
      const asked = page.waitForRequest(isLate);
      await page.goto(`${console_}${MATRIX}`);
      await asked;
      await page.goto(`${console_}#/${DELVAUX}/matrix`);
      await page.waitForSelector("[role=grid]");
      const people = await page.getByRole("columnheader").allInnerTexts();
      const answered = page.waitForResponse((response) => isLate(response.request()));
      release();
      await (await answered).finished();
      await settled(page);
      assert.deepEqual(await page.getByRole("columnheader").allInnerTexts(), people);
    } finally {
      assert.deepEqual((await ask(other, DELETE, { input: { companyId: DELVAUX, userId: user.id } })).deleteUser.errors, []);
    }
  })));

const NOAH = `query ($id: ID!) {
  company(id: $id) { users(filter: { search: "Noah" }) { nodes { id } } permissionMatrix { version } }
}`;
const SET = `mutation ($input: SetAppAccessInput!) { setAppAccess(input: $input) { errors { message } } }`;

await check("what others changed meanwhile is a conflict when a page is opened with what was not saved", () =>
  as("lambert", MATRIX, (one) => as("julie", MATRIX, async (two) => {
    await cell(one, "Agenda", "Noah Claes").click();
    await one.goto("about:blank");
    for (const granted of [true, false]) {
      const { users, permissionMatrix } = (await ask(two, NOAH, { id: LAMBERT })).company;
      const toggle = { userId: users.nodes[0].id, app: "AGENDA", granted };
      const input = { companyId: LAMBERT, expectedVersion: permissionMatrix.version, changes: [toggle] };
      assert.deepEqual((await ask(two, SET, { input })).setAppAccess.errors, []);
    }
    await one.goto(`${console_}${MATRIX}`);
    await one.getByRole("alert").getByText("Julie Lambert").waitFor();
    assert.equal(await isOn(one, "Agenda", "Noah Claes"), true, "one's own wish stays");
    await button(one, "Tout abandonner").click();
    await one.reload();
    await one.waitForSelector("[role=grid]");
    assert.equal(await one.getByRole("alert").count(), 0);
  })));

await check("a save that comes too late shows the other's change and keeps one's own", () =>
  as("lambert", MATRIX, (one) => as("julie", MATRIX, async (two) => {
    await cell(one, "Agenda", "Noah Claes").click();
    await one.route("**/graphql", async (route) => {
      if (route.request().postDataJSON()?.documentId === "console/SetAccess") {
        await cell(two, "Paiements", "Noah Claes").click();
        await save(two);
        await two.getByText(SAVED).first().waitFor();
      }
      await route.continue();
    }, { times: 1 });
    await save(one);
    await one.getByText("Noah Claes : Paiements a été activé.").waitFor();
    assert.equal(await isOn(one, "Agenda", "Noah Claes"), true, "one's own change is kept");
    assert.equal(await isOn(one, "Paiements", "Noah Claes"), true, "the other's is shown");
    assert.equal(await cell(one, "Paiements", "Noah Claes").getAttribute("aria-description"), "changé entre-temps");
    await save(one);
    await one.getByText(SAVED).first().waitFor();
    await undo(one);
    await undo(two);
  })));

await check("losses ask first and say what is no longer seen", () =>
  as("lambert", MATRIX, async (page) => {
    await cell(page, "Remises", "Noah Claes").click();
    await button(page, "Enregistrer").click();
    const dialog = page.getByRole("dialog");
    assert.match(await dialog.innerText(), /Noah Claes\s+Ne verra plus\s+Remises/);
    await dialog.getByText("Détails pour les programmes").click();
    await dialog.getByRole("listitem").filter({ hasText: /^Invoice .*totalDiscount/ }).waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    assert.equal(await isOn(page, "Remises", "Noah Claes"), false, "it is still collected");
    await button(page, "Tout abandonner").click();
  }));

await check("a person: a group at once, a colleague's access, a search", () =>
  as("lambert", `#/${LAMBERT}/users`, async (page) => {
    await page.getByRole("link", { name: "Karim Benali" }).click();
    await page.getByRole("heading", { name: "Karim Benali" }).waitFor();
    await page.getByRole("switch", { name: "Tout : Ventes" }).click();
    await page.getByText(/^\d+ changements$/).waitFor();
    await button(page, "Tout abandonner").click();
    await page.getByLabel("Reprendre les accès").selectOption({ label: "Noah Claes" });
    assert.equal(await page.getByRole("switch", { name: "Remises" }).getAttribute("aria-checked"), "true");
    await button(page, "Tout abandonner").click();
    await page.getByLabel("Chercher une app").fill("remis");
    assert.equal(await page.getByRole("switch").count(), 1);
  }));

await check("an owner who becomes an employee while looking loses the page, and has it back", () =>
  as("lambert", `#/${LAMBERT}/users`, (one) => as("julie", MATRIX, async (two) => {
    const role = async (value) => {
      await button(one, "Modifier Julie Lambert").click();
      await one.locator("dialog [name=role]").selectOption(value);
      await one.locator("dialog").getByRole("button", { name: "Enregistrer" }).click();
      await one.locator("dialog").waitFor({ state: "detached" });
    };
    await role("EMPLOYEE");
    await two.getByRole("heading", { name: "Rien à voir ici" }).waitFor();
    assert.equal(await two.getByRole("switch").count(), 0);
    await role("OWNER");
    await two.waitForSelector("[role=grid]");
  })));

await check("a user is invited, edited and deleted; oneself has no buttons", () =>
  as("lambert", `#/${LAMBERT}/users`, async (page) => {
    const line = (name) => page.getByRole("row").filter({ hasText: name });
    assert.equal(await line("Philippe Lambert").getByRole("button").count(), 0);
    await button(page, "Créer un utilisateur").click();
    const dialog = page.locator("dialog");
    await dialog.getByLabel("Courriel").fill("eva@demo.enfact.test");
    await dialog.getByLabel("Prénom").fill("Ella");
    await dialog.getByLabel("Nom de famille").fill("Dubois");
    await button(page, "Envoyer l'invitation").click();
    await dialog.getByRole("alert").filter({ hasText: /\S/ }).waitFor();
    await page.waitForFunction(() => document.activeElement.name === "email"); // what is wrong
    await dialog.getByLabel("Courriel").fill("ella@demo.enfact.test");
    await button(page, "Envoyer l'invitation").click();
    await line("Ella Dubois").getByText("employé").waitFor();
    await button(page, "Modifier Ella Dubois").click();
    await dialog.getByLabel("Prénom").fill("Emma");
    await dialog.getByRole("button", { name: "Enregistrer" }).click();
    await line("Emma Dubois").waitFor();
    await button(page, "Supprimer Emma Dubois").click();
    await dialog.getByRole("button", { name: "Supprimer" }).click();
    await line("Emma Dubois").waitFor({ state: "detached" });
  }));

await check("a wrong accountant's address is said where it was typed, and support is a switch", () =>
  as("lambert", `#/${LAMBERT}/users`, async (page) => {
    await button(page, "Ajouter un utilisateur externe").click();
    const dialog = page.locator("dialog");
    await dialog.getByLabel("Courriel").fill("personne@demo.enfact.test");
    await dialog.getByRole("button", { name: "Ajouter" }).click();
    await dialog.getByRole("alert").filter({ hasText: /\S/ }).waitFor();
    await button(page, "Annuler").click();
    const support = page.getByRole("switch", { name: "Accès de l'équipe de soutien" });
    const before = await support.getAttribute("aria-checked");
    await support.click();
    await page.waitForFunction((was) => document.querySelector("[aria-labelledby=support]").ariaChecked !== was, before);
    await support.click();
    await page.waitForFunction((was) => document.querySelector("[aria-labelledby=support]").ariaChecked === was, before);
  }));

await check("a phone: nothing is wider than it, and switches are big enough", async () => {
  const phone = { ...french, viewport: { width: 390, height: 844 } };
  const assertFits = async (page, where) =>
    assert.deepEqual(await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]), [390, 390], where);
  await as("lambert", `#/${LAMBERT}/users`, async (page) => {
    await assertFits(page, "users");
    await page.getByRole("link", { name: "Noah Claes" }).click();
    await page.getByRole("button", { name: "Ventes", exact: true }).click();
    await page.getByRole("switch", { name: "Factures" }).waitFor();
    for (const box of await page.getByRole("switch").evaluateAll((all) => all.map((one) => one.getBoundingClientRect().toJSON())))
      assert.ok(box.height >= 44 && box.width >= 44, JSON.stringify(box));
    await assertFits(page, "a person");
    const person = await page.evaluate(() => location.hash);
    for (const address of [MATRIX, `#/${LAMBERT}/apps`, `#/${LAMBERT}/history`, `${person}/look`, `${person}/why`, "#/settings", "#/companies"]) {
      await page.goto(`${console_}${address}`);
      await settled(page);
      await page.waitForSelector("h1");
      await assertFits(page, address);
    }
  }, phone);
  for (const [who, address] of [["noah", "access"], ["compta", "home"]])
    await as(who, `#/${LAMBERT}/${address}`, async (page) => {
      await page.waitForSelector(".desk table");
      await assertFits(page, address);
    }, phone);
});

done();
