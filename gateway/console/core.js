/**
 * What all pages share: texts, who is signed in, the address, notices.
 *
 * To add a page: a module in pages/ whose default is a component with a Title, its line in ROUTES, its texts in four
 * languages in texts/, its operations in operations.graphql.
 */

import { html, signal, useEffect, useRef, useState } from "./vendor/preact.js";
import { ask, change, ended, hangUp, offline, spoken } from "./api.js";

export * from "./vendor/preact.js";
export { html };

export const LANGUAGES = { fr: "Français", nl: "Nederlands", en: "English", de: "Deutsch" };

/**
 * The addresses of pages below `#/`: the module in pages/ and what it shows, the entry of the menu that it belongs to, and
 * whose it is. `:x` is any id. A page whose path is its entry of the menu is what that entry leads to; the first is the start.
 */
export const ROUTES = [
  { path: "companies", page: "companies" },
  { path: "settings", page: "settings" },
  { path: ":company/users", page: "people", view: "list", menu: "users", for: "owner" },
  { path: ":company/users/:user", page: "people", view: "person", menu: "users", for: "owner" },
  { path: ":company/users/:user/look", page: "look", menu: "users", for: "owner" },
  { path: ":company/users/:user/why", page: "why", menu: "users", for: "owner" },
  { path: ":company/matrix", page: "people", view: "matrix", menu: "matrix", for: "owner" },
  { path: ":company/apps", page: "apps", menu: "apps", for: "owner" },
  { path: ":company/history", page: "history", menu: "history", for: "owner" },
  { path: ":company/access", page: "mine", menu: "access", for: "employee" },
  { path: ":company/home", page: "outside", menu: "home", for: "external" },
];

/* Texts */

const texts = signal({});

/** The text of a key; `{name}` are values, `one|many` is chosen by the value `n`. */
export function t(key, values = {}) {
  let text = texts.value[key] ?? key;
  if ("n" in values && text.includes("|"))
    text = text.split("|")[new Intl.PluralRules(spoken.value).select(values.n) === "one" ? 0 : 1];
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

const CHOSEN = "enfact.language";
const read = async (code, set) => (await import(`./texts/${set}.${code}.js`)).default;
const sets = new Set(["door"]);
let reading = Promise.resolve();

/** Read texts after all that was asked for before, so that none of them replaces what is shown by then. */
const inTurn = (work) => (reading = reading.then(work, work));

/** Show everything in a language from now on. */
export const speak = (code) => inTurn(async () => {
  texts.value = Object.assign({}, ...(await Promise.all([...sets].map((set) => read(code, set)))));
  spoken.value = document.documentElement.lang = code;
});

/** Read a further set of texts, which a page needs. */
export const need = (set) => inTurn(async () => {
  if (sets.has(set)) return;
  const more = await read(spoken.value, set);
  sets.add(set);
  texts.value = { ...texts.value, ...more };
});

/** Show everything in the language that somebody chose, which this browser keeps whoever signs in. */
export function choose(code) {
  localStorage.setItem(CHOSEN, code);
  return speak(code);
}

let furnished;

/** Read the texts and the style of the pages, which who is not signed in does not need. */
function furnish() {
  const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: new URL("./pages.css", import.meta.url) });
  const styled = new Promise((loaded) => (style.onload = style.onerror = loaded));
  document.head.append(style);
  return Promise.all([need("pages"), styled]);
}

/** The language that was chosen in this browser, else the account's, else the browser's first one that exists, else French. */
export function preferred(account) {
  const wanted = [localStorage.getItem(CHOSEN), account?.language.toLowerCase(), ...navigator.languages.map((tag) => tag.slice(0, 2))];
  return wanted.find((code) => code in LANGUAGES) ?? "fr";
}

const dates = (options) => (moment) => new Intl.DateTimeFormat(spoken.value, options).format(new Date(moment));
export const day = dates({ dateStyle: "long" });
export const shortDay = dates({ day: "numeric", month: "short" });
export const moment = dates({ dateStyle: "medium", timeStyle: "short" });
export const number = (value) => new Intl.NumberFormat(spoken.value).format(value);

/** The choice of this browser's language; the account's, in which letters are written, is among the personal settings. */
export const Languages = () => html`<select class="plain" aria-label=${t("language")} value=${spoken.value}
  onChange=${(event) => attempt(() => choose(event.target.value))}>
  ${Object.entries(LANGUAGES).map(([code, name]) => html`<option value=${code} lang=${code}>${name}</option>`)}</select>`;

/* Who is signed in */

/** The viewer; null for nobody, undefined before it is known. */
export const viewer = signal(undefined);
/** The company that was entered last, with the viewer's access as it is now. */
export const company = signal(undefined);
/** Grows when the viewer's access to a company has to be read again. */
export const rights = signal(0);

/** Read who is signed in. Raises Refused. */
export async function recognize() {
  const me = (await ask("Me").catch((refusal) => {
    if (refusal.code === "UNAUTHENTICATED") return { viewer: null };
    throw refusal;
  })).viewer;
  if (me) {
    ended.value = false;
    await speak(preferred(me.account));
  }
  viewer.value = me;
}

export async function signOut() {
  hangUp(); // before the session ends, which subscriptions would take for a loss of access
  await change("Logout");
  forget();
  go();
}

/** Show the page of nobody signed in. */
export function forget() {
  hangUp();
  company.value = undefined;
  viewer.value = null;
}

export const fullName = (person) => `${person.firstName} ${person.lastName}`.trim();
/** Who the viewer is in a company: `owner`, `employee` or `external`. */
const standing = ({ access }) => (access.external ? "external" : access.role.toLowerCase());

/** Sign in with the cookie of a session. Raises Refused. */
export async function signIn(email, password) {
  await change("Login", { email, password, session: "COOKIE" });
  await recognize();
}

/** The demo's logins, `{password, logins}`; null elsewhere, undefined before it is known. */
export const useDemo = () => useRead(async () => {
  const file = await fetch("/console/demo.json");
  return file.ok ? file.json() : null;
}, []).value;

/* The address */

export const address = signal(location.hash);
addEventListener("hashchange", () => (address.value = location.hash));

export const link = (...parts) => `#/${parts.map(encodeURIComponent).join("/")}`;
const go = (...parts) => (location.hash = link(...parts));

/** A part of an address as it was meant; as it is where it is not well formed. */
export function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The route of an address, its ids and its query, `{page, company, user, query}`; undefined for an unknown one. */
export function routeOf(hash) {
  const [path, asked] = hash.replace(/^#\/?/, "").split("?");
  const parts = path.split("/").map(decoded);
  const query = Object.fromEntries(new URLSearchParams(asked));
  for (const route of ROUTES) {
    const names = route.path.split("/");
    if (names.length === parts.length && names.every((name, i) => name.startsWith(":") || name === parts[i]))
      return { ...route, query, ...Object.fromEntries(names.map((name, i) => [name.slice(1), parts[i]])) };
  }
}

/** Whether a route is open to the viewer of a company; one that is nobody's is open to all. */
export const isOpen = (route, company) => !route.for || route.for === standing(company);
/** The entries of the viewer's menu in a company. */
export const menuOf = (company) => ROUTES.filter((route) => route.for && isOpen(route, company) && route.path === `:company/${route.menu}`).map(({ menu }) => menu);
/** The address where the viewer starts in a company. */
export const startOf = (company) => link(company.id, menuOf(company)[0]);

/** Those of some pages beside the console that the gateway has. */
export const useServed = (...pages) => useRead(async () => {
  const answers = await Promise.all(pages.map((page) => fetch(`/console/${page}`, { method: "HEAD" })));
  return pages.filter((_, i) => answers[i].ok);
}, []).value ?? [];

let arrived = false;
addEventListener("hashchange", () => (arrived = true));

/** The heading of a page, which names the window, and takes the focus where somebody came from another page. */
export function Title({ children }) {
  const heading = useRef();
  const text = [children].flat().join("");
  useEffect(() => {
    document.title = `${text} · enFact`;
  }, [text]);
  useEffect(() => {
    if (!arrived) return;
    arrived = false;
    scrollTo(0, 0);
    heading.current.focus();
  }, []);
  return html`<h1 ref=${heading} tabindex="-1">${children}</h1>`;
}

/* Notices: what happened, for everybody to read and to hear */

export const notices = signal([]);

/** Show a text for some seconds; `action` is `[label, function]`. */
export function notify(text, { bad = false, action } = {}) {
  const notice = { text, bad, action, id: Math.random() };
  notices.value = [...notices.value.slice(-2), notice];
  setTimeout(() => dismiss(notice), bad || action ? 12000 : 6000);
}

export const dismiss = (notice) => (notices.value = notices.value.filter((other) => other !== notice));

/** The words for a refusal. */
export const words = (refusal) => (refusal.code === "OFFLINE" ? t("offline") : refusal.message);

/** Run something that may be refused; its refusal becomes a notice. Gives whether it succeeded. */
export async function attempt(work) {
  try {
    await work();
    return true;
  } catch (refusal) {
    notify(words(refusal), { bad: true });
    return false;
  }
}

/**
 * What a form or button does: `run` does it once at a time; meanwhile it is `busy`, then `done` is what it gave, or
 * `problem` the refusal.
 */
export function useStep() {
  const [state, setState] = useState({});
  const running = useRef(false);
  const run = async (work) => {
    if (running.current) return;
    running.current = true;
    setState({ busy: true });
    try {
      setState({ done: await work() });
    } catch (problem) {
      setState({ problem });
    } finally {
      running.current = false;
    }
  };
  return { ...state, run };
}

/** What a form says of its refusal. */
export const Refusal = ({ problem, id }) => html`<p id=${id} role="alert" class="bad">${
  problem && (problem.errors?.map(({ message }) => message).join(" ") || words(problem))}</p>`;

/* Loading */

/** Milliseconds after which what is typed is sought. */
const PAUSE = 250;

const modules = signal({});

/** A component that is loaded, with the texts of all pages, when it is first needed. */
export function Lazy({ from, ...props }) {
  const Component = modules.value[from];
  useEffect(() => {
    if (Component) return;
    attempt(async () => {
      const [module] = await Promise.all([import(from), (furnished ??= furnish())]);
      modules.value = { ...modules.value, [from]: module.default };
    });
  }, [from]);
  return Component ? html`<${Component} ...${props} />` : html`<${Waiting} />`;
}

/** What `read` gives, `{value, problem, again}`; read anew whenever a key or the language changes. */
export function useRead(read, keys) {
  const [state, setState] = useState({});
  const [round, setRound] = useState(0);
  const online = !offline.value;
  useEffect(() => {
    let current = true;
    read().then(
      (value) => current && setState({ value }),
      (problem) => current && setState((before) => ({ ...before, problem })),
    );
    return () => (current = false);
  }, [...keys, spoken.value, round, online]);
  return { ...state, again: () => setRound((before) => before + 1) };
}

/**
 * The pages of a connection, of which `read` gives the one after a cursor (null: the first): `{pages, problem, again, next}`,
 * with keys as for `useRead`. `next` reads one more; it is null after the last. What comes late, for other keys, is not taken in.
 */
export function usePages(read, keys) {
  const { value: first, ...reading } = useRead(() => read(null), keys);
  const later = useRef(new WeakMap());
  const [, draw] = useState(0);
  const pages = first ? [first, ...(later.current.get(first) ?? [])] : [];
  const { hasNextPage, endCursor } = pages.at(-1)?.pageInfo ?? {};
  const next = () => attempt(async () => {
    later.current.set(first, [...pages.slice(1), await read(endCursor)]);
    draw((before) => before + 1);
  });
  return { ...reading, pages, next: hasNextPage ? next : null };
}

/** A value once it has not changed for a moment, as what is typed. */
export function useRested(value) {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), PAUSE);
    return () => clearTimeout(timer);
  }, [value]);
  return rested;
}

/** A waiting sign that appears after half a second. */
export const Waiting = () => html`<p class="waiting" role="status" aria-busy="true">${t("loading")}</p>`;

/** A refusal in the place of a page, with a button to try again. */
export const Failed = ({ problem, again }) => html`<div class="empty" role="alert">
  <p>${words(problem)}</p>${again && html`<button onClick=${again}>${t("again")}</button>`}</div>`;
