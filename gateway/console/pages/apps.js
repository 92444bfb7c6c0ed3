/** Applications: what the company has, what each app needs, and what activating or deactivating one does to whom. */

import { ask, change, readReference } from "../api.js";
import { Failed, Title, Waiting, attempt, day, fullName, html, link, notify, number, t, useRead, useState } from "../core.js";
import { Dialog, FormDialog, Question } from "./people/dialogs.js";
import { byCategory, matches } from "./people/store.js";

/** The plans in rising order, each with all apps of those before it. */
const PLANS = ["FREE", "PRO", "PREMIUM"];

export default function Apps({ route }) {
  const companyId = route.company;
  const [search, setSearch] = useState("");
  const [dialog, setDialog] = useState(null);
  const { value, problem, again } = useRead(async () => ask("CompanyApps", { companyId }), [companyId]);
  if (problem && !value) return html`<${Failed} problem=${problem} again=${again} />`;
  if (!value?.company) return html`<${Waiting} />`;
  const owned = ownedBy(value);
  const apps = value.apps.filter(({ label, description }) => matches(search, label, description));
  const open = (Which, info) => setDialog({ Which, info });
  return html`<div class="head"><div><${Title}>${t("apps.title")}</${Title}><p class="soft" role="status">${
      t("apps.count", { n: number(value.company.activeApps.length), all: number(value.apps.length), plan: value.company.plan })}</p></div>
      <label>${t("person.search")}<input type="search" value=${search} onInput=${({ target }) => setSearch(target.value)} /></label></div>
    <${Attention} owned=${owned} company=${value.company} changePlan=${() => open(ChangePlan)} />
    ${apps.length === 0 && html`<p class="empty">${t("person.nothing")}</p>`}
    <div class="groups">${byCategory(apps).map(([category, members]) => html`<section key=${category} class="sheet" aria-label=${t(`category.${category}`)}>
      <header><h2>${t(`category.${category}`)}</h2><span class="word">${t("people.count", { n: number(members.filter((info) => owned.state(info) === "active").length), all: number(members.length) })}</span></header>
      ${members.map((info) => html`<${Line} key=${info.app} info=${info} owned=${owned} companyId=${companyId} open=${open} again=${again} />`)}</section>`)}</div>
    ${dialog && html`<${dialog.Which} info=${dialog.info} owned=${owned} companyId=${companyId} plan=${value.company.plan} close=${() => setDialog(null)} again=${again} />`}`;
}

/** What a company has of the apps: the state of each, labels, who sees it, which others need it. */
function ownedBy({ apps, company: { activeApps, sleepingApps, plan, trialEndsAt, permissionMatrix } }) {
  const inTrial = trialEndsAt !== null && Date.parse(trialEndsAt) > Date.now();
  const labels = (names) => names.map((name) => apps.find(({ app }) => app === name)?.label ?? name).join(", ");
  const above = (info) => PLANS.indexOf(info.plan) > PLANS.indexOf(plan);
  return {
    inTrial,
    labels,
    state: ({ app }) => (activeApps.includes(app) ? "active" : sleepingApps.includes(app) ? "asleep" : "inactive"),
    isTooHigh: (info) => above(info) && !inTrial,
    leaving: apps.filter((info) => above(info) && (activeApps.includes(info.app) || sleepingApps.includes(info.app))).map(({ app }) => app),
    needing: (info) => labels(apps.filter(({ app, requires }) => requires.includes(info.app) && activeApps.includes(app)).map(({ app }) => app)),
    holders: ({ app }) => permissionMatrix.rows
      .filter(({ user, cells }) => user && cells.some((cell) => cell.app === app && cell.editable && cell.granted))
      .map(({ user }) => fullName(user)),
  };
}

/** What sleeps, or will when the trial ends, and what to do. */
function Attention({ owned: { inTrial, labels, leaving }, company: { plan, trialEndsAt }, changePlan }) {
  if (!inTrial && !leaving.length) return null;
  const apps = labels(leaving);
  const said = inTrial ? [t("apps.trial", { day: day(trialEndsAt) }), leaving.length ? t("apps.willSleep", { apps, plan }) : t("apps.staysAwake", { plan })]
    : [trialEndsAt && t("apps.trialOver", { day: day(trialEndsAt) }), t("apps.sleeping", { n: leaving.length, apps, plan })];
  return html`<section class="sheet asked" aria-labelledby="attention"><header><h2 id="attention">${t("attention.title")}</h2>
    <button onClick=${changePlan}>${t("apps.changePlan")}</button></header><p>${said.filter(Boolean).join(" ")}</p></section>`;
}

/** An app: what it does and opens, its state, and what can be done with it. */
function Line({ info, owned, companyId, open, again }) {
  const state = owned.state(info);
  const named = { app: info.label };
  const activate = () => attempt(async () => {
    await change("ActivateApp", { companyId, app: info.app });
    const choose = () => (location.hash = `${link(companyId, "matrix")}?${new URLSearchParams({ app: info.label })}`);
    notify(t("apps.activated", named), { action: [t("apps.who"), choose] });
    again();
  });
  return html`<div class="line"><span><b>${info.label}</b><small>${info.description}</small>${
      info.requires.length > 0 && html`<small>${t("apps.requires", { apps: owned.labels(info.requires) })}</small>`}<${Opens} app=${info.app} /></span>
    <span class="word">${t(`apps.${state}`)}${info.plan !== "FREE" ? html`<br />${info.plan}` : ""}</span>
    ${["APP", "CONNECTION"].includes(info.kind) && (state !== "inactive"
      ? html`<button onClick=${() => open(Deactivate, info)} aria-label=${t("apps.deactivateOf", named)}>${t("apps.deactivate")}</button>`
      : owned.isTooHigh(info)
        ? html`<button onClick=${() => open(ChangePlan, info)} aria-label=${t("apps.needsPlanOf", { ...named, plan: info.plan })}>${t("apps.needsPlan", { plan: info.plan })}</button>`
        : html`<button onClick=${activate} aria-label=${t("apps.activateOf", named)}>${t("apps.activate")}</button>`)}</div>`;
}

let reading;

/** The coordinates of the schema that each app opens, by its name. */
const opened = () => (reading ??= (async () => {
  const { types } = await readReference();
  const found = {};
  const note = (gates, coordinate) => gates?.forEach((gate) => (found[gate] ??= []).push(coordinate));
  for (const type of types) {
    note(type.gates, type.name);
    for (const field of type.fields ?? []) note(field.gates, `${type.name}.${field.name}`);
  }
  return found;
})());

/** What an app opens in the API, read when somebody wants to know. */
function Opens({ app }) {
  const [coordinates, setCoordinates] = useState();
  const look = ({ target }) => target.open && attempt(async () => setCoordinates((await opened())[app] ?? []));
  return html`<details onToggle=${look}><summary>${t("apps.opens")}</summary>
    <p class="coordinates">${coordinates === undefined ? t("loading") : coordinates.length ? coordinates.map((one) => html`<a key=${one} href=${`/console/reference#${one}`}>${one}</a> `) : t("apps.opensNothing")}</p></details>`;
}

/** Another plan, at once; `info` is an app that it is for. */
function ChangePlan({ info, companyId, plan: current, close, again }) {
  const send = async ({ plan }) => {
    await change("ChangePlan", { companyId, plan });
    notify(t("apps.planChanged", { plan }));
    again();
  };
  return html`<${FormDialog} title=${t("apps.changePlan")} go=${t("apps.changePlan")} send=${send} close=${close}>
    <p>${info ? `${t("apps.needsPlanOf", { app: info.label, plan: info.plan })}. ` : ""}${t("apps.changePlanText")}</p>
    <label>${t("apps.plan")}<select name="plan" autofocus>${PLANS.map((plan) => html`
      <option key=${plan} value=${plan} selected=${plan === (info?.plan ?? current)}>${plan}</option>`)}</select></label></${FormDialog}>`;
}

/** What deactivating an app does: who no longer sees it; or which apps need it. */
function Deactivate({ info, companyId, owned, close, again }) {
  const needing = owned.needing(info);
  const holders = owned.holders(info);
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
