/** Dialogs: a frame with the focus of its own, a form, and a question before something ends. */

import { html, t, useEffect, useRef, useState, words } from "../../core.js";
import { refocus } from "./focus.js";

/**
 * A dialog that is open as long as it is shown; Escape and `close` end it. The focus goes back to what opened it, or to
 * the `next` selector that is there.
 */
export function Dialog({ title, close, next = [], children }) {
  const element = useRef();
  useEffect(() => {
    const before = document.activeElement;
    element.current.showModal();
    return () => (before?.isConnected ? before.focus() : refocus(...next));
  }, []);
  return html`<dialog ref=${element} aria-labelledby="dialog" onCancel=${(event) => (event.preventDefault(), close())}>
    <div><h2 id="dialog">${title}</h2>${children}</div></dialog>`;
}

/**
 * A form in a dialog: `send` gets its values and may be refused, which is said, with the focus on the field concerned.
 * `stays`: the dialog is not closed by its success.
 */
export function FormDialog({ title, close, send, go, stays, next, children }) {
  const [refusal, setRefusal] = useState();
  const [busy, setBusy] = useState(false);
  const form = useRef();
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    setRefusal(null);
    try {
      await send(Object.fromEntries(new FormData(event.target)));
      if (!stays) close();
    } catch (problem) {
      setRefusal(problem);
      setBusy(false);
      const field = form.current?.elements[problem.errors?.[0].field?.[0]];
      (field ?? form.current?.querySelector("input, select, textarea"))?.focus();
    }
  };
  return html`<${Dialog} title=${title} close=${close} next=${next}><form ref=${form} onSubmit=${submit}>${children}
    <p role="alert" class="bad">${refusal && (refusal.errors?.map(({ message }) => message).join(" ") || words(refusal))}</p>
    <div class="actions"><button type="button" onClick=${close}>${t("cancel")}</button>
      <button class="main" disabled=${busy}>${go}</button></div></form></${Dialog}>`;
}

/** A question whose answer ends something. */
export function Question({ title, text, go, close, send }) {
  const [refusal, setRefusal] = useState();
  const [busy, setBusy] = useState(false);
  const agree = async () => {
    setBusy(true);
    try {
      await send();
      close();
    } catch (problem) {
      setRefusal(problem);
      setBusy(false);
    }
  };
  return html`<${Dialog} title=${title} close=${close}><p>${text}</p>
    <p role="alert" class="bad">${refusal && words(refusal)}</p>
    <div class="actions"><button onClick=${close} autofocus>${t("cancel")}</button>
      <button class="danger" disabled=${busy} onClick=${agree}>${go}</button></div></${Dialog}>`;
}
