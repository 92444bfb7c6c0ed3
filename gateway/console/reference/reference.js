/**
 * The reference: types with their gates, errors, settings. An entry has the address `#NAME`, a member of it `#NAME.member`.
 */

import { readReference, spoken } from "../api.js";
import {
  Languages, address, decoded, html, need, preferred, render, signal, speak, t, useEffect, useMemo, useRef, useServed, useState,
} from "../core.js";

const LISTS = { top: "reference.errors.top", payload: "reference.errors.payload", validation: "reference.errors.validation" };
const KINDS = ["type", "interface", "union", "input", "enum", "scalar"];
const ROOTS = ["Query", "Mutation", "Subscription"];
const FIRST = "Query";
/** Results that are shown of a search. */
const MOST = 100;

/** The reference, as the gateway makes it of what the reader sees; with its entries in the order of the list. */
const known = signal(undefined);

/* Reading */

async function read() {
  const reference = await readReference();
  const by = (name) => reference.types.find((type) => type.name === name);
  const roots = ROOTS.map(by).filter(Boolean); // who sees no field of a root does not see it
  const types = [
    ...roots.map((type) => ({ ...type, group: "reference.roots" })),
    ...KINDS.flatMap((kind) => reference.types
      .filter((type) => type.kind === kind && !ROOTS.includes(type.name))
      .sort((one, other) => (one.name < other.name ? -1 : 1))
      .map((type) => ({ ...type, group: `reference.kind.${kind}` }))),
  ];
  const errors = reference.errors.map((line) => ({ ...line, name: line.code, text: line.meaning, kind: "error", group: LISTS[line.list] }));
  const settings = reference.settings.map((setting) => ({ ...setting, kind: "setting", group: "reference.settings" }));
  known.value = { gates: reference.gates, entries: unique([...types, ...errors, ...settings]) };
}

/** Entries with an address each: an error that has the name of another one is told by its list. */
function unique(entries) {
  const seen = new Set();
  return entries.map((entry) => {
    const key = seen.has(entry.name) ? `${entry.name}-${entry.list}` : entry.name;
    seen.add(key);
    return { ...entry, key };
  });
}

const membersOf = (entry) => entry.fields ?? entry.values ?? [];
const label = (gate) => known.value.gates[gate]?.[spoken.value] ?? gate;

/** What a search finds: entries and members whose name has the text, then those whose gate or words have it. */
function found(text) {
  const wanted = text.trim().toLowerCase();
  const has = (words) => words?.toLowerCase().includes(wanted);
  const hits = known.value.entries.flatMap((entry) => [
    { entry, name: entry.name, to: entry.key, of: entry },
    ...membersOf(entry).map((member) => ({ entry, name: `${entry.name}.${member.name}`, to: `${entry.key}.${member.name}`, of: member })),
  ]);
  const rank = ({ of }) => {
    const name = of.name.toLowerCase();
    if (name === wanted) return 0;
    if (name.startsWith(wanted)) return 1;
    if (name.includes(wanted)) return 2;
    return (of.gates ?? []).some((gate) => has(gate) || has(label(gate))) ? 3 : has(of.text) ? 4 : 9;
  };
  return hits.map((hit) => [rank(hit), hit]).filter(([at]) => at < 9).sort(([one], [other]) => one - other).map(([, hit]) => hit);
}

/* The list and the search */

function Finder({ current, kind }) {
  const [text, setText] = useState("");
  const box = useRef();
  const list = useRef();
  const part = partOf(kind);
  useEffect(() => setText(""), [part]); // a search belongs to the part in which it was begun
  const hits = useMemo(() => (text.trim() ? found(text) : null), [text, spoken.value, known.value]);
  useEffect(() => {
    const slash = (event) => {
      if (event.key !== "/" || event.target.matches("input, select")) return;
      event.preventDefault();
      box.current.focus();
    };
    addEventListener("keydown", slash);
    return () => removeEventListener("keydown", slash);
  }, []);
  useEffect(() => list.current.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" }), [current]);
  return html`<nav class="finder" aria-label=${t("reference.title")}>
    <label>${t("reference.search")}<input type="search" ref=${box} value=${text} onKeyDown=${(event) => move(event, list.current, box.current)}
      onInput=${(event) => setText(event.target.value)} aria-keyshortcuts="/" /></label>
    <p class="soft" role="status">${hits && t("reference.found", { n: hits.length })}</p>
    <ul ref=${list} onKeyDown=${(event) => move(event, list.current, box.current)}>
      ${hits ? hits.slice(0, MOST).map((hit) => html`<${Line} to=${hit.to} name=${hit.name} current=${current} />`) : html`<${Groups} current=${current} />`}</ul></nav>`;
}

function Groups({ current }) {
  const { entries } = known.value;
  return entries.map((entry, i) => html`${entries[i - 1]?.group !== entry.group && html`<li><h2>${t(entry.group)}</h2></li>`}
    <${Line} key=${entry.key} to=${entry.key} name=${entry.name} current=${current} />`);
}

const Line = ({ to, name, current }) => html`<li><a href=${`#${to}`} aria-current=${to === current ? "page" : null}>${name}</a></li>`;

/** Arrows move from the search into the list and within it. */
function move(event, list, box) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const links = [...list.querySelectorAll("a")];
  const at = links.indexOf(document.activeElement) + step;
  (at < 0 ? box : links[Math.min(at, links.length - 1)])?.focus();
}

const PARTS = { error: "reference.errors", setting: "reference.settings" };
/** The part of the reference to which a kind of entries belongs. */
const partOf = (kind) => PARTS[kind] ?? "reference.kind.type";

/** The ways to the first type, error and setting, and to the explorer where the gateway has it. */
function Parts({ kind }) {
  const [hasExplorer] = useServed("explorer");
  const first = (one) => known.value.entries.find((entry) => entry.kind === one).key;
  const parts = [["type", FIRST], ...Object.keys(PARTS).map((one) => [one, first(one)])];
  return html`<nav aria-label=${t("reference.parts")}>${parts.map(([one, to]) => html`
    <a key=${one} href=${`#${to}`} aria-current=${partOf(one) === partOf(kind) ? "true" : null}>${t(partOf(one))}</a>`)}
    ${hasExplorer && html`<a href="/console/explorer">${t("reference.explorer")}</a>`}</nav>`;
}

/* An entry */

/** A text in which what stands in backticks is code. */
const Prose = ({ text = "" }) => text.split("`").map((piece, i) => (i % 2 ? html`<code>${piece}</code>` : piece));

function Entry({ entry, member }) {
  const title = useRef();
  useEffect(() => {
    document.title = `${entry.name} · ${t("reference.title")} · enFact`;
    const aim = document.querySelector(".aim");
    if (aim) aim.scrollIntoView({ block: "center" });
    else title.current.scrollIntoView({ block: "nearest" });
  }, [entry.key, member, spoken.value]);
  return html`<article class="entry" lang="en">
    <h1 ref=${title}>${entry.name} <${Gates} of=${entry} /></h1>
    <p class="soft">${[t(entry.group), entry.status, entry.default && t("reference.default", { value: entry.default })].filter(Boolean).join(" · ")}</p>
    <p><${Prose} text=${entry.text} /></p>
    ${entry.advice && html`<p><b lang=${spoken.value}>${t("reference.advice")}</b> <${Prose} text=${entry.advice} /></p>`}
    ${entry.interfaces && html`<p>implements ${entry.interfaces.map((name) => html`<${Type} type=${name} /> `)}</p>`}
    ${membersOf(entry).length > 0 && html`<dl>${membersOf(entry).map((one) => html`<${Member} key=${one.name} of=${one} aim=${one.name === member} />`)}</dl>`}
  </article>`;
}

const Member = ({ of, aim }) => html`<dt class=${aim ? "aim" : ""}>${of.name}${of.type && html`: <${Type} type=${of.type} />`} <${Gates} of=${of} /></dt>
  <dd><${Prose} text=${of.text} />${of.deprecated && html` <i><${Prose} text=${of.deprecated} /></i>`}
    ${of.arguments && html`<dl>${of.arguments.map((argument) => html`<${Member} key=${argument.name} of=${argument} />`)}</dl>`}</dd>`;

/** A type, with its wrappers around a link to it; scalars of GraphQL itself have no entry. */
function Type({ type }) {
  const name = type.replace(/[[\]!]/g, "");
  const [before, after] = type.split(name);
  const exists = known.value.entries.some((entry) => entry.key === name);
  return html`<span class="type">${before}${exists ? html`<a href=${`#${name}`}>${name}</a>` : name}${after}</span>`;
}

const Gates = ({ of }) => (of.gates ?? []).map((gate) => html`<span class="gate" lang=${spoken.value} title=${gate}>${label(gate)}</span>`);

/* Everything */

function Reference() {
  const [key, member] = decoded(address.value.slice(1) || FIRST).split(".");
  const entries = known.value?.entries;
  const entry = entries?.find((one) => one.key === key);
  return html`<header class="top"><a class="mark" href="/console/">en<b>Fact</b></a>${entry && html`<${Parts} kind=${entry.kind} />`}<div class="me"><${Languages} /></div></header>
    <main id="content" class="reference">${entries
      ? html`<${Finder} current=${address.value.slice(1) || FIRST} kind=${entry?.kind} />${entry
          ? html`<${Entry} entry=${entry} member=${member} />`
          : html`<p role="status"><h1>${t("reference.none")}</h1></p>`}`
      : html`<h1 class="waiting" role="status">${t("loading")}</h1>`}</main>`;
}

async function start() {
  await speak(preferred());
  await need("reference");
  document.title = `${t("reference.title")} · enFact`;
  render(html`<${Reference} />`, document.body);
  await read();
}

start();
