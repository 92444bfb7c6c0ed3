// What every script of browsers shares: Chromium, pages that keep what went wrong in them, signing in, axe.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";
import { check, given } from "../../clients/scripts/checks.mjs";

export const LANGUAGES = ["fr", "nl", "en", "de"];
export const console_ = `${given.url}/console/`;

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const FLAGS = [
  "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];
// Milliseconds that a page has to be quiet, and between two looks.
const QUIET = 250;
const STEP = 50;

const browser = await chromium.launch({ executablePath: given.chromium, args: FLAGS, chromiumSandbox: false });

/** A browser of its own: cookies, storage, caches. */
const newContext = ({ language = "en", ...options } = {}) =>
  browser.newContext({ locale: `${language}-BE`, viewport: { width: 1280, height: 800 }, reducedMotion: "reduce", ...options });

/** A page in a browser of its own. */
export const open = async (options) => openIn(await newContext(options));

/** A page in a browser, with its `problems`: errors, reports of the policy, requests of other origins. */
async function openIn(context) {
  const page = await context.newPage();
  page.setDefaultTimeout(90_000);
  page.problems = [];
  page.expected = () => false;
  const keep = (problem) => page.expected(problem) || page.problems.push(problem);
  page.asking = new Set();
  page.on("request", (request) => page.asking.add(request));
  for (const event of ["requestfinished", "requestfailed"]) page.on(event, (request) => page.asking.delete(request));
  page.on("console", (message) => message.type() === "error" && keep(`console: ${message.text()}`));
  page.on("pageerror", (error) => keep(`error: ${error.stack ?? error}`));
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (origin !== given.url && !["data:", "blob:"].includes(protocol)) keep(`foreign: ${request.url()}`);
  });
  return page;
}

/** Check something on a page of its own, on which nothing may go wrong; the page is closed afterwards. */
export const checkPage = (name, options, body) => checkInTurn(options, { [name]: body });

/** Check several things, by their names, on one page: each begins where the one before it ended. */
export async function checkInTurn(options, bodies) {
  const page = await open(options);
  for (const [name, body] of Object.entries(bodies)) {
    await check(name, async () => {
      await body(page);
      assert.deepEqual(page.problems.splice(0), []);
    });
  }
  await page.context().close();
}

/** Sign in as one of the demo's people ("lambert") by the form, and wait for what follows. */
export async function signIn(page, who, path = "") {
  await page.goto(`${console_}${path}`);
  await page.fill("input[type=email]", `${who}@demo.enfact.test`);
  await page.fill("input[type=password]", given.password);
  await page.keyboard.press("Enter");
  await page.waitForSelector("input[type=password]", { state: "detached" });
}

/** The answer to an operation of who is signed in in the page's browser. */
export async function ask(page, query, variables = {}) {
  const options = { headers: { origin: given.url }, data: { query, variables } };
  const response = await page.context().request.post(`${given.url}/graphql`, options);
  return (await response.json()).data;
}

/** Sign in without a form: the cookie of a session, for pages that are not about signing in. */
export async function enter(page, who) {
  const input = { email: `${who}@demo.enfact.test`, password: given.password, session: "COOKIE" };
  const { login } = await ask(page, "mutation ($input: LoginInput!) { login(input: $input) { expiresAt } }", { input });
  assert.ok(login.expiresAt);
}

const RULES = { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] };
const COLORS = { type: "rule", values: ["color-contrast", "link-in-text-block"] };

/**
 * The violations that axe finds (WCAG 2.2 AA and best practice), each with where. `exclude` are selectors; without
 * `contrast` colours, which take most of the time, are not looked at, with `colorsAlone` nothing else is.
 */
export async function violations(page, { exclude = [], contrast = true, colorsAlone = false } = {}) {
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(AXE);
  const options = colorsAlone ? { runOnly: COLORS } : { runOnly: RULES, rules: { "color-contrast": { enabled: contrast } } };
  return page.evaluate(async ([without, how]) => {
    const found = await axe.run({ exclude: without }, { ...how, resultTypes: ["violations"] });
    return found.violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
  }, [exclude, options]);
}

/** What is cut off: what sticks out of a box that clips, or of the page; what can be scrolled to is not. */
export const cutOff = (page) => page.evaluate(() => {
  const known = new Map(); // to ask for the styles of what is around each element again takes longer than all else
  const read = (element) => {
    const { clipPath, overflowX, position, textOverflow } = getComputedStyle(element);
    known.set(element, { clipPath, overflowX, position, textOverflow });
    return known.get(element);
  };
  const styles = (element) => known.get(element) ?? read(element);
  const hides = (element) => ["hidden", "clip"].includes(styles(element).overflowX);
  const sticksOut = (element) => {
    const { left, right, width } = element.getBoundingClientRect();
    if (!width || !element.checkVisibility() || styles(element).position === "fixed") return;
    for (let around = element.parentElement; around; around = around.parentElement) {
      const { clipPath, overflowX, textOverflow } = styles(around);
      if (["auto", "scroll"].includes(overflowX) || textOverflow === "ellipsis" || clipPath !== "none") return;
      const box = hides(around) ? around.getBoundingClientRect() : around === document.documentElement && { left: 0, right: innerWidth };
      if (box && (left < box.left - 1 || right > box.right + 1)) return `${element.outerHTML.slice(0, 120)} in ${around.tagName}.${around.className}`;
    }
  };
  return [...document.querySelectorAll("body *")].filter((element) => styles(element).clipPath === "none" && !element.closest("svg")).map(sticksOut).filter(Boolean);
});

/** The keys of texts that are shown in the place of their texts. */
export const rawKeys = (page, within = "body") => page.evaluate((root) => {
  const shown = [...document.querySelectorAll(`${root}, ${root} *`)].filter((element) => !element.closest("code, script, style, .entry, .logins, .demo"));
  const texts = shown.flatMap((element) => [
    element.getAttribute("aria-label"), ...[...element.childNodes].filter(({ nodeType }) => nodeType === Node.TEXT_NODE).map(({ data }) => data),
  ]);
  return [document.title, ...texts].filter((text) => /^\s*[a-z][\w-]*(\.[\w-]+)+/.test(text ?? ""));
}, within);

/** Wait until nothing is asked, and the page has its heading and no sign of waiting, for a while. */
export async function settled(page) {
  const still = () => page.asking.size === 0
    && page.evaluate(() => document.querySelector("h1") !== null && !document.querySelector(".waiting, [aria-busy=true]"));
  const end = Date.now() + 90_000;
  for (let quiet = 0; quiet < QUIET; ) {
    assert.ok(Date.now() < end, `the page does not settle: ${[...page.asking].map((request) => request.url())}`);
    await page.waitForTimeout(STEP);
    quiet = (await still()) ? quiet + STEP : 0;
  }
}

/** The requests for operations that a page sends from now on, each `{name, token}`, as they are sent. */
export function sending(page) {
  const sent = [];
  page.on("request", (request) => {
    const name = request.url().endsWith("/graphql") && request.postDataJSON()?.documentId?.replace("console/", "");
    if (name) sent.push({ name, token: request.headers().authorization });
  });
  return sent;
}

/** Options of a page in French. */
export const french = { language: "fr" };

/** A switch of a matrix. By its attributes: to work out every role and name of a page takes a browser longest. */
export const cell = (page, line, column) => page.locator(`[role=switch][aria-label="${line}, ${column}"]`);

export const button = (page, name) => page.getByRole("button", { name, exact: true });

// Browsers that nobody uses now, by whom and how they were used. The next page of that person finds its cookie and caches.
const idle = new Map();

/** A page of somebody who is signed in, without anything stored by the page before. */
async function openAs(who, options, unused) {
  const context = unused.pop();
  const page = context ? await openIn(context) : await open(options);
  if (context) {
    const session = await context.newCDPSession(page);
    await session.send("Storage.clearDataForOrigin", { origin: given.url, storageTypes: "local_storage" });
  }
  const account = (await ask(page, "{ viewer { account { email } } }"))?.viewer?.account;
  if (account?.email !== `${who}@demo.enfact.test`) await enter(page, who);
  return page;
}

/** A page of somebody who is signed in, in the language of `options`, closed afterwards; nothing may have gone wrong on it. */
export async function as(who, address, body, options = french) {
  const key = JSON.stringify([who, options]);
  if (!idle.has(key)) idle.set(key, []);
  const page = await openAs(who, options, idle.get(key));
  try {
    const language = options.language?.toUpperCase();
    if (language) await ask(page, "mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { errors { code } } }", { input: { language } });
    await page.goto(`${console_}${address}`);
    await page.waitForSelector("h1");
    await settled(page);
    await body(page);
    assert.deepEqual(page.problems, []);
  } catch (error) {
    await page.context().close();
    throw error;
  }
  await page.close();
  idle.get(key).push(page.context());
}

/** Take the last save of Utilisateurs back. */
export async function undo(page) {
  await page.getByRole("button", { name: "Annuler ce changement" }).first().click();
  await page.getByText(/changements? annulés?\./).first().waitFor();
}
