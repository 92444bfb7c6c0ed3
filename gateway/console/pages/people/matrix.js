/** The matrix: apps as rows and people as columns up to twelve, turned over beyond; filters, switches of groups, many at once. */

import { Title, company, html, link, number, t, useState } from "../../core.js";
import { Grid } from "./grid.js";
import { byCategory, look, lookAtAll, matches, matrix, wantAll } from "./store.js";

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

/**
 * Rows and columns for the grid, with its cells and what a switch does. A line stands for some people or some apps: one, all
 * people that are shown, or a category of which all apps are.
 */
function axes(people, apps) {
  const turned = people.length > COLUMNS;
  const lines = people.map(personLine);
  const byPerson = people.length > 1 ? [{ key: "all", group: true, label: t("matrix.everybody"), people }, ...lines] : lines;
  const byApp = byCategory(apps).flatMap(([category, members]) => [...categoryLine(category, members, turned), ...members.map(appLine)]);
  const across = (a, b) => (turned ? [a.people, b.apps] : [b.people, a.apps]);
  return {
    turned,
    rows: turned ? byPerson : byApp,
    columns: turned ? byApp : byPerson,
    cell: (line, column) => lookAtAll(...across(line, column)),
    name: (line, column) => (turned ? [column, line] : [line, column]).map(({ spoken, label }) => spoken ?? label).join(", "),
    toggle: (line, column, granted) => wantAll(...across(line, column), granted),
  };
}

const personLine = (row) => ({ key: row.id, label: row.name, people: [row], href: link(company.value.id, "users", row.person.id),
  note: row.isUser && row.person.role !== "OWNER" ? "" : t(row.isUser ? "role.OWNER" : "fixed.EXTERNAL") });
const appLine = (info) => ({ key: info.app, label: info.label, apps: [info], title: info.description,
  note: info.alwaysVisible ? t("fixed.ALWAYS_VISIBLE") : "" });

/** The line of a category: its switches where all of several apps are shown, else a heading, which columns do without. */
function categoryLine(category, members, turned) {
  const label = t(`category.${category}`);
  const all = matrix.value.apps.filter((info) => info.category === category);
  if (members.length > 1 && members.length === all.length)
    return [{ key: category, group: true, label, spoken: t("person.all", { category: label }), apps: members }];
  return turned ? [] : [{ key: category, heading: true, label }];
}

/** Switch everything that is shown on or off. */
function Many({ people, apps }) {
  return html`<div class="many" role="group" aria-label=${t("matrix.many")}><span>${t("matrix.many")}</span>
    <button onClick=${() => wantAll(people, apps, true)}>${t("matrix.allOn")}</button><button onClick=${() => wantAll(people, apps, false)}>${t("matrix.allOff")}</button></div>`;
}
