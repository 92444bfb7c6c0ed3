/** The bar for what is not saved: how much it is, what it does, save; and what others changed meanwhile. */

import { html, t, useState } from "../../core.js";
import { Dialog } from "./dialogs.js";
import { changes, conflict, discard, matrix, named, save, saving, takeBack, undo } from "./store.js";

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
    <div class="actions"><button onClick=${close}>${t("cancel")}</button>
      <button class="main" onClick=${keep} autofocus>${t("review.save", { n: pending.length })}</button></div></${Dialog}>`;
}

function Effects({ title, toggles, kind }) {
  if (!toggles.length) return null;
  const apps = new Map(matrix.value.apps.map((info) => [info.app, info]));
  return html`<p class=${kind}>${title}</p><ul>${toggles.map(({ app }) => html`
    <li key=${app}><b>${apps.get(app).label}</b> <small>${apps.get(app).description}</small></li>`)}</ul>`;
}
