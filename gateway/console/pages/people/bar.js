/** The bar for what is not saved: how much it is, what it does, save; the last save, which it takes back; and conflicts. */

import { html, t, useEffect, useLayoutEffect, useState } from "../../core.js";
import { Dialog } from "./dialogs.js";
import { Details, Effects } from "./effects.js";
import { follow, refocus } from "./focus.js";
import { changes, conflict, discard, list, named, save, saving, takeBack, undo } from "./store.js";

/** What the bar is about: changes that are not saved, a conflict that left none, the last save, or nothing. */
function subject(pending) {
  if (pending.length) return "changes";
  if (conflict.value) return "conflict";
  return undo.value ? "saved" : null;
}

export function Bar() {
  const [open, setOpen] = useState(false);
  const pending = changes();
  const about = subject(pending);
  const losing = pending.some(({ granted }) => !granted);
  const keep = async () => {
    setOpen(false);
    await save();
    refocus(".bar.open");
  };
  const go = losing ? () => setOpen(true) : keep;
  const back = async () => {
    await takeBack();
    refocus();
  };
  const drop = (work) => () => {
    work();
    refocus(".bar.open");
  };
  useEffect(follow, []);
  useKeys({ s: about === "changes" && !open && go, z: about === "saved" && back });
  // The bar takes the lower edge of the window, where what is worked on may be.
  useLayoutEffect(() => {
    if (about && document.activeElement !== document.body) document.activeElement.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [about]);
  return html`<section class=${about ? "bar open" : "bar hidden"} aria-label=${about && t("bar.title")} tabindex="-1">
    ${conflict.value && html`<${Conflict} none=${!pending.length} />`}
    <p role="status">${about === "changes" && html`<b>${t("bar.changes", { n: pending.length })}</b> <span class="hidden">${KEYS.save}: ${t("save")}</span>`}
      ${about === "saved" && html`${t("people.saved", { n: undo.value.length })} <span class="hidden">${KEYS.undo}: ${t("undo")}</span>`}</p>
    ${about === "changes" && html`<div key="changes" class="actions">
      <button aria-label=${t("bar.discard")} onClick=${drop(discard)}><span class="wide">${t("bar.discard")}</span><span class="narrow">×</span></button>
      <button aria-label=${t("bar.look")} onClick=${() => setOpen(true)}><span class="wide">${t("bar.look")}</span><span class="narrow">${t("bar.lookShort")}</span></button>
      <button class="main" aria-keyshortcuts="Control+S Meta+S" data-keys=${KEYS.save} disabled=${saving.value} onClick=${go}>${t(saving.value ? "loading" : "save")}</button></div>`}
    ${about === "conflict" && html`<div key="conflict" class="actions"><button onClick=${drop(() => (conflict.value = null))}>${t("apps.understood")}</button></div>`}
    ${about === "saved" && html`<div key="saved" class="actions">
      <button aria-keyshortcuts="Control+Z Meta+Z" data-keys=${KEYS.undo} disabled=${saving.value} onClick=${back}>${t("undo")}</button>
      <button class="plain" aria-label=${t("dismiss")} onClick=${drop(() => (undo.value = null))}>×</button></div>`}
    ${open && pending.length > 0 && html`<${Review} pending=${pending} keep=${keep} close=${() => setOpen(false)} />`}</section>`;
}

/* Shortcuts */

const CONTROL = /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘" : "Ctrl+";
/** What stands beside the buttons, and is heard with what the bar says. */
const KEYS = { save: `${CONTROL}S`, undo: `${CONTROL}Z` };

/** Run what is wanted at a letter with Ctrl (⌘); undoing in a text field is the browser's. */
function useKeys(work) {
  useLayoutEffect(() => {
    const press = (event) => {
      const key = event.key?.toLowerCase();
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || !(key in work)) return;
      if (document.querySelector("dialog[open]") || (key === "z" && event.target.matches("input, textarea"))) return;
      if (key === "s") event.preventDefault();
      if (work[key] && !saving.value) work[key]();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  });
}

/* Parts */

/** What others changed while one's own changes were refused; `none`: what was wanted is so already. */
function Conflict({ none }) {
  const { who, changes: theirs } = conflict.value;
  return html`<div class="conflict" role="alert"><p><b>${t("conflict.title", { who: list(who) || t("conflict.somebody") })}</b> ${t(none ? "conflict.none" : "conflict.kept")}</p>
    ${theirs.length > 0 && html`<ul>${theirs.map((change) => html`<li key=${change.userId + change.app}>${t(change.granted ? "conflict.on" : "conflict.off", named(change))}</li>`)}</ul>`}</div>`;
}

/** What the changes do, in words: by person what is lost, then what is gained. Where something is lost, Enter cancels. */
function Review({ pending, keep, close }) {
  const people = Map.groupBy(pending, ({ userId }) => userId);
  const losing = pending.some(({ granted }) => !granted);
  return html`<${Dialog} title=${t("review.title")} close=${close}>
    ${[...people].map(([userId, toggles]) => html`<section key=${userId} class="effects"><h3>${named(toggles[0]).person}</h3>
      <${Effects} toggles=${toggles.filter(({ granted }) => !granted)} kind="lost" />
      <${Effects} toggles=${toggles.filter(({ granted }) => granted)} kind="gained" /></section>`)}
    <${Details} pending=${pending} />
    <div class="actions"><button onClick=${close} autofocus=${losing}>${t("cancel")}</button>
      <button class="main" onClick=${keep} autofocus=${!losing}>${t("review.save", { n: pending.length })}</button></div></${Dialog}>`;
}
