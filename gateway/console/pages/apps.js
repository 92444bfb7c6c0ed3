/** Applications: what the company has, what each app needs, and what activating or deactivating one does to whom. */

import { ask, change } from "../api.js";
import { Failed, Title, Waiting, attempt, day, fullName, html, notify, number, t, useRead, useState } from "../core.js";
import { Dialog, Question } from "./people/dialogs.js";
import { byCategory, matches } from "./people/store.js";

export default function Apps({ route }) {
  const companyId = route.company;
  const [search, setSearch] = useState("");
  const [asking, setAsking] = useState(null);
  const { value, problem, again } = useRead(async () => ask("CompanyApps", { companyId }), [companyId]);
  if (problem && !value) return html`<${Failed} problem=${problem} again=${again} />`;
  if (!value?.company) return html`<${Waiting} />`;
  const { activeApps, sleepingApps, plan, trialEndsAt, permissionMatrix } = value.company;
  const apps = value.apps.filter(({ label, description }) => matches(search, label, description));
  const state = ({ app }) => (activeApps.includes(app) ? "active" : sleepingApps.includes(app) ? "asleep" : "inactive");
  const labels = (names) => names.map((name) => value.apps.find(({ app }) => app === name)?.label ?? name).join(", ");
  const holders = (app) => permissionMatrix.rows.filter(({ user, cells }) => user && cells.some((cell) => cell.app === app && cell.editable && cell.granted)).map(({ user }) => fullName(user));
  const activate = (info) => attempt(async () => {
    await change("ActivateApp", { companyId, app: info.app });
    notify(t("apps.activated", { app: info.label }));
    again();
  });
  return html`<div class="head"><div><${Title}>${t("apps.title")}</${Title}><p class="soft" role="status">${t("apps.count", { n: number(activeApps.length), all: number(value.apps.length), plan })}${
      trialEndsAt && Date.parse(trialEndsAt) > Date.now() ? ` · ${t("apps.trial", { day: day(trialEndsAt) })}` : ""}</p></div>
      <label>${t("person.search")}<input type="search" value=${search} onInput=${({ target }) => setSearch(target.value)} /></label></div>
    ${apps.length === 0 && html`<p class="empty">${t("person.nothing")}</p>`}
    <div class="groups">${byCategory(apps).map(([category, members]) => html`<section key=${category} class="sheet" aria-label=${t(`category.${category}`)}>
      <header><h2>${t(`category.${category}`)}</h2><span class="word">${t("people.count", { n: number(members.filter((info) => state(info) === "active").length), all: number(members.length) })}</span></header>
      ${members.map((info) => html`<div class="line" key=${info.app}><span><b>${info.label}</b><small>${info.description}</small>${
          info.requires.length > 0 && html`<small>${t("apps.requires", { apps: labels(info.requires) })}</small>`}</span>
        <span class="word">${t(`apps.${state(info)}`)}${info.plan !== "FREE" ? html`<br />${info.plan}` : ""}</span>
        ${["APP", "CONNECTION"].includes(info.kind) && (state(info) === "inactive"
          ? html`<button onClick=${() => activate(info)} aria-label=${t("apps.activateOf", { app: info.label })}>${t("apps.activate")}</button>`
          : html`<button onClick=${() => setAsking(info)} aria-label=${t("apps.deactivateOf", { app: info.label })}>${t("apps.deactivate")}</button>`)}</div>`)}</section>`)}</div>
    ${asking && html`<${Deactivate} info=${asking} companyId=${companyId} holders=${holders(asking.app)} needing=${labels(value.apps.filter(({ app, requires }) => requires.includes(asking.app) && activeApps.includes(app)).map(({ app }) => app))}
      close=${() => setAsking(null)} again=${again} />`}`;
}

/** What deactivating an app does: who no longer sees it; or which apps need it. */
function Deactivate({ info, companyId, holders, needing, close, again }) {
  const title = t("apps.deactivateOf", { app: info.label });
  if (needing) return html`<${Dialog} title=${title} close=${close}><p>${t("apps.needed", { apps: needing })}</p>
    <div class="actions"><button onClick=${close} autofocus>${t("apps.understood")}</button></div></${Dialog}>`;
  const send = async () => {
    await change("DeactivateApp", { companyId, app: info.app });
    notify(t("apps.deactivated", { app: info.label }));
    again();
  };
  const text = `${t("apps.deactivateText")} ${holders.length ? t("apps.losing", { people: holders.join(", ") }) : t("apps.losingNobody")}`;
  return html`<${Question} title=${title} text=${text} go=${t("apps.deactivate")} send=${send} close=${close} />`;
}
