/** The people of a company, what each may see, and the changes that are not saved yet. */

import { ask, change, live, spoken } from "../../api.js";
import { attempt, fullName, notify, rights, signal, t, viewer, words } from "../../core.js";

/**
 * The matrix: `version`, `apps`, `rows`; null while it is read. A row is `{id, person, name, isUser, cells}`, its cells by
 * app. Rows that did not change stay the same objects.
 */
export const matrix = signal(null);
export const problem = signal(null);
/** What is not saved: by user, then by app, whether it is to be on. Only what differs from the matrix is here. */
const draft = signal({});
/** What others changed while one's own save was refused: `{who, changes}`, names and changes; or null. */
export const conflict = signal(null);
/** The changes that take back the last save, as far as nobody overtook it; or null. */
export const undo = signal(null);
export const saving = signal(false);

let companyId;
/** Grows with each entering and leaving: what was asked before and is answered after is no longer taken in. */
let visit = 0;
let leave = () => {};
const drawer = () => `enfact.draft.${viewer.value?.id}.${companyId}`;

/** Read a company's people and follow them. Gives the function that ends it. */
export function enter(id) {
  companyId = id;
  const mine = (visit += 1);
  matrix.value = problem.value = conflict.value = undo.value = null;
  draft.value = {};
  begin().catch((refusal) => mine === visit && (problem.value = refusal));
  return () => {
    visit += 1;
    leave();
    leave = () => {};
  };
}

/** Read everything, then follow what changes from there. Raises Refused. */
export async function begin() {
  const mine = visit;
  leave();
  await read();
  if (mine !== visit || !matrix.value) return;
  leave(); // of one that began meanwhile
  const since = { companyId, version: matrix.value.version };
  leave = live("PeopleChanged", since, ({ permissionMatrixChanged: now }) => (now ? hear(now) : lost()), lost);
}

/** Read everything, unless the company is left meanwhile. Raises Refused. */
async function read() {
  const mine = visit;
  const { company } = await ask("People", { companyId });
  if (mine !== visit) return;
  if (!company?.permissionMatrix) return lost();
  const { permissionMatrix: found, accessPresets, ...facts } = company;
  await nameApps(found);
  if (mine !== visit) return;
  matrix.value = { ...facts, ...found, presets: accessPresets?.nodes ?? [], rows: found.rows.map(row) };
  problem.value = null;
  if (Object.keys(draft.value).length) keep(draft.value);
  else await restore();
  if (mine === visit) overtake();
}

const lost = () => (rights.value += 1);

/** A row of the matrix as pages use it. */
export function row({ id, user, externalUser, cells }) {
  const person = user ?? externalUser;
  const name = fullName(person) || person.email;
  return { id, person, name, isUser: Boolean(user), cells: Object.fromEntries(cells.map((cell) => [cell.app, cell])) };
}

/* What changed elsewhere */

/** Take in the cells that changed since the subscription began, or read everything where those do not suffice. */
async function hear({ version, changedSince, openRequests }) {
  attempt(() => hearRequests(openRequests));
  if (version <= matrix.value.version) return;
  const mine = visit;
  const before = matrix.value;
  if (changedSince) merge(version, changedSince);
  else await attempt(begin);
  if (mine === visit) await tell(differences(before, matrix.value));
}

/** Take in the open requests, and say which are fresh. */
async function hearRequests(openRequests) {
  const mine = visit;
  await nameApps({ ...matrix.value, openRequests });
  if (mine !== visit) return;
  const known = new Set(matrix.value.openRequests.map(({ id }) => id));
  for (const request of openRequests)
    if (!known.has(request.id)) notify(t("requests.heard", namedRequest(request)));
  if (openRequests.map(({ id }) => id).join() !== [...known].join()) matrix.value = { ...matrix.value, openRequests };
}

function merge(version, cells) {
  const fresh = new Map(cells.map((cell) => [cell.id, cell]));
  const rows = matrix.value.rows.map((old) => {
    const changed = Object.values(old.cells).filter(({ id, granted, effective, until }) =>
      fresh.has(id) && (fresh.get(id).granted !== granted || fresh.get(id).effective !== effective || fresh.get(id).until !== until));
    if (!changed.length) return old;
    return { ...old, cells: { ...old.cells, ...Object.fromEntries(changed.map(({ app, id }) => [app, fresh.get(id)])) } };
  });
  matrix.value = { ...matrix.value, version, rows };
  keep(draft.value);
  overtake();
}

/** The cells of users that differ between two matrices, as changes. */
function differences(before, after) {
  const old = new Map(before.rows.map((line) => [line.id, line]));
  return after.rows.flatMap((line) => {
    const was = old.get(line.id);
    if (!was || was === line || !line.isUser) return [];
    return Object.values(line.cells)
      .filter(({ app, granted }) => was.cells[app] && was.cells[app].granted !== granted)
      .map(({ app, granted }) => ({ userId: line.person.id, app, granted }));
  });
}

/** Say who changed what, unless it was this page. */
async function tell(changes) {
  if (saving.value) return;
  const mine = visit;
  const { company } = await ask("LastChanges", { companyId }).catch(() => ({}));
  if (mine !== visit) return;
  const last = company?.accessChanges?.nodes ?? [];
  const toggled = last.filter((entry) => changes.some((change) => isAbout(entry, change)));
  const [entry] = toggled.length ? toggled : last;
  if (!entry || (!changes.length && entry.actor?.id === viewer.value.account.id)) return;
  const who = nameOf(entry.actor);
  const [first] = changes;
  const whose = list([...new Set(changes.map((change) => named(change).person))]);
  if (changes.length === 1) notify(t(first.granted ? "people.heardOn" : "people.heardOff", { who, ...named(first) }));
  else notify(t(first ? "people.heard" : "people.heardOther", { who, n: changes.length, people: whose }));
}

/** Whether an entry of the trail is about a change. */
const isAbout = ({ kind, user, app, after }, change) =>
  kind === "TOGGLE" && user?.id === change.userId && app === change.app && after === change.granted;

/** The name of who did something; what nobody did the product did. */
export const nameOf = (actor) => (actor ? fullName(actor) : "enFact");

/** Names in a row, as the language writes them; of many the first three. */
export function list(names) {
  const shown = names.length > 4 ? [...names.slice(0, 3), t("people.others", { n: names.length - 3 })] : names;
  return new Intl.ListFormat(spoken.value).format(shown);
}

/* What is not saved */

/** What was not saved when the page was left, with the version of then; nothing where it is not well formed. */
function stored() {
  try {
    const { version, toggles } = JSON.parse(localStorage.getItem(drawer())) ?? {};
    return Number.isInteger(version) && toggles ? { version, toggles } : {};
  } catch {
    return {};
  }
}

/** Take up what was not saved when the page was left. What others changed in those cells since then is a conflict. */
async function restore() {
  const mine = visit;
  const { version, toggles } = stored();
  if (!toggles) return;
  keep(toggles);
  const wanted = new Set(changes().map(({ userId, app }) => `${userId} ${app}`));
  if (!wanted.size || version >= matrix.value.version) return;
  const { company } = await ask("ChangedSince", { companyId, version });
  if (mine !== visit) return;
  const since = company?.permissionMatrix?.changedSince?.map(({ id }) => id);
  const theirs = matrix.value.rows.flatMap(({ person, cells }) => Object.values(cells)
    .filter(({ id, app }) => wanted.has(`${person.id} ${app}`) && (since?.includes(id) ?? true))
    .map(({ app, granted }) => ({ userId: person.id, app, granted })));
  if (theirs.length) await explain(theirs);
}

/** Keep a draft, without what the matrix has already, is no toggle, or is nobody's any more. */
function keep(wanted) {
  const left = {};
  for (const { person, cells } of matrix.value.rows) {
    const entries = Object.entries(wanted[person.id] ?? {});
    const open = entries.filter(([app, on]) => cells[app]?.editable && cells[app].granted !== on);
    if (open.length) left[person.id] = Object.fromEntries(open);
  }
  draft.value = left;
  const { version } = matrix.value;
  if (Object.keys(left).length) localStorage.setItem(drawer(), JSON.stringify({ version, toggles: left }));
  else localStorage.removeItem(drawer());
}

/** Want some toggles to be on or off: `[{userId, app, granted}]`. */
export function want(changes) {
  const wanted = { ...draft.value };
  for (const { userId, app, granted } of changes) wanted[userId] = { ...wanted[userId], [app]: granted };
  keep(wanted);
}

/** Give up what is not saved. */
export function discard() {
  conflict.value = null;
  keep({});
}

/** The changes that are not saved, in the order of the matrix. */
export function changes() {
  if (!matrix.value) return [];
  return matrix.value.rows.flatMap(({ person }) => matrix.value.apps
    .filter(({ app }) => draft.value[person.id]?.[app] !== undefined)
    .map(({ app }) => ({ userId: person.id, app, granted: draft.value[person.id][app] })));
}

/**
 * How a cell is shown: `on`, `fixed` (why it is no toggle, or null), `changed`, `clash` (others changed it meanwhile),
 * `until` (the moment at which it goes off by itself, or null).
 */
export function look(line, app) {
  const cell = line.cells[app];
  const wanted = draft.value[line.person.id]?.[app];
  const fixed = cell.editable ? null : cell.reason;
  const clash = Boolean(conflict.value?.changes.some((theirs) => theirs.userId === line.person.id && theirs.app === app));
  const changed = wanted !== undefined;
  return { on: fixed ? cell.effective : (wanted ?? cell.granted), fixed, changed, clash, until: fixed || changed ? null : cell.until };
}

let seen = {};

/** What was looked at since the matrix, the draft or the conflict last changed: by people, then by apps. */
function looked() {
  const now = [matrix.value, draft.value, conflict.value];
  if (!now.every((one, i) => one === seen.of?.[i])) seen = { of: now, by: new WeakMap() };
  return seen.by;
}

/**
 * How all cells of some people and apps are shown together, as `look` says it of one: `on` when every toggle among them is.
 * Of more than one there is also `count`: how many toggles are on, of how many. The same two arrays are looked at once.
 */
export function lookAtAll(people, apps) {
  const by = looked();
  const known = by.get(people) ?? new WeakMap();
  by.set(people, known);
  if (!known.has(apps)) known.set(apps, together(people, apps));
  return known.get(apps);
}

function together(people, apps) {
  const states = people.flatMap((line) => apps.map(({ app }) => look(line, app)));
  if (states.length === 1) return states[0];
  const open = states.filter(({ fixed }) => !fixed);
  if (!open.length) return states.find(({ fixed }) => fixed !== "ALWAYS_VISIBLE") ?? states[0];
  const n = open.filter(({ on }) => on).length;
  const some = (what) => open.some((state) => state[what]);
  return { on: n === open.length, fixed: null, changed: some("changed"), clash: some("clash"), until: null, count: [n, open.length] };
}

/** Want all toggles of some people and apps to be on or off. */
export const wantAll = (people, apps, granted) => want(people.flatMap((line) => apps
  .filter(({ app }) => line.cells[app].editable)
  .map(({ app }) => ({ userId: line.person.id, app, granted }))));

/** The names in a change: `{person, app}`. */
export function named({ userId, app }) {
  const person = matrix.value.rows.find((line) => line.person.id === userId)?.name ?? "";
  return { person, app: matrix.value.apps.find((info) => info.app === app)?.label ?? inactive.get(app) ?? app };
}

/** The labels of apps that are not active, once a request named one. */
let inactive = new Map();

/** Read the labels of apps that requests name and the matrix lacks. Raises Refused. */
async function nameApps({ apps, openRequests }) {
  const known = new Set(apps.map(({ app }) => app));
  if (openRequests.every(({ app }) => known.has(app))) return;
  inactive = new Map((await ask("Catalogue")).apps.map(({ app, label }) => [app, label]));
}

/** The names in a request: `{person, app}`. */
export const namedRequest = ({ user, app }) => ({ ...named({ userId: user?.id, app }), person: user ? fullName(user) : "" });

/* Saving */

/** Save the draft as one change. Gives whether it was saved; a refusal becomes a notice, or the conflict. */
export async function save() {
  const wanted = changes();
  const lent = new Set(wanted.filter(isLent));
  const saved = await write(wanted);
  if (!saved) return false;
  const back = wanted.filter((toggle) => !lent.has(toggle)).map((toggle) => ({ ...toggle, granted: !toggle.granted }));
  undo.value = back.length ? back : null;
  if (lent.size) notify(t("people.lent", { n: lent.size }));
  return true;
}

/** Whether a toggle is on until a moment; switched on again it would have no end, so that is not taken back. */
const isLent = ({ userId, app }) => Boolean(matrix.value.rows.find(({ person }) => person.id === userId).cells[app].until);

/** Take the last save back, as a change of its own. */
export async function takeBack() {
  const mine = visit;
  const back = undo.value;
  if (!back) return;
  undo.value = null;
  if (await write(back)) notify(t("people.undone", { n: back.length }));
  else if (mine === visit) want(back);
}

/** Leave out of what can be taken back what is so already. */
function overtake() {
  const now = new Map(matrix.value.rows.map(({ person, cells }) => [person.id, cells]));
  const left = undo.value?.filter(({ userId, app, granted }) => now.get(userId)?.[app]?.granted === !granted) ?? [];
  undo.value = left.length ? left : null;
}

/** Gives whether toggles were saved; false also where the company was left meanwhile. */
async function write(toggles) {
  const mine = visit;
  const before = matrix.value;
  saving.value = true;
  try {
    const input = { companyId, expectedVersion: before.version, changes: toggles };
    const { permissionMatrix } = await change("SetAccess", input);
    if (mine !== visit) return false;
    apply(toggles, permissionMatrix.version);
    conflict.value = null;
    return true;
  } catch (refusal) {
    if (refusal.code === "VERSION_CONFLICT" && mine === visit) await clash(before);
    else notify(words(refusal), { bad: true });
    return false;
  } finally {
    saving.value = false;
  }
}

function apply(toggles, version) {
  const on = new Map(toggles.map(({ userId, app, granted }) => [`${userId} ${app}`, granted]));
  const cells = matrix.value.rows.flatMap((line) => Object.values(line.cells)
    .filter(({ app }) => on.has(`${line.person.id} ${app}`))
    .map((cell) => ({ ...cell, granted: on.get(`${line.person.id} ${cell.app}`), effective: on.get(`${line.person.id} ${cell.app}`), until: null })));
  merge(Math.max(version, matrix.value.version), cells);
}

/** Read what others changed, and who they are; one's own changes stay. */
async function clash(before) {
  const mine = visit;
  await attempt(read);
  if (mine === visit) await explain(differences(before, matrix.value));
}

/** Show as a conflict what others changed, and who did. */
async function explain(theirs) {
  const mine = visit;
  const { company } = await ask("LastChanges", { companyId }).catch(() => ({}));
  if (mine !== visit) return;
  const trail = (company?.accessChanges?.nodes ?? []).filter(({ actor }) => actor?.id !== viewer.value.account.id);
  const found = theirs.flatMap((change) => trail.find((entry) => isAbout(entry, change)) ?? []);
  const entries = theirs.length ? found : trail.slice(0, 1);
  conflict.value = { who: [...new Set(entries.map(({ actor }) => nameOf(actor)))], changes: theirs };
}

/* The catalogue */

/** The apps by category, in the catalogue's order: `[[category, apps]]`. */
export const byCategory = (apps) => [...Map.groupBy(apps, ({ category }) => category)];

/** Whether a text is among others, whatever its accents and capitals. */
export function matches(search, ...texts) {
  const flat = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase(spoken.value);
  return texts.some((text) => flat(text).includes(flat(search.trim())));
}
