/** Voir comme: the company as one of its users sees it, for a quarter of an hour, with a key that can change nothing. */

import { answer, change, spoken } from "../api.js";
import { Waiting, attempt, html, number, t, useEffect, useRead, useState } from "../core.js";
import { Desk } from "./desk.js";
import { byCategory } from "./people/store.js";
import { usePerson } from "./people/named.js";
import { PersonHead } from "./people/tabs.js";

const SECOND = 1000;

export default function Look({ route }) {
  const person = usePerson(route);
  const { company: companyId, user: userId } = route;
  const [begun, setBegun] = useState(null);
  const view = begun?.userId === userId ? begun : null;
  const begin = () => attempt(async () => setBegun({ userId, ...(await change("StartViewAs", { companyId, userId })) }));
  if (!person.name) return person.instead;
  return html`<${PersonHead} name=${person.name} note=${person.note} user=${userId} view="look" />
    ${view
      ? html`<${Banner} name=${person.name} expiresAt=${view.expiresAt} end=${() => setBegun(null)} /><${Seen} companyId=${companyId} token=${view.token} />`
      : html`<div class="empty"><p>${t("look.text", { name: person.name })}</p><button class="main" onClick=${begin}>${t("look.go", { name: person.name })}</button></div>`}`;
}

/** As whom one looks, and how long; the view ends by itself. */
function Banner({ name, expiresAt, end }) {
  const [left, setLeft] = useState(Date.parse(expiresAt) - Date.now());
  useEffect(() => {
    const timer = setInterval(() => setLeft(Date.parse(expiresAt) - Date.now()), SECOND);
    return () => clearInterval(timer);
  }, [expiresAt]);
  useEffect(() => {
    if (left <= 0) end();
  }, [left <= 0]);
  const minutes = new Intl.NumberFormat(spoken.value, { style: "unit", unit: "minute", unitDisplay: "long" }).format(Math.ceil(left / 60 / SECOND));
  return html`<div class="banner"><p role="status"><b>${t("look.as", { name })}</b> ${t("look.left", { minutes })}</p><button onClick=${end}>${t("look.end")}</button></div>`;
}

/** The menu of that person, and the lists. */
function Seen({ companyId, token }) {
  const { value } = useRead(async () => {
    const [{ data: { company: seen } }, { data: { apps } }] = await Promise.all([answer("Company", { companyId }, token), answer("Catalogue", {}, token)]);
    return apps.filter(({ app }) => seen.access.apps.includes(app));
  }, [token]);
  if (!value) return html`<${Waiting} />`;
  return html`<section class="sheet" aria-labelledby="seen"><header><h2 id="seen">${t("look.menu")}</h2><span class="word">${number(value.length)}</span></header>
      <dl class="menu">${byCategory(value).map(([category, apps]) => html`<div key=${category}><dt>${t(`category.${category}`)}</dt>${apps.map(({ app, label }) => html`<dd key=${app}>${label}</dd>`)}</div>`)}</dl></section>
    <${Desk} companyId=${companyId} token=${token} stamp=${token} />`;
}
