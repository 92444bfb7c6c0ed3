// The other pages: asking and granting, presets, history, looking as somebody, explanations, applications, settings.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { check, done, given, LAMBERT } from "../../clients/scripts/checks.mjs";
import { as, ask, button, console_, enter, french, open, sending, settled, undo } from "./browser.mjs";

const page_ = (name) => `#/${LAMBERT}/${name}`;
const heading = (page, name) => page.getByRole("heading", { name, exact: true });
const person = async (page, name) => {
  await page.getByRole("rowheader").getByRole("link", { name }).click();
  await heading(page, name).waitFor();
};

await check("an employee asks, the owner hears of it and grants, the employee's page opens by itself", () =>
  as("lambert", page_("users"), (owner) => as("eva", page_("access"), async (employee) => {
    assert.equal(await employee.getByRole("columnheader", { name: "Total TVAC" }).count(), 0);
    await employee.getByLabel("Chercher une app qui vous manque").fill("facture");
    await button(employee, "Demander Factures").click();
    await employee.getByLabel("Pour quoi faire ?").fill("Encaisser sur chantier");
    await employee.getByRole("dialog").getByRole("button", { name: "Demander" }).click();
    const line = employee.locator(".line").filter({ has: employee.getByText("Factures", { exact: true }) });
    await line.getByText(/^demandé le/).waitFor();
    await owner.getByText("Eva Dethier demande à voir Factures.").waitFor();
    await owner.getByText("« Encaisser sur chantier »").waitFor();
    await button(owner, "Accorder Factures à Eva Dethier").click();
    await owner.getByRole("dialog").getByRole("button", { name: "Accorder" }).click();
    await employee.getByRole("columnheader", { name: "Total TVAC" }).first().waitFor();
    await person(owner, "Eva Dethier");
    await owner.getByRole("switch", { name: "Factures", exact: true }).click();
    await button(owner, "Enregistrer").click();
    await owner.getByRole("button", { name: /^Enregistrer \d/ }).click();
    await employee.getByRole("columnheader", { name: "Total TVAC" }).first().waitFor({ state: "detached" });
  })));

await check("a preset is kept, given to somebody, and deleted", () =>
  as("lambert", page_("users"), async (page) => {
    await person(page, "Noah Claes");
    await button(page, "Garder comme profil").click();
    await page.getByLabel("Nom du profil").fill("Comptoir");
    await page.getByRole("dialog").getByRole("button", { name: "Enregistrer" }).click();
    await page.getByText("Le profil Comptoir est enregistré.").waitFor();
    await page.getByRole("link", { name: "← Utilisateurs" }).click();
    await person(page, "Eva Dethier");
    await page.getByLabel("Reprendre les accès de").selectOption({ label: "Comptoir" });
    assert.equal(await page.getByRole("switch", { name: "Remises" }).getAttribute("aria-checked"), "true");
    assert.equal(await page.getByRole("switch", { name: "Agenda" }).getAttribute("aria-checked"), "false");
    await button(page, "Enregistrer").click();
    await page.getByRole("button", { name: /^Enregistrer \d/ }).click();
    await undo(page);
    await page.getByRole("link", { name: "← Utilisateurs" }).click();
    await button(page, "Supprimer Comptoir").click();
    await page.getByRole("dialog").getByRole("button", { name: "Supprimer" }).click();
    await page.getByText("Comptoir", { exact: true }).waitFor({ state: "detached" });
  }));

await check("history: a search, the matrix of a moment, a file of all changes", () =>
  as("lambert", page_("history"), async (page) => {
    const rows = page.locator("table.cards tbody tr");
    await rows.first().waitFor();
    const all = await rows.count();
    await page.getByLabel("Chercher une personne").fill("luc thiry");
    await page.waitForFunction((before) => document.querySelectorAll("table.cards tbody tr").length < before, all);
    for (const text of await rows.allInnerTexts()) assert.match(text, /Luc Thiry/);
    await rows.last().getByRole("button").click();
    const grid = page.getByRole("grid");
    await grid.waitFor();
    assert.equal(await grid.getByRole("switch").count(), await grid.locator("[role=switch][aria-disabled=true]").count());
    await page.getByText(/^[1-9]\d* accès diffèrent?\.$/).waitFor();
    await page.getByLabel("Comparer avec").selectOption({ index: 1 });
    await page.getByText(/accès diffèrent?\.$/).waitFor();
    await settled(page);
    const sent = sending(page);
    const moved = page.waitForRequest((request) => request.postDataJSON()?.documentId === "console/MatrixAt");
    await page.getByRole("slider").evaluate(async (slider) => {
      for (const value of [3, 2, 1]) {
        slider.value = value;
        slider.dispatchEvent(new Event("input", { bubbles: true }));
        await new Promise((later) => setTimeout(later, 50));
      }
    });
    await moved;
    await settled(page);
    assert.deepEqual(sent.map(({ name }) => name), ["MatrixAt"], "where the slider rests is read, and nothing else");
    const [file] = await Promise.all([page.waitForEvent("download"), button(page, "Exporter en CSV").click()]);
    const lines = (await readFile(await file.path(), "utf8")).split("\r\n");
    assert.equal(lines[0], '\ufeff"Quand","Qui","Quoi"');
    assert.ok(lines.length > 1 && lines.slice(1).every((line) => line.includes("Luc Thiry")));
  }));

await check("looking as somebody shows what they see and writes nothing", () =>
  as("lambert", page_("users"), async (page) => {
    await person(page, "Noah Claes");
    const sent = sending(page);
    await page.getByRole("link", { name: "Voir comme" }).click();
    await button(page, "Voir comme Noah Claes").click();
    await page.getByText("Vous voyez ce que voit Noah Claes.").waitFor();
    await page.getByRole("columnheader", { name: "Total TVAC" }).first().waitFor();
    assert.equal(await page.getByRole("columnheader", { name: "Reste à payer" }).count(), 0, "payments are hidden from him");
    assert.equal(await page.getByRole("switch").count(), 0);
    const asked = (withToken) => [...new Set(sent.filter(({ token }) => Boolean(token) === withToken).map(({ name }) => name))].sort();
    assert.deepEqual(asked(true), ["Catalogue", "Company", "Desk"]);
    assert.deepEqual(asked(false), ["PersonName", "StartViewAs"]);
    const headers = { origin: given.url, authorization: sent.find(({ token }) => token).token };
    const query = 'mutation { updateProfile(input: { firstName: "Nobody" }) { errors { code } } }';
    const refused = await page.context().request.post(`${given.url}/graphql`, { headers, data: { query } });
    assert.equal((await refused.json()).errors[0].extensions.code, "FORBIDDEN");
    await button(page, "Quitter").click();
    await button(page, "Voir comme Noah Claes").waitFor();
  }));

await check("looking as somebody ends with their page", () =>
  as("lambert", page_("users"), async (page) => {
    const eva = await page.getByRole("rowheader").getByRole("link", { name: "Eva Dethier" }).getAttribute("href");
    await person(page, "Noah Claes");
    await page.getByRole("link", { name: "Voir comme" }).click();
    await button(page, "Voir comme Noah Claes").click();
    await page.getByText("Vous voyez ce que voit Noah Claes.").waitFor();
    await page.route("**/graphql", async (route) => (await new Promise((later) => setTimeout(later, 500)), route.continue()));
    await page.evaluate((hash) => (location.hash = hash), `${eva}/look`);
    await page.waitForTimeout(250);
    assert.equal(await page.getByText("Noah Claes").count(), 0, "while Eva's name is read, nobody else's is there");
    await button(page, "Voir comme Eva Dethier").waitFor();
    assert.equal(await page.getByText(/^Vous voyez ce que voit/).count(), 0);
  }));

await check("an explanation leads to the switch", () =>
  as("lambert", page_("users"), async (page) => {
    await person(page, "Noah Claes");
    await page.getByRole("link", { name: "Pourquoi" }).click();
    const reason = page.locator(".line", { hasText: "Paiements n'est pas activé pour cette personne." });
    await reason.getByText("Reste à payer").waitFor();
    await reason.getByRole("link", { name: "Aller au curseur" }).click();
    await page.getByRole("switch", { name: "Paiements", exact: true }).waitFor();
    assert.ok(await page.getByRole("switch").count() < 6, "the search names the app");
    await page.goBack();
    page.expected = (problem) => problem.includes("422");
    await page.getByText("Une opération à vous (GraphQL)").click();
    await page.getByLabel("Opération GraphQL").fill("{ nonsense }");
    await button(page, "Expliquer").click();
    await page.getByRole("alert").filter({ hasText: /nonsense/ }).waitFor();
  }));

await check("an app is activated and deactivated, with who loses it", () =>
  as("lambert", page_("apps"), async (page) => {
    await page.getByLabel("Chercher une app").fill("Photo de produit");
    await button(page, "Activer Photo de produit").click();
    await button(page, "Choisir qui le voit").click();
    await page.getByText(/^1 apps?,/).waitFor();
    await page.getByRole("switch", { name: "Photo de produit, Noah Claes" }).waitFor();
    await page.goBack();
    await page.getByLabel("Chercher une app").fill("Photo de produit");
    await page.getByText("Ce que cette app ouvre").click();
    await page.getByRole("link", { name: /^Product\./ }).first().waitFor();
    await button(page, "Désactiver Photo de produit").click();
    await page.getByText("Aujourd'hui seuls les propriétaires la voient.").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Désactiver" }).click();
    await button(page, "Activer Photo de produit").waitFor();
    await page.getByLabel("Chercher une app").fill("Remises");
    await button(page, "Désactiver Remises").click();
    await page.getByText(/La voient aujourd'hui, outre les propriétaires : .*Noah Claes/).waitFor();
    await button(page, "Annuler").click();
    await page.getByLabel("Chercher une app").fill("Enregistrement du temps");
    await button(page, "Désactiver Enregistrement du temps").click();
    await page.getByText(/D'autres apps actives en ont besoin : .*Ordres de travail/).waitFor();
  }));

await check("an app that sleeps is said first, and a plan that has it wakes it", async () => {
  const reader = await open(french);
  await enter(reader, "filip.de.vos");
  const { id } = (await ask(reader, "{ viewer { companies { nodes { id } } } }")).viewer.companies.nodes[0];
  await reader.context().close();
  await as("filip.de.vos", `#/${id}/apps`, async (page) => {
    await page.locator("header select").selectOption("fr");
    const plan = async (name) => {
      await page.getByRole("dialog").getByLabel("Plan").selectOption(name);
      await page.getByRole("dialog").getByRole("button", { name: "Changer de plan" }).click();
      await page.getByText(`Le plan est maintenant ${name}.`).waitFor();
    };
    const attention = page.getByRole("region", { name: "À regarder d'abord" });
    await attention.getByText(/L'essai s'est terminé le .* 1 app est en sommeil, au-dessus du plan FREE : Cebeo\./).waitFor();
    assert.equal(await button(page, "Activer Projets").count(), 0, "nothing that the plan has not can be activated");
    await button(page, "Projets nécessite le plan PREMIUM").click();
    await plan("PREMIUM");
    await attention.waitFor({ state: "detached" });
    await button(page, "Activer Projets").waitFor();
    await ask(page, "mutation ($input: ChangePlanInput!) { changePlan(input: $input) { errors { code } } }", { input: { companyId: id, plan: "FREE" } });
    await page.reload();
    await attention.waitFor();
  });
});

await check("a preset is made of chosen apps where there is none", () =>
  as("delvaux", "#/companies", async (page) => {
    await page.getByRole("link", { name: /^Bières Delvaux/ }).first().click();
    await button(page, "Créer un profil").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Nom du profil").fill("Dépôt");
    await dialog.getByLabel("Factures", { exact: true }).check();
    await dialog.getByRole("button", { name: "Enregistrer" }).click();
    const row = page.getByRole("row").filter({ hasText: "Dépôt" });
    await row.getByText("Factures", { exact: true }).waitFor();
    await button(page, "Supprimer Dépôt").click();
    await dialog.getByRole("button", { name: "Supprimer" }).click();
    await row.waitFor({ state: "detached" });
  }));

await check("on a phone somebody gets to their settings, with the company's menu, and signs out there", () =>
  as("eva", page_("access"), async (page) => {
    assert.ok((await page.locator("header.top").boundingBox()).height <= 100);
    await page.getByRole("link", { name: "Eva Dethier, Paramètres personnels" }).click();
    await heading(page, "Paramètres personnels").waitFor();
    await page.getByRole("link", { name: "Mes accès" }).waitFor();
    await page.getByText(/^Chrome, Linux$|^HeadlessChrome/).first().waitFor();
    await button(page, "Se déconnecter").click();
    await heading(page, "Connexion").waitFor();
  }, { ...french, viewport: { width: 390, height: 844 } }));

await check("personal settings: a name, a wrong password, another session, a key that is shown once", () =>
  as("lambert", "#/settings", async (page) => {
    const sent = sending(page);
    await page.getByLabel("Prénom").fill("Philip");
    await page.locator("form.within").first().evaluate((form) => (form.requestSubmit(), form.requestSubmit()));
    await page.getByRole("link", { name: "Philip Lambert" }).waitFor();
    await settled(page);
    assert.equal(sent.filter(({ name }) => name === "UpdateProfile").length, 1, "what is sent twice is done once");
    await page.getByLabel("Prénom").fill("Philippe");
    await page.getByRole("button", { name: "Enregistrer", exact: true }).click();
    await page.getByRole("link", { name: "Philippe Lambert" }).waitFor();
    await page.getByLabel("Mot de passe actuel").fill("no such password");
    await page.getByLabel("Nouveau mot de passe").fill("correct horse battery");
    await button(page, "Changer le mot de passe").click();
    await page.getByRole("alert").filter({ hasText: /\S/ }).waitFor();
    await button(page, "Créer une clé").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("À quoi sert-elle ?").fill("Essai");
    await dialog.getByRole("button", { name: "Créer une clé" }).click();
    assert.match(await dialog.locator("code").innerText(), /^\S{20,}$/);
    await button(page, "Je l'ai notée").click();
    await button(page, "Révoquer Essai").click();
    await dialog.getByRole("button", { name: "Révoquer" }).click();
    await button(page, "Révoquer Essai").waitFor({ state: "detached" });
    const other = await open({ language: "fr" });
    await enter(other, "lambert");
    await page.reload();
    await page.getByRole("button", { name: "Terminer" }).first().click();
    await dialog.getByRole("button", { name: "Terminer" }).click();
    await dialog.waitFor({ state: "detached" });
    await other.context().close();
  }));

await check("an accountant finds one of many companies, and its lists", () =>
  as("compta", "#/companies", async (page) => {
    await page.getByText("62 entreprises").waitFor();
    await button(page, "Afficher plus").click();
    await page.waitForFunction(() => document.querySelectorAll(".choices li").length === 62);
    await page.getByLabel("Chercher par nom ou numéro de TVA").fill("chauffage lam");
    await page.getByText("1 entreprise", { exact: true }).waitFor();
    await page.getByLabel("Chercher par nom ou numéro de TVA").press("Enter");
    await heading(page, "Chauffage Lambert").waitFor();
    await page.goBack();
    await page.getByText("1 entreprise", { exact: true }).waitFor();
    assert.equal(await page.getByLabel("Chercher par nom ou numéro de TVA").inputValue(), "chauffage lam");
    await page.getByRole("link", { name: /Chauffage Lambert.*comptable/ }).click();
    await heading(page, "Chauffage Lambert").waitFor();
    await page.getByRole("columnheader", { name: "Total TVAC" }).first().waitFor();
    assert.equal(await page.getByRole("switch").count(), 0);
    await page.goto(`${console_}${page_("users")}`);
    await heading(page, "Rien à voir ici").waitFor();
    assert.equal((await ask(page, "query ($id: ID!) { company(id: $id) { externalUsers { id } } }", { id: LAMBERT })).company.externalUsers, null);
  }));

await check("a page that comes late is not among those of another search; the first one is read once", () =>
  as("compta", "#/companies", async (page) => {
    await page.getByText("62 entreprises").waitFor();
    const late = ({ variables }) => variables?.after;
    await page.route("**/graphql", async (route) => {
      if (late(route.request().postDataJSON())) await new Promise((later) => setTimeout(later, 1500));
      return route.continue();
    });
    const come = page.waitForResponse((response) => Boolean(late(response.request().postDataJSON() ?? {})));
    await button(page, "Afficher plus").click();
    await page.getByLabel("Chercher par nom ou numéro de TVA").fill("chauffage lam");
    await page.getByText("1 entreprise", { exact: true }).waitFor();
    await come;
    await settled(page);
    assert.equal(await page.locator(".choices").last().getByRole("listitem").count(), 1);
    const owner = await open(french);
    await enter(owner, "lambert");
    const sent = sending(owner);
    await owner.goto(`${console_}${page_("history")}`);
    await owner.locator("table.cards tbody tr").first().waitFor();
    await owner.waitForTimeout(600);
    assert.equal(sent.filter(({ name }) => name === "Trail").length, 2, "the list, and the moments of the slider");
    await owner.context().close();
  }));

await check("an address that is not well formed is a page, and a way on", () =>
  as("lambert", page_("users"), async (page) => {
    await page.goto(`${console_}#/%E0%A4%A/users`);
    await heading(page, "Rien à voir ici").waitFor();
    await page.goto(`${console_}#/%`);
    await page.locator("h1").waitFor();
  }));

done();
