/** What the links of letters lead to, and the page that asks for a letter with a new password. */

import { change } from "../api.js";
import { Refusal, Title, html, link, recognize, signIn, t, useEffect, useState, useStep, viewer } from "../core.js";

/* The token stands in the fragment, which no server sees; once it was used it leaves the address bar and the history. */
const token = new URLSearchParams(location.hash.slice(1)).get("token") ?? "";

export default function Letters({ letter, Door }) {
  const Letter = { forgotten: Forgotten, invitation: Invitation, confirm: Confirm, "reset-password": Reset, "not-me": NotMe }[letter];
  return html`<${Door}><${Title}>${t(`${letter}.title`)}</${Title}><${Letter} /></${Door}>`;
}

/** A step that uses the token of the letter up, where it gives something. */
function useLetter() {
  const { run, ...state } = useStep();
  const use = (work) => run(async () => {
    const done = await work();
    if (done && token) history.replaceState(null, "", location.pathname);
    return done;
  });
  return { ...state, run: use };
}

/** Leave the letter's address for the console's start. */
const Onward = ({ text }) => html`<p><a class="button main" href="/console/">${text ?? t("letter.onward")}</a></p>`;

const Problem = ({ problem }) => html`<${Refusal} id="refused" problem=${problem} />`;
const Dead = ({ text }) => html`<p role="alert">${t("letter.dead")}</p><p>${text}</p>`;
const isDead = (problem) => problem?.code === "INVITATION_INVALID";

const Password = ({ label, fresh }) => html`<label>${label}
  <input type="password" name="password" required minlength=${fresh ? 10 : 1} aria-describedby="refused"
    autocomplete=${fresh ? "new-password" : "current-password"} />${fresh && html`<small>${t("password.rule")}</small>`}</label>`;

const submitted = (work) => (event) => {
  event.preventDefault();
  work(Object.fromEntries(new FormData(event.target)));
};

function Forgotten() {
  const { done, busy, problem, run } = useLetter();
  if (done) return html`<p role="status">${t("forgotten.done")}</p><p><a href=${link()}>${t("signIn.back")}</a></p>`;
  return html`<p>${t("forgotten.text")}</p>
    <form onSubmit=${submitted(({ email }) => run(() => change("ForgotPassword", { email })))}>
      <label>${t("email")}<input type="email" name="email" required autocomplete="username" aria-describedby="refused" /></label>
      <${Problem} problem=${problem} />
      <button class="main" disabled=${busy}>${t("forgotten.go")}</button>
      <a href=${link()}>${t("signIn.back")}</a></form>`;
}

function Reset() {
  const { done, busy, problem, run } = useLetter();
  if (done) return html`<p role="status">${t("reset-password.done")}</p>
    ${done.revokedApiKeys > 0 && html`<p>${t("reset-password.keys", { n: done.revokedApiKeys })}</p>`}<${Onward} text=${t("signIn.go")} />`;
  if (isDead(problem)) return html`<${Dead} text=${t("reset-password.dead")} />
    <p><a class="button" href=${`/console/${link("forgotten")}`}>${t("forgotten.title")}</a></p>`;
  return html`<form onSubmit=${submitted(({ password }) => run(() => change("ResetPassword", { token, password })))}>
    <${Password} label=${t("password.fresh")} fresh />
    <${Problem} problem=${problem} />
    <button class="main" disabled=${busy}>${t("reset-password.go")}</button></form>`;
}

function Confirm() {
  const { done, busy, problem, run } = useLetter();
  const confirm = (input) => run(() => change("ConfirmEmail", { token, ...input }));
  if (done) return html`<p role="status">${t("confirm.done")}</p><${Onward} />`;
  if (isDead(problem)) return html`<${Dead} text=${t("confirm.dead")} /><${Onward} />`;
  const asks = !viewer.value || problem?.code === "INVALID_CREDENTIALS" || problem?.code === "VALIDATION";
  return html`<p>${t(asks ? "confirm.password" : "confirm.text")}</p>
    <form onSubmit=${submitted(confirm)}>${asks && html`<${Password} label=${t("password")} />`}
      <${Problem} problem=${problem} />
      <button class="main" disabled=${busy}>${t("confirm.go")}</button></form>`;
}

function NotMe() {
  const { done, busy, problem, run } = useLetter();
  if (done) return html`<p role="status">${t("not-me.done")}</p>`;
  if (isDead(problem)) return html`<${Dead} text=${t("not-me.dead")} />`;
  return html`<p>${t("not-me.text")}</p><${Problem} problem=${problem} />
    <p><button class="main" disabled=${busy} onClick=${() => run(() => change("DisclaimEmail", { token }))}>${t("not-me.go")}</button></p>`;
}

/**
 * An invitation. Who is signed in accepts as that account; an account that was never confirmed gets its password here;
 * a confirmed one has to sign in first, and another account is refused.
 */
function Invitation() {
  const { done, busy, problem, run } = useLetter();
  const [way, setWay] = useState("fresh");
  const me = viewer.value;
  const accept = async (input) => {
    const accepted = await change("AcceptInvitation", { token, ...input });
    if (input.password) await change("Login", { email: accepted.viewer.account.email, password: input.password, session: "COOKIE" });
    return accepted;
  };
  const signInFirst = async ({ email, password }) => {
    await signIn(email, password);
    return accept({});
  };
  useEffect(() => {
    if (problem?.code === "UNAUTHENTICATED") setWay("known");
  }, [problem]);
  if (done) return html`<p role="status">${t("invitation.done", { company: done.company?.name ?? "" })}</p><${Onward} />`;
  if (isDead(problem)) return html`<${Dead} text=${t("invitation.dead")} /><${Onward} />`;
  if (me) return html`<p>${t("invitation.as", { email: me.account.email })}</p><${Problem} problem=${problem} />
    <p><button class="main" disabled=${busy} onClick=${() => run(() => accept({}))}>${t("invitation.go")}</button></p>
    <p><button class="plain" onClick=${() => run(async () => (await change("Logout"), await recognize(), undefined))}>${t("invitation.other")}</button></p>`;
  const known = way === "known";
  return html`<p>${t(known ? "invitation.known" : "invitation.fresh")}</p>
    <form key=${way} onSubmit=${submitted((input) => run(() => (known ? signInFirst(input) : accept(input))))}>
      ${known && html`<label>${t("email")}<input type="email" name="email" required autocomplete="username" aria-describedby="refused" /></label>`}
      <${Password} label=${t(known ? "password" : "password.fresh")} fresh=${!known} />
      <${Problem} problem=${problem} />
      <button class="main" disabled=${busy}>${t("invitation.go")}</button>
      <button type="button" class="plain" onClick=${() => setWay(known ? "fresh" : "known")}>${t(known ? "invitation.to-fresh" : "invitation.to-known")}</button></form>`;
}
