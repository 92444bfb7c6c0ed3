/** One person: the switches by category, and the rights of a colleague to take over. */

import { company, html, link, number, t, useState } from "../../core.js";
import { byCategory, look, matches, matrix, want } from "./store.js";

export function Person({ route }) {
  const [search, setSearch] = useState("");
  const row = matrix.value.rows.find(({ person }) => person.id === route.user);
  const back = html`<a href=${link(company.value.id, "users")}>← ${t("users.title")}</a>`;
  if (!row) return html`<p>${back}</p><div class="empty"><h1 tabindex="-1">${t("person.gone")}</h1><p>${t("person.goneText")}</p></div>`;
  const { person, name } = row;
  const open = Object.values(row.cells).some(({ editable }) => editable);
  const groups = byCategory(matrix.value.apps.filter(({ label, description }) => matches(search, label, description)));
  return html`<p>${back}</p>
    <div class="head"><div><h1 tabindex="-1">${name}</h1>
        <p class="soft">${person.email} · ${t(`role.${person.role ?? person.kind}`)}</p></div>
      ${open && html`<${Copy} row=${row} />`}</div>
    ${!open && html`<p class="note">${t(row.isUser ? "person.owner" : "person.external")}</p>`}
    <label class="find">${t("person.search")}<input type="search" value=${search} onInput=${(event) => setSearch(event.target.value)} /></label>
    ${groups.length === 0 && html`<p class="empty" role="status">${t("person.nothing")}</p>`}
    <div class="groups">${groups.map(([category, apps]) => html`<${Group} key=${category} row=${row} category=${category} apps=${apps} unfolded=${search !== ""} />`)}</div>`;
}

/** A category: its switch and count, and its apps, which a phone shows when it is opened. */
function Group({ row, category, apps, unfolded }) {
  const [chosen, setOpened] = useState(!matchMedia("(max-width: 44rem)").matches);
  const opened = chosen || unfolded;
  const states = apps.map(({ app }) => look(row, app));
  const on = states.filter((state) => state.on).length;
  const open = apps.filter((_, i) => !states[i].fixed);
  const all = on === apps.length;
  const toggle = () => want(open.map(({ app }) => ({ userId: row.person.id, app, granted: !all })));
  const title = t(`category.${category}`);
  return html`<section class="sheet" aria-label=${title}><header>
      <h2><button class="fold plain" aria-expanded=${opened} onClick=${() => setOpened(!opened)}>${title}</button></h2>
      <span class="word">${t("people.count", { n: number(on), all: number(apps.length) })}</span>
      ${open.length > 1 && html`<button role="switch" aria-checked=${all} aria-label=${t("person.all", { category: title })} onClick=${toggle}></button>`}</header>
    ${opened && apps.map((info, i) => html`<${Line} key=${info.app} row=${row} info=${info} state=${states[i]} />`)}</section>`;
}

function Line({ row, info, state: { on, fixed, changed } }) {
  const id = `app-${info.app}`;
  const toggle = () => fixed || want([{ userId: row.person.id, app: info.app, granted: !on }]);
  return html`<div class=${`line ${changed ? "changed" : ""}`} onClick=${({ target }) => target.role !== "switch" && toggle()}>
    <span><b id=${id}>${info.label}</b><small>${info.description}</small></span>
    <span class="word">${fixed ? t(`fixed.${fixed}`) : t(on ? "on" : "off")}${changed ? ` · ${t("person.unsaved")}` : ""}</span>
    <button role="switch" class=${changed ? "changed" : ""} aria-checked=${on} aria-disabled=${fixed ? true : null} aria-labelledby=${id} onClick=${toggle}></button></div>`;
}

/** Take over what a colleague may see: the differences become changes that are not saved. */
function Copy({ row }) {
  const colleagues = matrix.value.rows.filter(({ isUser, person }) => isUser && person.id !== row.person.id && person.role === "EMPLOYEE");
  if (!colleagues.length) return null;
  const copy = ({ target }) => {
    const from = colleagues.find(({ person }) => person.id === target.value);
    target.value = "";
    want(Object.values(from.cells).filter(({ app, editable }) => editable && row.cells[app].editable)
      .map(({ app }) => ({ userId: row.person.id, app, granted: look(from, app).on })));
  };
  return html`<label>${t("person.copy")}<select onChange=${copy}><option value="">${t("person.copyFrom")}</option>
    ${colleagues.map(({ person, name }) => html`<option key=${person.id} value=${person.id}>${name}</option>`)}</select></label>`;
}
