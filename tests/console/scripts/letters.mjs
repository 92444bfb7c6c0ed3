// What the links of letters lead to, in every state.
import assert from "node:assert/strict";
import { bearer, done, endpoint, given, LAMBERT } from "../../clients/scripts/checks.mjs";
import { ask as answer, checkPage, console_, enter, french } from "./browser.mjs";

const heading = (page, name) => page.getByRole("heading", { name });

async function ask(query, variables) {
  const headers = { "content-type": "application/json", ...bearer("lambert") };
  const response = await fetch(endpoint, { method: "POST", headers, body: JSON.stringify({ query, variables }) });
  return (await response.json()).data;
}

/** Invite somebody to Chauffage Lambert; gives the user's id and the path of the letter's link. */
async function invite(email) {
  const query = "mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } invitationToken } }";
  const input = { companyId: LAMBERT, email, firstName: "Ines", lastName: "Dubois", role: "EMPLOYEE" };
  const { user, invitationToken } = (await ask(query, { input })).createUser;
  return { id: user.id, link: `${given.url}/invitation#token=${invitationToken}` };
}

const remove = (userId) =>
  ask("mutation ($input: DeleteUserInput!) { deleteUser(input: $input) { errors { code } } }", { input: { companyId: LAMBERT, userId } });

/** Answer an operation of the page as the gateway would, without it. */
const answered = (page, operation, data) => page.route("**/graphql", (route) =>
  route.request().postDataJSON().documentId === `console/${operation}` ? route.fulfill({ json: { data } }) : route.fallback());

await checkPage("an invitation: a password, then one's access; the link works once", french, async (page) => {
  const { id, link } = await invite(`ines${Date.now()}@demo.enfact.test`);
  await page.goto(link);
  await heading(page, "Invitation").waitFor();
  await page.getByLabel("Nouveau mot de passe").fill("correct horse battery");
  await page.getByRole("button", { name: "Accepter l'invitation" }).click();
  await page.getByText("Vous avez maintenant accès à Chauffage Lambert.").waitFor();
  assert.ok(!page.url().includes("token"), "the token leaves the address");
  await page.getByRole("link", { name: "Ouvrir enFact" }).click();
  await heading(page, "Mes accès").waitFor();
  assert.equal(await page.getByRole("switch").count(), 0);
  await page.context().clearCookies();
  await page.goto("about:blank");
  await page.goto(link);
  await page.getByLabel("Nouveau mot de passe").fill("another horse battery");
  await page.getByRole("button", { name: "Accepter l'invitation" }).click();
  await page.getByText("Ce lien n'est plus valable.").waitFor();
  await remove(id);
});

await checkPage("an invitation of somebody who has an account: signs in there", french, async (page) => {
  const { id, link } = await invite("delvaux@demo.enfact.test");
  page.expected = (problem) => problem.includes("401");
  await page.goto(link);
  await page.getByRole("button", { name: "J'ai déjà un compte" }).click();
  await page.getByLabel("Courriel").fill("delvaux@demo.enfact.test");
  await page.getByLabel("Mot de passe").fill(given.password);
  await page.getByRole("button", { name: "Accepter l'invitation" }).click();
  await page.getByText("Vous avez maintenant accès à Chauffage Lambert.").waitFor();
  await remove(id);
});

await checkPage("an invitation of somebody else than who is signed in is refused", french, async (page) => {
  const { id, link } = await invite("autre@demo.enfact.test");
  await enter(page, "noah");
  await page.goto(link);
  await page.getByText("Vous êtes connecté en tant que noah@demo.enfact.test.").waitFor();
  await page.getByRole("button", { name: "Accepter l'invitation" }).click();
  await page.getByRole("alert").filter({ hasText: /\S/ }).waitFor();
  await page.getByRole("button", { name: "Ce n'est pas moi" }).click();
  await page.getByLabel("Nouveau mot de passe").waitFor();
  await remove(id);
});

await checkPage("an invitation is seen among one's companies, and declined there", french, async (page) => {
  await invite("delvaux@demo.enfact.test");
  await enter(page, "delvaux");
  await page.goto(`${console_}#/companies`);
  const decline = page.getByRole("button", { name: "Refuser l'invitation de Chauffage Lambert" });
  await decline.click();
  await page.getByRole("dialog").getByRole("button", { name: "Refuser", exact: true }).click();
  await decline.waitFor({ state: "detached" });
});

for (const [path, label, go, operation, data, text] of [
  ["confirm", "Mot de passe", "Confirmer mon adresse", "ConfirmEmail", { confirmEmail: { confirmed: true, errors: [] } }, "Votre adresse est confirmée."],
  ["reset-password", "Nouveau mot de passe", "Enregistrer le mot de passe", "ResetPassword", { resetPassword: { revokedApiKeys: 2, errors: [] } }, "2 clés d'API ont aussi été révoquées."],
  ["not-me", null, "Ce n'était pas moi", "DisclaimEmail", { disclaimEmail: { disclaimed: true, errors: [] } }, "Elle est à vous seul."],
]) {
  await checkPage(`${path}: a link that is over, and one that works`, french, async (page) => {
    const use = async () => {
      await page.goto("about:blank");
      await page.goto(`${given.url}/${path}#token=${"x".repeat(43)}`);
      if (label) await page.getByLabel(label).fill("correct horse battery");
      await page.getByRole("button", { name: go }).click();
    };
    await use();
    await page.getByText("Ce lien n'est plus valable.").waitFor();
    await answered(page, operation, data);
    await use();
    await page.getByText(text).waitFor();
  });
}

await checkPage("a forgotten password answers alike for every address", french, async (page) => {
  await page.goto(console_);
  await page.getByRole("link", { name: "Mot de passe oublié ?" }).click();
  await page.getByLabel("Courriel").fill("personne@demo.enfact.test");
  await page.getByRole("button", { name: "Envoyer le lien" }).click();
  await page.getByText("Si un compte existe avec cette adresse").waitFor();
});

await checkPage("a wrong password, a language at once, a button of the demo", french, async (page) => {
  await page.goto(console_);
  await page.getByLabel("Courriel").fill("lambert@demo.enfact.test");
  await page.getByLabel("Mot de passe").fill("no such password");
  await page.getByLabel("Mot de passe").press("Enter");
  await page.getByRole("alert").filter({ hasText: /\S/ }).waitFor();
  await page.getByLabel("Langue").selectOption("nl");
  await heading(page, "Aanmelden").waitFor();
  assert.equal(await page.getAttribute("html", "lang"), "nl");
  await page.getByRole("button", { name: /^eva / }).click();
  await heading(page, "Mijn toegang").waitFor();
  const OWN = "{ viewer { account { language } } }";
  const { language } = (await answer(page, OWN)).viewer.account;
  await page.getByLabel("Taal").selectOption("de");
  await heading(page, "Meine Zugriffe").waitFor();
  await page.reload();
  await heading(page, "Meine Zugriffe").waitFor();
  await page.getByLabel("Sprache").selectOption("fr");
  await heading(page, "Mes accès").waitFor();
  assert.equal((await answer(page, OWN)).viewer.account.language, language, "the account keeps its own language");
});

await checkPage("a session that ends while somebody works: nothing that was changed is lost", french, async (page) => {
  const MATRIX = `${console_}#/${LAMBERT}/matrix`;
  await enter(page, "lambert");
  await page.goto(MATRIX);
  await page.getByRole("switch", { name: "Agenda, Noah Claes" }).click();
  await page.context().clearCookies();
  await page.getByRole("link", { name: "Chauffage Lambert" }).click();
  await page.getByText("Votre session est terminée.").waitFor();
  await page.getByLabel("Courriel").fill("lambert@demo.enfact.test");
  await page.getByLabel("Mot de passe").fill(given.password);
  await page.getByLabel("Mot de passe").press("Enter");
  await heading(page, "Mes entreprises").waitFor();
  await page.goto(MATRIX);
  await page.getByText("1 changement", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Tout abandonner" }).click();
});

await checkPage("offline is said, and ends by itself", french, async (page) => {
  page.expected = (problem) => problem.includes("ERR_INTERNET_DISCONNECTED") || problem.includes("WebSocket");
  await enter(page, "lambert");
  await page.goto(`${console_}#/companies`);
  await heading(page, "Mes entreprises").waitFor();
  const said = page.getByRole("status").filter({ hasText: "Hors ligne." }); // beside it what is asked meanwhile says so, too
  await page.context().setOffline(true);
  await said.waitFor();
  await page.context().setOffline(false);
  await said.waitFor({ state: "detached" });
});

done();
