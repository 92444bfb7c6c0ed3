/** The matrix: apps as rows and people as columns up to twelve, turned over beyond; filters, many at once. */

import { Title, company, html, link, number, t, useState } from "../../core.js";
import { Grid, grouped } from "./grid.js";
import { byCategory, look, matches, matrix, want } from "./store.js";

const COLUMNS = 12;

export function Matrix({ route }) {
  const [chosen, setChosen] = useState({ person: "", app: route.query.app ?? "", category: "", like: "" });
  const { apps, rows } = matrix.value;
  const groups = byCategory(apps);
  const like = rows.find(({ id }) => id === chosen.like);
  const people = rows.filter(({ name, person }) => matches(chosen.person, name, person.email));
  const shown = groups.flatMap(([, members]) => members).filter((info) => matches(chosen.app, info.label, info.app)
    && (!chosen.category || info.category === chosen.category)
    && (!like || people.some((row) => look(row, info.app).on !== look(like, info.app).on)));
  const set = (name) => ({ target }) => setChosen({ ...chosen, [name]: target.value });
  return html`<div class="head"><${Title}>${t("matrix.title")}</${Title}><p class="soft" role="status">${t("matrix.size", { apps: number(shown.length), people: number(people.length) })}</p></div>
    <div class="filters" role="search" aria-label=${t("matrix.filters")}>
      <label>${t("matrix.person")}<input type="search" value=${chosen.person} onInput=${set("person")} /></label>
      <label>${t("matrix.app")}<input type="search" value=${chosen.app} onInput=${set("app")} /></label>
      <label>${t("matrix.category")}<select value=${chosen.category} onChange=${set("category")}><option value="">${t("matrix.every")}</option>
        ${groups.map(([category]) => html`<option key=${category} value=${category}>${t(`category.${category}`)}</option>`)}</select></label>
      <label>${t("matrix.like")}<select value=${chosen.like} onChange=${set("like")}><option value="">—</option>
        ${rows.map(({ id, name }) => html`<option key=${id} value=${id}>${name}</option>`)}</select></label>
      <${Many} people=${people} apps=${shown} /></div>
    ${shown.length && people.length
      ? html`<${Grid} ...${axes(people, shown)} />`
      : html`<p class="empty">${t("matrix.nothing")}</p>`}`;
}

/** Rows and columns for the grid, with its cells and what a switch does. */
function axes(people, apps) {
  const person = (row) => ({ key: row.id, label: row.name, row, note: row.isUser && row.person.role !== "OWNER" ? "" : t(row.isUser ? "role.OWNER" : "fixed.EXTERNAL"),
    href: link(company.value.id, "users", row.person.id) });
  const app = (info) => ({ key: info.app, label: info.label, info, note: info.alwaysVisible ? t("fixed.ALWAYS_VISIBLE") : "", title: info.description });
  const turned = people.length > COLUMNS;
  const across = (a, b) => (turned ? [a, b] : [b, a]);
  return {
    turned,
    rows: turned ? people.map(person) : grouped(apps.map(app)),
    columns: turned ? apps.map(app) : people.map(person),
    cell: (line, column) => {
      const [{ row }, { info }] = across(line, column);
      return look(row, info.app);
    },
    name: (line, column) => {
      const [{ row }, { info }] = across(line, column);
      return `${info.label}, ${row.name}`;
    },
    toggle: (line, column, granted) => {
      const [{ row }, { info }] = across(line, column);
      want([{ userId: row.person.id, app: info.app, granted }]);
    },
  };
}

/** Switch everything that is shown on or off. */
function Many({ people, apps }) {
  const set = (granted) => want(people.flatMap((row) => apps
    .filter(({ app }) => row.cells[app].editable)
    .map(({ app }) => ({ userId: row.person.id, app, granted }))));
  return html`<div class="many" role="group" aria-label=${t("matrix.many")}><span>${t("matrix.many")}</span>
    <button onClick=${() => set(true)}>${t("matrix.allOn")}</button><button onClick=${() => set(false)}>${t("matrix.allOff")}</button></div>`;
}
