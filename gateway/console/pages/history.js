/** Historique: what changed, who did it, and the matrix of a moment. */

import { ask, spoken } from "../api.js";
import {
  Failed, Title, Waiting, attempt, company, fullName, html, link, moment, t, useEffect, useMemo, usePages, useRead, useRested, useState,
} from "../core.js";
import { Grid, grouped } from "./people/grid.js";
import { byCategory, nameOf, row } from "./people/store.js";

const PAGE = 50;
const KINDS = [
  "TOGGLE", "ROLE", "USER_INVITED", "USER_JOINED", "USER_DELETED", "APP_ACTIVATED", "APP_DEACTIVATED", "EXTERNAL_ADDED",
  "EXTERNAL_CHANGED", "EXTERNAL_REMOVED", "SUPPORT_ON", "SUPPORT_OFF", "KEY_CREATED", "KEY_REVOKED", "VIEWED_AS", "ACCESS_REQUESTED",
  "ACCESS_DECLINED", "PLAN", "TRIAL", "COMPANY_CLOSES", "COMPANY_STAYS",
];

export default function History({ route }) {
  const companyId = route.company;
  const [chosen, setChosen] = useState({ search: "", kind: "", app: "" });
  const [at, setAt] = useState(null);
  const rested = useRested(chosen);
  const filter = filterOf(rested);
  const apps = useRead(async () => (await ask("Catalogue")).apps, []).value ?? [];
  const { pages, problem, again, next } = usePages((after) => page(companyId, filter, after), [companyId, rested]);
  const [value] = pages;
  const rows = saves(pages.flatMap((found) => found.nodes));
  const set = (name) => ({ target }) => setChosen({ ...chosen, [name]: target.value });
  return html`<div class="head"><${Title}>${t("history.title")}</${Title}>
      ${rows.length > 0 && html`<button onClick=${() => attempt(() => download(companyId, filter, apps))}>${t("history.csv")}</button>`}</div>
    <${Moment} companyId=${companyId} at=${at} setAt=${setAt} />
    <div class="filters" role="search" aria-label=${t("matrix.filters")}>
      <label>${t("history.search")}<input type="search" value=${chosen.search} onInput=${set("search")} /></label>
      <label>${t("history.kind")}<select value=${chosen.kind} onChange=${set("kind")}><option value="">${t("matrix.every")}</option>
        ${KINDS.map((kind) => html`<option key=${kind} value=${kind}>${t(`kind.${kind}`)}</option>`)}</select></label>
      <label>${t("matrix.app")}<select value=${chosen.app} onChange=${set("app")}><option value="">${t("matrix.every")}</option>
        ${apps.map(({ app, label }) => html`<option key=${app} value=${app}>${label}</option>`)}</select></label></div>
    ${problem && html`<${Failed} problem=${problem} again=${again} />`}
    ${!value && !problem && html`<${Waiting} />`}
    ${value && html`<p class="soft" role="status">${t("history.count", { n: value.totalCount })}</p>`}
    ${rows.length > 0 && html`<section class="sheet" aria-label=${t("history.title")}><table class="cards">
      <thead><tr><th scope="col">${t("history.when")}</th><th scope="col">${t("history.who")}</th><th scope="col">${t("history.what")}</th><th scope="col"><span class="hidden">${t("users.actions")}</span></th></tr></thead>
      <tbody>${rows.map(([entry, ...others]) => html`<tr key=${entry.id}><td>${moment(entry.at)}</td><td>${nameOf(entry.actor)}</td>
        <td class="wrap">${sentences([entry, ...others], apps).map((text, i) => html`<div key=${i}>${text}</div>`)}</td><td class="end"><button onClick=${() => setAt(entry.at)} aria-label=${t("history.showOf", { moment: moment(entry.at) })}>${t("history.show")}</button></td></tr>`)}</tbody></table></section>`}
    ${next && html`<p><button onClick=${next}>${t("more")}</button></p>`}`;
}

function filterOf({ search, kind, app }) {
  return { ...(search.trim() && { search }), ...(kind && { kind: [kind] }), ...(app && { app: [app] }) };
}

/** A page of the trail. Raises Refused. */
async function page(companyId, filter, after = null, first = PAGE) {
  return (await ask("Trail", { companyId, first, after, filter })).company.accessChanges;
}

/** The entries by what was saved at once: the toggles of one person at one moment are one save. */
function saves(entries) {
  const found = [];
  for (const entry of entries) {
    const first = found.at(-1)?.[0];
    const same = first?.kind === "TOGGLE" && entry.kind === "TOGGLE" && first.at === entry.at && first.actor?.id === entry.actor?.id;
    if (same) found.at(-1).push(entry);
    else found.push([entry]);
  }
  return found;
}

/** What a save did, a sentence for each user and direction; who did it stands before them. */
function sentences(save, apps) {
  const alike = Map.groupBy(save, ({ user, after }) => `${user?.id} ${after}`);
  return [...alike.values()].map((entries) => what(entries, apps));
}

/** Entries that differ in their apps alone in words: what was done, to whom, and what else is known of it. */
function what(entries, apps) {
  const [entry] = entries;
  const labels = entries.map(({ app }) => app && (apps.find((info) => info.app === app)?.label ?? app)).filter(Boolean);
  const whose = entry.user ?? entry.externalUser;
  const kind = entry.kind === "TOGGLE" ? (entry.after ? "ON" : "OFF") : entry.kind;
  const role = (name) => name && t(`role.${name}`);
  const now = fromTo(role(entry.roleBefore), role(entry.roleAfter)) ?? fromTo(entry.planBefore, entry.planAfter);
  const values = { person: whose ? fullName(whose) : "", app: new Intl.ListFormat(spoken.value).format(labels), now };
  const text = t(`did.${kind}`, values);
  const unsaid = Object.values(values).filter((value) => value && !text.includes(value) && value !== nameOf(entry.actor));
  return [text, ...unsaid, entry.until && t("until", { day: moment(entry.until) })].filter(Boolean).join(" · ");
}

const fromTo = (before, after) => (before && after && before !== after ? t("history.from", { before, after }) : (after ?? undefined));

/** Save the whole trail as a file of comma-separated values (RFC 4180). */
async function download(companyId, filter, apps) {
  const lines = [[t("history.when"), t("history.who"), t("history.what")]];
  let after = null;
  do {
    const { nodes, pageInfo } = await page(companyId, filter, after, 100);
    for (const entry of nodes) lines.push([entry.at, nameOf(entry.actor), what([entry], apps)]);
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  } while (after);
  const text = lines.map((line) => line.map(cellOf).join(",")).join("\r\n");
  const href = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv" }));
  Object.assign(document.createElement("a"), { href, download: `${t("history.title")}.csv` }).click();
  URL.revokeObjectURL(href);
}

/** A value in quotes; what a spreadsheet would take for a formula begins with an apostrophe. */
const cellOf = (value) => `"${String(value).replace(/^(?=[=+\-@\t\r])/, "'").replaceAll('"', '""')}"`;

/* The matrix of a moment */

/** A slider over the last changes, and the matrix as it was; what is otherwise now, or at another moment, is marked. */
function Moment({ companyId, at, setAt }) {
  const marks = useRead(async () => saves((await page(companyId, {}, null, 100)).nodes).map(([{ at: when }]) => when).reverse(), [companyId]).value ?? [];
  const [other, setOther] = useState("");
  const rested = useRested(at);
  const then = useRead(async () => rested && matrixAt(companyId, rested), [companyId, rested]);
  const now = useRead(async () => rested && matrixAt(companyId, other || new Date().toISOString()), [companyId, other, !rested]);
  const problem = then.problem ?? now.problem;
  const value = useMemo(() => then.value && now.value && compared(then.value, now.value), [then.value, now.value]);
  useEffect(() => {
    if (at) document.getElementById("moment")?.scrollIntoView({ block: "center" });
  }, [at]);
  if (!marks.length) return null;
  const mark = at ? marks.findLastIndex((one) => one <= at) : marks.length;
  const choose = ({ target }) => setAt(marks[target.value] ?? null);
  return html`<section class="sheet moment" aria-labelledby="moment"><header><h2 id="moment">${t("history.matrix")}</h2>
      <span class="word">${at ? moment(at) : t("history.now")}</span>${at && html`<button onClick=${() => setAt(null)}>${t("history.close")}</button>`}</header>
    <label class="slider">${t("history.moment")}<input type="range" min="0" max=${marks.length} value=${mark} onInput=${choose} aria-valuetext=${at ? moment(at) : t("history.now")} list="marks" />
      <small class="ends"><span>${moment(marks[0])}</span><span>${t("history.now")}</span></small></label>
    <datalist id="marks">${marks.map((_, i) => html`<option key=${i} value=${i}></option>`)}</datalist>
    ${at && problem && html`<${Failed} problem=${problem} />`}
    ${at && html`<label class="slider">${t("history.compare")}<select value=${other} onChange=${({ target }) => setOther(target.value)}><option value="">${t("history.now")}</option>
      ${marks.map((one, i) => html`<option key=${i} value=${one}>${moment(one)}</option>`)}</select></label>`}
    ${at && value && html`<p class="soft" role="status">${t("history.differs", { n: value.differing })}</p><${Grid} ...${value.axes} />`}</section>`;
}

/** The matrix as it was at a moment. Raises Refused. */
const matrixAt = async (companyId, at) => (await ask("MatrixAt", { companyId, at })).company.permissionMatrix;

/** A matrix for the grid, and how many of its cells are otherwise in another. */
function compared(then, now) {
  const current = new Map(now.rows.map((line) => [(line.user ?? line.externalUser).id, row(line).cells]));
  const people = then.rows.map(row);
  const differs = (line, app) => line.isUser && line.cells[app].effective !== Boolean(current.get(line.person.id)?.[app]?.effective);
  const axes = {
    turned: people.length > 12,
    cell: (a, b) => {
      const [line, info] = a.line ? [a.line, b.info] : [b.line, a.info];
      const { effective: on, until } = line.cells[info.app];
      return { on, fixed: differs(line, info.app) ? "DIFFERS" : "PAST", changed: differs(line, info.app), until: on ? until : null };
    },
    name: (a, b) => (a.line ? `${b.label}, ${a.label}` : `${a.label}, ${b.label}`),
    toggle() {},
  };
  const across = people.map((line) => ({ key: line.id, label: line.name, line, href: line.isUser ? link(company.value.id, "users", line.person.id) : null }));
  const down = byCategory(then.apps).flatMap(([, apps]) => apps).map((info) => ({ key: info.app, label: info.label, info }));
  const differing = people.flatMap((line) => then.apps.filter(({ app }) => differs(line, app))).length;
  return { differing, axes: { ...axes, rows: axes.turned ? across : grouped(down), columns: axes.turned ? down : across } };
}
