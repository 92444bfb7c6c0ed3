/** Who comes from outside: accountants with their term, and the switch that lets support in. */

import { change } from "../../api.js";
import { attempt, company, day, html, moment, notify, t } from "../../core.js";
import { FormDialog, Question, Until, endOf } from "./dialogs.js";
import { begin, matrix } from "./store.js";

/** `rows` of the matrix that are no users'; `open` shows a dialog with one. */
export function Externals({ rows, open }) {
  return html`<section class="sheet" aria-labelledby="outside"><header><h2 id="outside">${t("outside.title")}</h2>
      <button onClick=${() => open(AddExternal)}>${t("outside.add")}</button></header>
    <p class="soft">${t("outside.text")}</p>
    ${rows.length > 0 && html`<table class="cards"><thead><tr><th scope="col">${t("users.name")}</th><th scope="col">${t("email")}</th>
      <th scope="col">${t("outside.since")}</th><th scope="col">${t("outside.until")}</th><th scope="col"><span class="hidden">${t("users.actions")}</span></th></tr></thead>
      <tbody>${rows.map((row) => html`<${External} key=${row.id} row=${row} open=${open} />`)}</tbody></table>`}
    <${Support} /></section>`;
}

const External = ({ row: { name, person, ...row }, open }) => html`<tr>
  <th scope="row"><b>${name}</b> <small>${person.officeName ?? (person.kind === "SUPPORT" ? t("outside.support") : "")}</small></th><td>${person.email}</td>
  <td>${day(person.since)}</td><td>${person.until ? day(person.until) : t("outside.endless")}</td>
  <td class="end">${person.kind !== "SUPPORT" && html`
    <button onClick=${() => open(EditExternal, { name, person, ...row })} aria-label=${t("users.editOf", { name })}>${t("edit")}</button>
    <button onClick=${() => open(RemoveExternal, { name, person, ...row })} aria-label=${t("outside.removeOf", { name })}>${t("outside.remove")}</button>`}</td></tr>`;

function AddExternal({ close }) {
  const send = async ({ email, until }) => {
    const input = { companyId: company.value.id, email, ...(until && { until: endOf(until) }) };
    await change("AddExternal", input);
    notify(t("outside.added", { email }));
    await attempt(begin);
  };
  return html`<${FormDialog} title=${t("outside.add")} close=${close} send=${send} go=${t("add")}>
    <p>${t("outside.addText")}</p>
    <label>${t("email")}<input type="email" name="email" required autocomplete="off" autofocus /></label><${Until} /></${FormDialog}>`;
}

function EditExternal({ row, close }) {
  const send = async ({ until }) => {
    await change("UpdateExternal", { companyId: company.value.id, externalUserId: row.person.id, until: endOf(until) });
    await attempt(begin);
  };
  return html`<${FormDialog} title=${t("users.editOf", { name: row.name })} close=${close} send=${send} go=${t("save")}>
    <${Until} value=${row.person.until} /></${FormDialog}>`;
}

function RemoveExternal({ row, close }) {
  const send = async () => {
    await change("RemoveExternal", { companyId: company.value.id, externalUserId: row.person.id });
    await attempt(begin);
  };
  return html`<${Question} title=${t("outside.removeOf", { name: row.name })} text=${t("outside.removeText", { name: row.name })}
    go=${t("outside.remove")} close=${close} send=${send} />`;
}

/** The switch that lets support in, with the moment at which it goes off by itself. */
function Support() {
  const until = matrix.value.supportUntil;
  const on = Boolean(until) && Date.parse(until) > Date.now();
  const set = () => attempt(async () => {
    await change("SetSupport", { companyId: company.value.id, enabled: !on });
    await begin();
  });
  return html`<div class="line"><span id="support"><b>${t("outside.supportSwitch")}</b><small>${t("outside.supportText")}</small></span>
    <span class="word">${on ? t("outside.untilMoment", { moment: moment(until) }) : t("off")}</span>
    <button role="switch" aria-checked=${on} aria-labelledby="support" onClick=${set}></button></div>`;
}
