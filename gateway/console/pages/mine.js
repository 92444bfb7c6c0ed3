/** Mes accès: what an employee may see, who may change it, and how to ask for more. No switches. */

import { ask, change } from "../api.js";
import { Failed, Title, Waiting, company, html, moment, notify, number, t, useRead, useState } from "../core.js";
import { Desk } from "./desk.js";
import { FormDialog } from "./people/dialogs.js";
import { byCategory, matches } from "./people/store.js";

export default function Mine() {
  const [asking, setAsking] = useState(null);
  const { value: catalogue, problem, again } = useRead(async () => (await ask("Catalogue")).apps, []);
  const { id, name, access } = company.value;
  if (problem && !catalogue) return html`<${Failed} problem=${problem} again=${again} />`;
  if (!catalogue) return html`<${Waiting} />`;
  const apps = catalogue.filter(({ app }) => access.apps.includes(app));
  return html`<div><${Title}>${t("access.title")}</${Title}><p class="soft" role="status">${t("mine.count", { n: apps.length, company: name })}</p></div>
    <p>${t("mine.who")}</p>
    <div class="groups">${byCategory(apps).map(([category, members]) => html`<${Group} key=${category} category=${category} apps=${members} />`)}</div>
    <${More} apps=${catalogue.filter(({ app }) => !access.apps.includes(app))} requests=${access.openRequests} ask=${setAsking} />
    <h2>${t("mine.lists")}</h2>
    <${Desk} companyId=${id} stamp=${access.apps.join()} />
    ${asking && html`<${Ask} info=${asking} close=${() => setAsking(null)} />`}`;
}

function Group({ category, apps }) {
  const title = t(`category.${category}`);
  return html`<section class="sheet" aria-label=${title}><header><h2>${title}</h2><span class="word">${number(apps.length)}</span></header>
    ${apps.map(({ app, label, description }) => html`<div class="line" key=${app}><span><b>${label}</b><small>${description}</small></span></div>`)}</section>`;
}

/**
 * The apps that are not visible, found by a search, each with a way to ask for it; what is asked already stands first.
 * Which of them the company has is not for its users to know.
 */
function More({ apps, requests, ask: begin }) {
  const [search, setSearch] = useState("");
  const asked = (info) => requests.find(({ app }) => app === info.app);
  const found = apps.filter((info) => asked(info) || (search.trim() && matches(search, info.label, info.description)));
  return html`<section class="sheet" aria-labelledby="more"><header><h2 id="more">${t("mine.more")}</h2></header>
    <p class="soft">${t("mine.inactive")}</p>
    <div class="within"><label class="find">${t("mine.search")}<input type="search" value=${search} onInput=${({ target }) => setSearch(target.value)} /></label></div>
    ${found.map((info) => html`<div class="line" key=${info.app}><span><b>${info.label}</b><small>${info.description}</small></span>
      ${asked(info) ? html`<span class="word">${t("mine.asked", { moment: moment(asked(info).createdAt) })}</span>`
        : html`<button onClick=${() => begin(info)} aria-label=${t("mine.askFor", { app: info.label })}>${t("mine.ask")}</button>`}</div>`)}
    ${search.trim() && !found.length && html`<p class="soft" role="status">${t("person.nothing")}</p>`}</section>`;
}

function Ask({ info, close }) {
  const send = async ({ reason }) => {
    await change("RequestAccess", { companyId: company.value.id, app: info.app, reason });
    notify(t("mine.sent"));
  };
  return html`<${FormDialog} title=${t("mine.askFor", { app: info.label })} go=${t("mine.ask")} send=${send} close=${close}>
    <label>${t("mine.reason")}<textarea name="reason" rows="3" required maxlength="500" autofocus></textarea></label></${FormDialog}>`;
}
