/** The bar for what is not saved: how much it is, what it does, save; and what others changed meanwhile. */

import { ask } from "../../api.js";
import { Failed, Waiting, company, fullName, html, t, useRead, useState } from "../../core.js";
import { Dialog } from "./dialogs.js";
import { changes, conflict, discard, matrix, named, save, saving, takeBack, undo } from "./store.js";

/** Operations of the console whose extent is looked at. */
const OPERATIONS = ["Desk"];

export function Bar() {
  const [open, setOpen] = useState(false);
  const pending = changes();
  const losses = pending.filter(({ granted }) => !granted);
  if (!pending.length && !undo.value) return null;
  const keep = async () => {
    setOpen(false);
    await save();
  };
  return html`<section class="bar" aria-label=${t("bar.title")}>
    ${conflict.value && html`<${Conflict} />`}
    ${pending.length > 0
      ? html`<p role="status"><b>${t("bar.changes", { n: pending.length })}</b></p>
        <div class="actions">
          <button onClick=${discard}>${t("bar.discard")}</button>
          <button onClick=${() => setOpen(true)}>${t("bar.look")}</button>
          <button class="main" disabled=${saving.value} onClick=${losses.length ? () => setOpen(true) : keep}>${t(saving.value ? "loading" : "save")}</button></div>`
      : html`<p class="soft">${t("people.saved", { n: undo.value.length })}</p>
        <div class="actions"><button disabled=${saving.value} onClick=${takeBack}>${t("undo")}</button>
          <button class="plain" aria-label=${t("dismiss")} onClick=${() => (undo.value = null)}>×</button></div>`}
    ${open && pending.length > 0 && html`<${Review} pending=${pending} keep=${keep} close=${() => setOpen(false)} />`}</section>`;
}

/** What others changed while one's own changes were refused. */
function Conflict() {
  const theirs = conflict.value;
  return html`<div class="conflict" role="alert"><p><b>${t("conflict.title")}</b> ${t("conflict.kept")}</p>
    ${theirs.length > 0 && html`<ul>${theirs.map((change) => html`<li>${t(change.granted ? "conflict.on" : "conflict.off", named(change))}</li>`)}</ul>`}</div>`;
}

/** What the changes do, in words: by person what is lost, then what is gained. */
function Review({ pending, keep, close }) {
  const people = new Map();
  for (const change of pending) people.set(change.userId, [...(people.get(change.userId) ?? []), change]);
  return html`<${Dialog} title=${t("review.title")} close=${close}>
    ${[...people].map(([userId, toggles]) => html`<section key=${userId} class="effects"><h3>${named(toggles[0]).person}</h3>
      <${Effects} title=${t("review.lost")} toggles=${toggles.filter(({ granted }) => !granted)} kind="lost" />
      <${Effects} title=${t("review.gained")} toggles=${toggles.filter(({ granted }) => granted)} kind="gained" /></section>`)}
    <${Details} pending=${pending} />
    <div class="actions"><button onClick=${close}>${t("cancel")}</button>
      <button class="main" onClick=${keep} autofocus>${t("review.save", { n: pending.length })}</button></div></${Dialog}>`;
}

/** What follows for programs: fields by type, operations that become partial, keys. Read when it is opened. */
function Details({ pending }) {
  const [opened, setOpened] = useState(false);
  return html`<details onToggle=${({ target }) => setOpened(target.open)}><summary>${t("review.details")}</summary>
    ${opened && html`<${Preview} pending=${pending} />`}</details>`;
}

function Preview({ pending }) {
  const { value, problem, again } = useRead(async () => {
    const asked = { companyId: company.value.id, changes: pending, operations: OPERATIONS };
    return (await ask("Preview", asked)).company.previewAccess;
  }, [JSON.stringify(pending)]);
  if (problem) return html`<${Failed} problem=${problem} again=${again} />`;
  if (!value) return html`<${Waiting} />`;
  return html`${value.people.map(({ user, lost, gained }) => html`<section key=${user.id} class="effects"><h3>${fullName(user)}</h3>
      <${Coordinates} title=${t("review.lost")} types=${lost} kind="lost" /><${Coordinates} title=${t("review.gained")} types=${gained} kind="gained" /></section>`)}
    ${value.operations.map(({ name, user, before, after }) => html`<p key=${name + user.id}><code>${name}</code> · ${fullName(user)}: ${t("history.from", { before: t(`extent.${before}`), after: t(`extent.${after}`) })}</p>`)}
    ${value.apiKeys.map(({ apiKey, lost }) => html`<section key=${apiKey.id} class="effects"><h3>${t("review.key", { name: apiKey.label })}</h3>
      <${Coordinates} title=${t("review.lost")} types=${lost} kind="lost" /></section>`)}`;
}

const Coordinates = ({ title, types, kind }) => types.length > 0 && html`<p class=${kind}>${title}</p>
  <ul class="coordinates">${types.map(({ type, names }) => html`<li key=${type}><code>${type}</code> ${names.join(", ")}</li>`)}</ul>`;

function Effects({ title, toggles, kind }) {
  if (!toggles.length) return null;
  const apps = new Map(matrix.value.apps.map((info) => [info.app, info]));
  return html`<p class=${kind}>${title}</p><ul>${toggles.map(({ app }) => html`
    <li key=${app}><b>${apps.get(app).label}</b> <small>${apps.get(app).description}</small></li>`)}</ul>`;
}
