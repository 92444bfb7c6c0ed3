/** The console's start: finds out who is signed in, signs in, then leaves the pages to frame.js. */

import { ended, offline, spoken } from "./api.js";
import {
  Languages, Lazy, Refusal, Title, Waiting, address, dismiss, forget, html, link, notices, preferred, recognize, render,
  signIn, speak, t, useDemo, useEffect, useStep, viewer,
} from "./core.js";

const LETTERS = ["invitation", "confirm", "reset-password", "not-me"];
const PING = 4000;

/* Nobody is signed in */

function Door({ children }) {
  return html`<main id="content" class="door"><p class="mark">en<b>Fact</b></p>${children}
    <p class="foot"><${Languages} /></p></main>`;
}

function SignIn() {
  const { busy, problem, run } = useStep();
  const enter = (email, password) => run(() => signIn(email, password));
  const submit = (event) => {
    event.preventDefault();
    const { email, password } = event.target.elements;
    enter(email.value, password.value);
  };
  return html`<${Door}><${Title}>${t("signIn.title")}</${Title}>
    ${ended.value && html`<p role="status" class="note">${t("signIn.ended")}</p>`}
    <form onSubmit=${submit}>
      <label>${t("email")}<input type="email" name="email" autocomplete="username" required autofocus aria-describedby="refused" /></label>
      <label>${t("password")}<input type="password" name="password" autocomplete="current-password" required aria-describedby="refused" /></label>
      <${Refusal} id="refused" problem=${problem} />
      <button class="main" disabled=${busy}>${t(busy ? "loading" : "signIn.go")}</button>
      <a href=${link("forgotten")}>${t("forgotten.link")}</a>
    </form>
    <${Demo} enter=${enter} busy=${busy} /></${Door}>`;
}

/** A button for each login of the demo; nothing elsewhere. */
function Demo({ enter, busy }) {
  const value = useDemo();
  if (!value) return null;
  return html`<section class="demo" aria-labelledby="demo"><h2 id="demo">${t("demo.title")}</h2>
    ${value.logins.map(({ email, words: said }) => html`<button type="button" disabled=${busy} onClick=${() => enter(email, value.password)}>
      <b>${email.split("@")[0]}</b> <span>${said[spoken.value]}</span></button>`)}</section>`;
}

/* Everything */

function Console() {
  const letter = location.pathname.split("/").pop();
  const lost = offline.value;
  useEffect(() => {
    if (!lost) return;
    const look = () => fetch("/health/live").then((answer) => answer.ok && (offline.value = false), () => {});
    const timer = setInterval(look, PING);
    return () => clearInterval(timer);
  }, [lost]);
  useEffect(() => {
    if (ended.value && viewer.value) forget();
  }, [ended.value]);
  return html`<${Content} letter=${letter} />
    ${lost && html`<p class="offline" role="status">${t("offline")}</p>`}
    <div class="notices" role="log" aria-label=${t("notices")}>${notices.value.map((notice) => html`
      <p key=${notice.id} class=${notice.bad ? "bad" : ""}><span>${notice.text}</span>
        ${notice.action && html`<button onClick=${() => (dismiss(notice), notice.action[1]())}>${notice.action[0]}</button>`}
        <button class="plain" aria-label=${t("dismiss")} onClick=${() => dismiss(notice)}>×</button></p>`)}</div>`;
}

function Content({ letter }) {
  if (LETTERS.includes(letter)) return html`<${Lazy} from="./pages/letters.js" letter=${letter} Door=${Door} />`;
  if (viewer.value === undefined) return offline.value ? null : html`<${Waiting} />`;
  if (viewer.value) return html`<${Lazy} from="./frame.js" />`;
  return address.value === link("forgotten") ? html`<${Lazy} from="./pages/letters.js" letter="forgotten" Door=${Door} />` : html`<${SignIn} />`;
}

/** Read who is signed in until the gateway can be reached. */
async function start() {
  await speak(preferred());
  render(html`<${Console} />`, document.body);
  while (viewer.value === undefined) {
    await recognize().catch(() => new Promise((later) => setTimeout(later, PING)));
  }
}

start();
