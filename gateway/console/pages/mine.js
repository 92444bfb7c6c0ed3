/** Mes accès: what an employee may see, and who may change it. No switches. */

import { ask } from "../api.js";
import { Failed, Waiting, company, html, number, t, useRead } from "../core.js";
import { Desk } from "./desk.js";
import { byCategory } from "./people/store.js";

export default function Mine() {
  const { value: catalogue, problem, again } = useRead(async () => (await ask("Catalogue")).apps, []);
  const { id, access } = company.value;
  if (problem && !catalogue) return html`<${Failed} problem=${problem} again=${again} />`;
  if (!catalogue) return html`<${Waiting} />`;
  const apps = catalogue.filter(({ app }) => access.apps.includes(app));
  return html`<div class="head"><div><h1 tabindex="-1">${t("access.title")}</h1><p class="soft" role="status">${t("mine.count", { n: apps.length, company: company.value.name })}</p></div></div>
    <p>${t("mine.who")}</p>
    <div class="groups">${byCategory(apps).map(([category, members]) => html`<${Group} key=${category} category=${category} apps=${members} />`)}</div>
    <h2>${t("mine.lists")}</h2>
    <${Desk} companyId=${id} stamp=${access.apps.join()} />`;
}

function Group({ category, apps }) {
  const title = t(`category.${category}`);
  return html`<section class="sheet" aria-label=${title}><header><h2>${title}</h2><span class="word">${number(apps.length)}</span></header>
    ${apps.map(({ app, label, description }) => html`<div class="line" key=${app}><span><b>${label}</b><small>${description}</small></span></div>`)}</section>`;
}
