/** One person: the switches by category, and the access of a colleague or a preset to take over. */

import { change } from "../../api.js";
import { attempt, company, day, html, notify, number, t, useState } from "../../core.js";
import { FormDialog } from "./dialogs.js";
import { begin, byCategory, look, matches, matrix, want, wantAll } from "./store.js";
import { Gone, PersonHead } from "./tabs.js";

export function Person({ route }) {
  const { apps, rows } = matrix.value;
  const [search, setSearch] = useState(apps.find(({ app }) => app === route.query.app)?.label ?? "");
  const row = rows.find(({ person }) => person.id === route.user);
  if (!row) return html`<${Gone} />`;
  const { person, name } = row;
  const open = Object.values(row.cells).some(({ editable }) => editable);
  const isShown = ({ label, description }) => matches(search, label, description);
  const groups = byCategory(apps).filter(([, members]) => members.some(isShown));
  return html`<${PersonHead} name=${name} note=${`${person.email} · ${t(`role.${person.role ?? person.kind}`)}`} user=${person.id}>
      ${open && html`<${TakeOver} row=${row} />`}</${PersonHead}>
    ${!open && html`<p class="note">${t(row.isUser ? "person.owner" : "person.external")}</p>`}
    <label class="find">${t("person.search")}<input type="search" value=${search} onInput=${(event) => setSearch(event.target.value)} /></label>
    ${groups.length === 0 && html`<p class="empty" role="status">${t("person.nothing")}</p>`}
    <div class="groups">${groups.map(([category, members]) => html`<${Group} key=${category} row=${row} category=${category} apps=${members} isShown=${isShown} unfolded=${search !== ""} />`)}</div>`;
}

/** A category: its count, its switch where all of it is shown, and its apps, which a phone shows when it is opened. */
function Group({ row, category, apps, isShown, unfolded }) {
  const [chosen, setOpened] = useState(!matchMedia("(max-width: 44rem)").matches);
  const opened = chosen || unfolded;
  const states = apps.map(({ app }) => look(row, app));
  const on = states.filter((state) => state.on).length;
  const open = apps.filter((_, i) => !states[i].fixed);
  const all = on === apps.length;
  const toggle = () => wantAll([row], apps, !all);
  const title = t(`category.${category}`);
  return html`<section class="sheet" aria-label=${title}><header>
      <h2><button class="fold plain" aria-expanded=${opened} onClick=${() => setOpened(!opened)}>${title}</button></h2>
      <span class="word">${t("people.count", { n: number(on), all: number(apps.length) })}</span>
      ${open.length > 1 && apps.every(isShown) && html`<button role="switch" aria-checked=${all} aria-label=${t("person.all", { category: title })} onClick=${toggle}></button>`}</header>
    ${opened && apps.map((info, i) => isShown(info) && html`<${Line} key=${info.app} row=${row} info=${info} state=${states[i]} />`)}</section>`;
}

function Line({ row, info, state: { on, fixed, changed, clash, until } }) {
  const id = `app-${info.app}`;
  const toggle = () => fixed || want([{ userId: row.person.id, app: info.app, granted: !on }]);
  return html`<div class=${`line ${changed ? "changed" : ""}`} onClick=${({ target }) => target.role !== "switch" && toggle()}>
    <span><b id=${id}>${info.label}</b><small>${info.description}</small></span>
    <span class="word">${fixed ? t(`fixed.${fixed}`) : t(on ? "on" : "off")}${until ? ` · ${t("until", { day: day(until) })}` : ""}${changed ? ` · ${t("person.unsaved")}` : ""}${clash ? ` · ${t("conflict.cell")}` : ""}</span>
    <button role="switch" class=${changed ? "changed" : ""} aria-checked=${on} aria-disabled=${fixed ? true : null} aria-labelledby=${id} onClick=${toggle}></button></div>`;
}

/** Whether somebody has an app without an end; what is lent is nobody else's. */
const isLasting = ({ on, until }) => on && !until;

/** Take over a colleague's access or a preset, whose differences become changes that are not saved; or keep a preset. */
function TakeOver({ row }) {
  const [naming, setNaming] = useState(false);
  const { apps, presets, rows } = matrix.value;
  const colleagues = rows.filter(({ isUser, person }) => isUser && person.id !== row.person.id && person.role === "EMPLOYEE");
  const take = ({ target }) => {
    const like = colleagues.find(({ person }) => person.id === target.value);
    const preset = presets.find(({ id }) => id === target.value);
    target.value = "";
    const wanted = (app) => (like ? isLasting(look(like, app)) : preset.apps.includes(app));
    want(apps.filter(({ app }) => row.cells[app].editable).map(({ app }) => ({ userId: row.person.id, app, granted: wanted(app) })));
  };
  const keep = async ({ name }) => {
    const on = apps.map(({ app }) => app).filter((app) => row.cells[app].editable && look(row, app).on);
    await change("CreatePreset", { companyId: company.value.id, name, apps: on });
    notify(t("presets.made", { name }));
    await attempt(begin);
  };
  return html`<div class="actions end">
    <label>${t("person.take")}<select onChange=${take}><option value="">…</option>
      ${presets.length > 0 && html`<optgroup label=${t("presets.title")}>${presets.map(({ id, name }) => html`<option key=${id} value=${id}>${name}</option>`)}</optgroup>`}
      ${colleagues.length > 0 && html`<optgroup label=${t("person.colleagues")}>${colleagues.map(({ person, name }) => html`<option key=${person.id} value=${person.id}>${name}</option>`)}</optgroup>`}</select></label>
    <button onClick=${() => setNaming(true)}>${t("presets.keep")}</button>
    ${naming && html`<${FormDialog} title=${t("presets.keep")} go=${t("save")} send=${keep} close=${() => setNaming(false)}>
      <p>${t("presets.keepText", { name: row.name })}</p>
      <label>${t("presets.name")}<input name="name" required maxlength="100" autocomplete="off" autofocus /></label></${FormDialog}>`}</div>`;
}
