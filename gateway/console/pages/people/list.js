/** The list of users, with what they ask for above it; presets, keys and who comes from outside below. */

import { change } from "../../api.js";
import { LANGUAGES, Title, attempt, company, html, link, notify, number, shortDay, t, useState } from "../../core.js";
import { FormDialog, Question } from "./dialogs.js";
import { Externals } from "./externals.js";
import { Keys } from "./keys.js";
import { Presets } from "./presets.js";
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
      <thead><tr><th scope="col">${t("users.name")}</th><th scope="col">${t("users.role")}</th>
        <th scope="col">${t("users.sees")}</th><th scope="col">${t("users.state")}</th><th scope="col"><span class="hidden">${t("users.actions")}</span></th></tr></thead>
      <tbody>${users.map((row) => html`<${User} key=${row.id} row=${row} open=${open} />`)}</tbody></table></section>
    ${users.length === 1 && html`<p class="empty">${t("users.alone")}</p>`}
    <${Presets} open=${open} />
    <${Keys} />
    <${Externals} rows=${rows.filter(({ isUser }) => !isUser)} open=${open} />
    ${dialog && html`<${dialog.Which} row=${dialog.row} close=${() => setDialog(null)} />`}`;
}

const isMe = ({ person }) => person.id === company.value?.access.user?.id;

function User({ row, open }) {
  const { person } = row;
  const { apps } = matrix.value;
  const seen = apps.filter(({ app }) => look(row, app).on).length;
  return html`<tr>
    <th scope="row" class="person"><a href=${link(company.value.id, "users", person.id)}>${row.name}</a>${isMe(row) && html` <span class="tag">${t("users.me")}</span>`}<small>${person.email}</small></th>
    <td>${t(`role.${person.role}`)}</td>
    <td>${person.role === "OWNER" ? t("users.all") : t("people.count", { n: number(seen), all: number(apps.length) })}</td>
    <td><${State} person=${person} /></td>
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
    state === "SENT" && invitation.expiresAt && html` <small>${t("until", { day: shortDay(invitation.expiresAt) })}</small>`}`;
}

const resend = (row) => attempt(async () => {
  const input = { companyId: company.value.id, userId: row.person.id };
  invited(row.person.email, await change("ResendInvitation", input));
});

/** Say that a letter is on its way; a demo without mail gives the link at once. */
function invited(email, { invitationToken }) {
  const address = `/console/invitation#token=${invitationToken}`;
  const action = invitationToken && [t("users.copyLink"), () => attempt(() => navigator.clipboard.writeText(location.origin + address))];
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
