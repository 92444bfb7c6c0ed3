/** Dialogs: a frame with the focus of its own, a form, its day of an end, and a question before something ends. */

import { Refusal, html, t, useEffect, useRef, useStep } from "../../core.js";
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
  const { busy, problem, run } = useStep();
  const form = useRef();
  const submit = (event) => {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(event.target));
    run(async () => {
      await send(values);
      if (!stays) close();
    });
  };
  useEffect(() => {
    if (!problem) return;
    const field = form.current.elements[problem.errors?.[0].field?.[0]];
    (field ?? form.current.querySelector("input, select, textarea"))?.focus();
  }, [problem]);
  return html`<${Dialog} title=${title} close=${close} next=${next}><form ref=${form} onSubmit=${submit}>${children}
    <${Refusal} problem=${problem} />
    <div class="actions"><button type="button" onClick=${close}>${t("cancel")}</button>
      <button class="main" disabled=${busy}>${go}</button></div></form></${Dialog}>`;
}

/** A day of a form as the moment at its end, or null. */
export const endOf = (value) => (value ? new Date(`${value}T23:59:59`).toISOString() : null);
/** A moment as a form has its day, in local time. */
const dayOf = (value) => (value ? new Date(value).toLocaleDateString("sv") : "");

/** The field of a form for the last day of something, which may stay empty. */
export const Until = ({ value }) => html`<label>${t("outside.untilOptional")}<input type="date" name="until" value=${dayOf(value)} min=${dayOf(Date.now())} /></label>`;

/** A question whose answer ends something. */
export function Question({ title, text, go, close, send }) {
  const { busy, problem, run } = useStep();
  const agree = () => run(async () => {
    await send();
    close();
  });
  return html`<${Dialog} title=${title} close=${close}><p>${text}</p>
    <${Refusal} problem=${problem} />
    <div class="actions"><button onClick=${close} autofocus>${t("cancel")}</button>
      <button class="danger" disabled=${busy} onClick=${agree}>${go}</button></div></${Dialog}>`;
}
