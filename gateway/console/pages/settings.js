/** Paramètres personnels: the own names and language, the password, this browser, sessions, API keys. */

import { ask, change } from "../api.js";
import {
  LANGUAGES, Failed, Languages, Refusal, Title, Waiting, attempt, choose, html, moment, notify, recognize, signOut, t, useRead,
  useState, useStep,
} from "../core.js";
import { Dialog, FormDialog, Question, Until, endOf } from "./people/dialogs.js";
import { KeyHead } from "./people/keys.js";

export default function Settings() {
  const [dialog, setDialog] = useState(null);
  const { value, problem, again } = useRead(async () => (await ask("Settings")).viewer, []);
  if (problem && !value) return html`<${Failed} problem=${problem} again=${again} />`;
  if (!value) return html`<${Waiting} />`;
  const open = (Which, row) => setDialog({ Which, row });
  const close = () => (setDialog(null), again());
  return html`<${Title}>${t("settings.title")}</${Title}>
    <div class="groups"><${Profile} account=${value.account} /><${Password} /><${Browser} /></div>
    <section class="sheet" aria-labelledby="sessions"><header><h2 id="sessions">${t("sessions.title")}</h2></header>
      <table class="cards"><thead><tr><th scope="col">${t("sessions.program")}</th><th scope="col">${t("sessions.since")}</th><th scope="col">${t("sessions.used")}</th><th scope="col"><span class="hidden">${t("users.actions")}</span></th></tr></thead>
      <tbody>${value.sessions.map((session) => html`<tr key=${session.id}><th scope="row" class="agent" title=${session.userAgent}>${program(session.userAgent)}${session.current && html` <span class="tag">${t("sessions.current")}</span>`}</th>
        <td>${moment(session.createdAt)}</td><td>${session.lastUsedAt ? moment(session.lastUsedAt) : ""}</td>
        <td class="end">${!session.current && html`<button onClick=${() => open(EndSession, session)}>${t("sessions.end")}</button>`}</td></tr>`)}</tbody></table></section>
    <section class="sheet" aria-labelledby="keys"><header><h2 id="keys">${t("keys.title")}</h2><button onClick=${() => open(CreateKey, value.companies.nodes)}>${t("keys.create")}</button></header>
      <p class="soft">${t("keys.text")}</p>
      ${value.apiKeys.length > 0 && html`<table class="cards"><thead><tr><th scope="col">${t("users.name")}</th><th scope="col">${t("keys.company")}</th><th scope="col">${t("sessions.used")}</th><th scope="col">${t("outside.until")}</th><th scope="col"><span class="hidden">${t("users.actions")}</span></th></tr></thead>
      <tbody>${value.apiKeys.map((key) => html`<tr key=${key.id}><${KeyHead} of=${key} />
        <td>${value.companies.nodes.find(({ id }) => id === key.companyId)?.name ?? t("keys.every")}</td><td>${key.lastUsedAt ? moment(key.lastUsedAt) : t("keys.unused")}</td><td>${key.expiresAt ? moment(key.expiresAt) : t("outside.endless")}</td>
        <td class="end"><button onClick=${() => open(RevokeKey, key)} aria-label=${t("keys.revokeOf", { name: key.label })}>${t("keys.revoke")}</button></td></tr>`)}</tbody></table>`}</section>
    ${dialog && html`<${dialog.Which} row=${dialog.row} close=${close} />`}`;
}

/** A form in a sheet: `send` gets its values; what went wrong stands above its button. */
function Sheet({ title, go, send, children }) {
  const { busy, problem, run } = useStep();
  const submit = (event) => {
    event.preventDefault();
    const form = event.target;
    run(() => send(Object.fromEntries(new FormData(form)), form));
  };
  return html`<section class="sheet" aria-label=${title}><header><h2>${title}</h2></header><form class="within" onSubmit=${submit}>${children}
    <${Refusal} problem=${problem} /><div class="actions"><button class="main" disabled=${busy}>${go}</button></div></form></section>`;
}

function Profile({ account }) {
  const send = async (input) => {
    await change("UpdateProfile", input);
    await choose(input.language.toLowerCase());
    await recognize();
    notify(t("settings.saved"));
  };
  return html`<${Sheet} title=${t("settings.me")} go=${t("save")} send=${send}>
    <label>${t("email")}<input value=${account.email} readonly aria-describedby="fixed" /><small id="fixed">${t("settings.email")}</small></label>
    <label>${t("users.first")}<input name="firstName" required maxlength="100" autocomplete="given-name" value=${account.firstName} /></label>
    <label>${t("users.last")}<input name="lastName" required maxlength="100" autocomplete="family-name" value=${account.lastName} /></label>
    <label>${t("settings.language")}<select name="language">${Object.entries(LANGUAGES).map(([code, name]) => html`<option key=${code} value=${code.toUpperCase()} selected=${code.toUpperCase() === account.language}>${name}</option>`)}</select></label></${Sheet}>`;
}

/** What concerns this browser alone: the language that it shows, and its session. */
const Browser = () => html`<section class="sheet" aria-labelledby="browser"><header><h2 id="browser">${t("settings.browser")}</h2></header>
  <div class="within actions"><${Languages} /><button onClick=${() => attempt(signOut)}>${t("signOut")}</button></div></section>`;

/** Browsers and systems by what their names are in the text that a program sends; the first that fits. */
const BROWSERS = [[/Edg\//, "Edge"], [/OPR\//, "Opera"], [/Firefox\//, "Firefox"], [/Chrome\//, "Chrome"], [/Safari\//, "Safari"]];
const SYSTEMS = [[/Android/, "Android"], [/iPhone|iPad/, "iOS"], [/Windows/, "Windows"], [/Mac OS/, "macOS"], [/CrOS/, "ChromeOS"], [/Linux/, "Linux"]];

/** The name of a program and its system; of a program that is no browser the first word of what it sends. */
function program(userAgent) {
  if (!userAgent) return t("sessions.unknown");
  const first = (names) => names.find(([pattern]) => pattern.test(userAgent))?.[1];
  return [first(BROWSERS) ?? userAgent.split(/[\s/]/)[0], first(SYSTEMS)].filter(Boolean).join(", ");
}

function Password() {
  const send = async (input, form) => {
    await change("ChangePassword", input);
    form.reset();
    notify(t("settings.passwordSaved"));
  };
  return html`<${Sheet} title=${t("password")} go=${t("settings.changePassword")} send=${send}>
    <label>${t("settings.current")}<input type="password" name="currentPassword" required autocomplete="current-password" /></label>
    <label>${t("password.fresh")}<input type="password" name="newPassword" required minlength="10" autocomplete="new-password" aria-describedby="rule" /><small id="rule">${t("password.rule")}</small></label>
    <p class="soft">${t("settings.passwordText")}</p></${Sheet}>`;
}

const EndSession = ({ row, close }) => html`<${Question} title=${t("sessions.end")} text=${t("sessions.endText")} go=${t("sessions.end")} close=${close}
  send=${() => change("EndSession", { sessionId: row.id })} />`;

const RevokeKey = ({ row, close }) => html`<${Question} title=${t("keys.revokeOf", { name: row.label })} text=${t("keys.revokeText")} go=${t("keys.revoke")} close=${close}
  send=${() => change("RevokeKey", { apiKeyId: row.id })} />`;

/** A form for a key; the key itself is shown once. */
function CreateKey({ row: companies, close }) {
  const [key, setKey] = useState(null);
  const send = async ({ label, companyId, until, readOnly }) => {
    const input = { label, readOnly: readOnly === "on", ...(companyId && { companyId }), ...(until && { expiresAt: endOf(until) }) };
    setKey((await change("CreateKey", input)).key);
  };
  if (key) return html`<${Dialog} title=${t("keys.made")} close=${close}><p>${t("keys.once")}</p><p class="key"><code>${key}</code></p>
    <div class="actions"><button onClick=${() => attempt(() => navigator.clipboard.writeText(key))}>${t("keys.copy")}</button><button class="main" onClick=${close}>${t("keys.kept")}</button></div></${Dialog}>`;
  return html`<${FormDialog} title=${t("keys.create")} go=${t("keys.create")} send=${send} close=${close} stays>
    <label>${t("keys.label")}<input name="label" required maxlength="100" autocomplete="off" autofocus /></label>
    <label>${t("keys.company")}<select name="companyId"><option value="">${t("keys.every")}</option>${companies.map(({ id, name }) => html`<option key=${id} value=${id}>${name}</option>`)}</select></label>
    <${Until} />
    <label class="check"><input type="checkbox" name="readOnly" checked /> ${t("keys.readOnly")}</label></${FormDialog}>`;
}
