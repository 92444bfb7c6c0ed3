/** The list of users, and who comes from outside at its foot. */

import { change } from "../../api.js";
import {
  LANGUAGES, Title, attempt, company, day, html, link, moment, notify, number, t, useState,
} from "../../core.js";
import { FormDialog, Question } from "./dialogs.js";
import { Keys } from "./keys.js";
import { Requests } from "./requests.js";
import { begin, look, matrix } from "./store.js";

const ROLES = ["EMPLOYEE", "OWNER"];

export function List() {
  const [dialog, setDialog] = useState(null);
  const { rows } = matrix.value;
  const users = rows.filter(({ isUser }) => isUser);
  const open = (Which, row) => setDialog({ Which, row });
  return html`<div class="head"><${Title}>${t("users.title")}</${Title}>
      <button class="main" onClick=${() => open(Create)}>${t("users.create")}</button></div>
    <${Requests} />
    <section class="sheet" aria-label=${t("users.title")}><table class="cards">
      <thead><tr><th scope="col">${t("users.name")}</th><th scope="col">${t("email")}</th><th scope="col">${t("users.role")}</th>
        <th scope="col">${t("users.sees")}</th><th scope="col">${t("users.state")}</th><th scope="col"><span class="hidden">${t("users.actions")}</span></th></tr></thead>
      <tbody>${users.map((row) => html`<${User} key=${row.id} row=${row} open=${open} />`)}</tbody></table></section>
    ${users.length === 1 && html`<p class="empty">${t("users.alone")}</p>`}
    <${Presets} open=${open} />
    <${Keys} />
    <${Outside} rows=${rows.filter(({ isUser }) => !isUser)} open=${open} />
    ${dialog && html`<${dialog.Which} row=${dialog.row} close=${() => setDialog(null)} />`}`;
}

const isMe = ({ person }) => person.id === company.value?.access.user?.id;

function User({ row, open }) {
  const { person } = row;
  const { apps } = matrix.value;
  const seen = apps.filter(({ app }) => look(row, app).on).length;
  return html`<tr>
    <th scope="row"><a href=${link(company.value.id, "users", person.id)}>${row.name}</a>${isMe(row) && html` <span class="tag">${t("users.me")}</span>`}</th>
    <td>${person.email}</td><td>${t(`role.${person.role}`)}</td>
    <td>${person.role === "OWNER" ? t("users.all") : t("people.count", { n: number(seen), all: number(apps.length) })}</td>
    <td class="wrap"><${State} person=${person} /></td>
    <td class="end">${!isMe(row) && html`
      ${person.status === "PENDING" && html`<button onClick=${() => resend(row)} aria-label=${t("users.resendTo", { name: row.name })}>${t("users.resend")}</button>`}
      <button onClick=${() => open(Edit, row)} aria-label=${t("users.editOf", { name: row.name })}>${t("edit")}</button>
      <button onClick=${() => open(Delete, row)} aria-label=${t("users.deleteOf", { name: row.name })}>${t("delete")}</button>`}</td></tr>`;
}

function State({ person: { status, invitation } }) {
  if (status === "ACTIVE") return t("state.ACTIVE");
  const state = invitation?.state ?? "WAITING";
  const gone = state === "EXPIRED" || state === "BOUNCED";
  return html`<span class=${`tag ${gone ? "gone" : "wait"}`}>${t(`state.${state}`)}</span>${
    state === "SENT" && invitation.expiresAt && html` <small>${t("until", { day: day(invitation.expiresAt) })}</small>`}`;
}

const resend = (row) => attempt(async () => {
  const input = { companyId: company.value.id, userId: row.person.id };
  invited(row.person.email, await change("ResendInvitation", input));
});

/** Say that a letter is on its way; a demo without mail gives the link at once. */
function invited(email, { invitationToken }) {
  const address = `/console/invitation#token=${invitationToken}`;
  const action = invitationToken && [t("users.copyLink"), () => navigator.clipboard.writeText(location.origin + address)];
  notify(t("users.invited", { email }), { action });
}

/* Users */

function Names({ person = {} }) {
  return html`<label>${t("users.first")}<input name="firstName" required maxlength="100" autocomplete="off" value=${person.firstName} /></label>
    <label>${t("users.last")}<input name="lastName" required maxlength="100" autocomplete="off" value=${person.lastName} /></label>
    <label>${t("users.role")}<select name="role">${ROLES.map((role) => html`<option value=${role} selected=${role === person.role}>${t(`role.${role}`)}</option>`)}</select></label>`;
}

/** What may be switched on of a colleague's access or of a preset, by its id. */
function appsLike(id) {
  const { apps, presets, rows } = matrix.value;
  const row = rows.find(({ person }) => person.id === id);
  const wanted = row ? Object.values(row.cells).filter(({ granted }) => granted).map(({ app }) => app) : presets.find((preset) => preset.id === id)?.apps;
  return apps.filter(({ app, alwaysVisible }) => !alwaysVisible && wanted?.includes(app)).map(({ app }) => app);
}

function Create({ close }) {
  const colleagues = matrix.value.rows.filter(({ isUser, person }) => isUser && person.role === "EMPLOYEE");
  const { presets } = matrix.value;
  const send = async ({ like, ...input }) => {
    const apps = input.role === "EMPLOYEE" ? appsLike(like) : [];
    invited(input.email, await change("CreateUser", { companyId: company.value.id, ...input, apps }));
    await attempt(begin);
  };
  return html`<${FormDialog} title=${t("users.create")} close=${close} send=${send} go=${t("users.invite")}>
    <label>${t("email")}<input type="email" name="email" required autocomplete="off" autofocus /></label>
    <${Names} />
    <label>${t("users.like")}<select name="like"><option value="">${t("users.likeNobody")}</option>
      ${presets.map(({ id, name }) => html`<option key=${id} value=${id}>${name}</option>`)}
      ${colleagues.map(({ person, name }) => html`<option key=${person.id} value=${person.id}>${name}</option>`)}</select></label></${FormDialog}>`;
}

function Edit({ row, close }) {
  const send = async (input) => {
    await change("UpdateUser", { companyId: company.value.id, userId: row.person.id, ...input });
    await attempt(begin);
  };
  return html`<${FormDialog} title=${t("users.editOf", { name: row.name })} close=${close} send=${send} go=${t("save")}>
    <${Names} person=${row.person} />
    <label>${t("language")}<select name="language">${Object.entries(LANGUAGES).map(([code, name]) => html`
      <option value=${code.toUpperCase()} selected=${code.toUpperCase() === row.person.language}>${name}</option>`)}</select></label></${FormDialog}>`;
}

function Delete({ row, close }) {
  const send = async () => {
    await change("DeleteUser", { companyId: company.value.id, userId: row.person.id });
    notify(t("users.deleted", { name: row.name }));
    await attempt(begin);
  };
  return html`<${Question} title=${t("users.deleteOf", { name: row.name })} text=${t("users.deleteText", { name: row.name })}
    go=${t("delete")} close=${close} send=${send} />`;
}

/* Presets */

function Presets({ open }) {
  const { apps, presets } = matrix.value;
  const labels = (preset) => apps.filter(({ app }) => preset.apps.includes(app)).map(({ label }) => label).join(", ");
  return html`<section class="sheet" aria-labelledby="presets"><header><h2 id="presets">${t("presets.title")}</h2></header>
    <p class="soft">${t("presets.text")}</p>
    ${presets.length > 0 && html`<table class="cards"><thead><tr><th scope="col">${t("users.name")}</th><th scope="col">${t("presets.apps")}</th><th scope="col"><span class="hidden">${t("users.actions")}</span></th></tr></thead>
      <tbody>${presets.map((preset) => html`<tr key=${preset.id}><th scope="row"><b>${preset.name}</b></th><td class="wrap">${labels(preset)}</td>
        <td class="end"><button onClick=${() => open(RenamePreset, preset)} aria-label=${t("users.editOf", { name: preset.name })}>${t("edit")}</button>
          <button onClick=${() => open(DeletePreset, preset)} aria-label=${t("users.deleteOf", { name: preset.name })}>${t("delete")}</button></td></tr>`)}</tbody></table>`}</section>`;
}

function RenamePreset({ row: { id, name, version }, close }) {
  const send = async (input) => {
    await change("UpdatePreset", { presetId: id, expectedVersion: version, ...input });
    await attempt(begin);
  };
  return html`<${FormDialog} title=${t("users.editOf", { name })} go=${t("save")} send=${send} close=${close}>
    <label>${t("presets.name")}<input name="name" required maxlength="100" autocomplete="off" value=${name} autofocus /></label></${FormDialog}>`;
}

function DeletePreset({ row: { id, name, version }, close }) {
  const send = async () => {
    await change("DeletePreset", { presetId: id, expectedVersion: version });
    await attempt(begin);
  };
  return html`<${Question} title=${t("users.deleteOf", { name })} text=${t("presets.deleteText")} go=${t("delete")} close=${close} send=${send} />`;
}

/* Accountants and support */

function Outside({ rows, open }) {
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

/** A day of a form as the moment at its end, or null. */
const endOf = (value) => (value ? new Date(`${value}T23:59:59`).toISOString() : null);
/** A moment as a form has its day, in local time. */
const dayOf = (value) => (value ? new Date(value).toLocaleDateString("sv") : "");

const Until = ({ value }) => html`<label>${t("outside.untilOptional")}<input type="date" name="until" value=${dayOf(value)} min=${dayOf(Date.now())} /></label>`;

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
