/**
 * A grid of switches by the ARIA pattern: one tab stop, arrows, Home, End, with Ctrl to the first and last cell, Page Up
 * and Down. Of a large one only the cells in sight are drawn.
 */

import { html, moment, number, shortDay, t, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../../core.js";

/* Pixels: the height of a row, and the width of a column of a large grid, as pages.css has them. */
const ROW = 34;
const COLUMN = 56;
const SPARE = 3;
const DRAWN = 900;

/** Rows of apps, with a heading before each category. */
export const grouped = (rows) => rows.flatMap((row, i) => {
  const { category } = row.info;
  return category === rows[i - 1]?.info.category ? [row] : [{ key: category, heading: true, label: t(`category.${category}`) }, row];
});

/** The part `[from, to)` of `count` lines of a size that is in sight from a scroll position on. */
function inSight(count, size, scrolled, room) {
  const first = Math.min(Math.floor(scrolled / size), count - 1);
  return [Math.max(0, first - SPARE), Math.min(count, first + Math.ceil(room / size) + SPARE)];
}

export function Grid({ rows, columns, cell, name, toggle, turned }) {
  const box = useRef();
  const wanted = useRef(null);
  const [at, setAt] = useState({ top: 0, left: 0 });
  const large = rows.length * columns.length > DRAWN;
  const height = box.current?.clientHeight || innerHeight / 2;
  const width = box.current?.clientWidth || innerWidth;
  const [top, bottom] = large ? inSight(rows.length, ROW, at.top, height) : [0, rows.length];
  const [left, right] = large && turned ? inSight(columns.length, COLUMN, at.left, width) : [0, columns.length];
  const shown = columns.slice(left, right);
  const gaps = { before: left, after: columns.length - right };

  const scroll = () => large && setAt({
    top: Math.floor(box.current.scrollTop / ROW) * ROW,
    left: Math.floor(box.current.scrollLeft / COLUMN) * COLUMN,
  });
  const find = (r, c) => box.current.querySelector(`[data-row="${r}"] [data-column="${c}"]`);
  useLayoutEffect(() => {
    const found = wanted.current && find(...wanted.current);
    if (!found) return;
    wanted.current = null;
    found.focus();
  });
  useEffect(() => {
    if (!box.current.querySelector("[role=switch][tabindex='0']")) box.current.querySelector("[role=switch]").tabIndex = 0;
  });
  const focused = ({ target }) => {
    if (target.role !== "switch") return;
    for (const other of box.current.querySelectorAll("[role=switch][tabindex='0']")) other.tabIndex = -1;
    target.tabIndex = 0;
  };
  const focusOn = ([r, c]) => {
    const near = find(r, c);
    if (near) return near.focus();
    wanted.current = [r, c];
    box.current.scrollTo(turned ? c * COLUMN - width / 2 : box.current.scrollLeft, r * ROW - height / 2);
  };
  const move = (event) => {
    const from = position(event.target);
    const to = from && target(event, from, rows, columns.length - 1, Math.floor(height / ROW) - 2);
    if (!to) return;
    event.preventDefault();
    focusOn(to);
  };
  const click = (event) => {
    const [r, c] = position(event.target) ?? [];
    if (r === undefined) return;
    const { on, fixed } = cell(rows[r], columns[c]);
    if (!fixed) toggle(rows[r], columns[c], !on);
  };
  return html`<div class="matrix" ref=${box} onScroll=${scroll}>
    <table role="grid" class=${turned ? "turned" : ""} aria-label=${t("matrix.title")} aria-rowcount=${rows.length + 1} aria-colcount=${columns.length + 1}
      onKeyDown=${move} onFocusIn=${focused} onClick=${click}>
      <thead><tr aria-rowindex="1"><th scope="col" class="corner">${t(turned ? "matrix.people" : "matrix.apps")}</th>
        <${Beside} columns=${gaps.before} />${shown.map(({ key, ...column }, i) => html`
        <th scope="col" key=${key} class=${column.group ? "group" : ""} aria-colindex=${left + i + 2}><${Heading} ...${column} /></th>`)}<${Beside} columns=${gaps.after} /></tr></thead>
      <tbody>
        <${Above} rows=${top} />
        ${rows.slice(top, bottom).map((row, i) => row.heading
          ? html`<tr key=${row.key} aria-rowindex=${top + i + 2}><th scope="rowgroup" class="category" colspan=${columns.length + 1}><span>${row.label}</span></th></tr>`
          : html`<${Row} key=${row.key} row=${row} index=${top + i} columns=${shown} left=${left} gaps=${gaps} cell=${cell} name=${name} />`)}
        <${Above} rows=${rows.length - bottom} />
      </tbody></table></div>`;
}

const Heading = ({ label, note, href, title }) => html`<span class="heading" title=${title}>${href
  ? html`<a href=${href} tabindex="-1">${label}</a>` : label}${note && html` <small>${note}</small>`}</span>`;

/* What stands for rows and columns that are not drawn */
const Above = ({ rows }) => rows > 0 && html`<tr aria-hidden="true"><td class="gap" style=${{ height: `${rows * ROW}px` }}></td></tr>`;
const Beside = ({ columns }) => columns > 0 && html`<td aria-hidden="true" class="gap" colspan=${columns} style=${{ minWidth: `${columns * COLUMN}px` }}></td>`;

/** A row; of its cells only those that look otherwise, or were not in sight before, are made anew. */
function Row({ row, index, columns, left, gaps, cell, name }) {
  const made = useRef(new Map());
  const cells = columns.map((column, i) => {
    const state = cell(row, column);
    const old = made.current.get(column.key);
    if (old && old.row === row && old.column === column && old.at === left + i && isAlike(old.state, state)) return old;
    const td = html`<td key=${column.key} class=${column.group ? "group" : ""} aria-colindex=${left + i + 2}>
      <${Cell} column=${left + i} state=${state} label=${name(row, column)} /></td>`;
    return { row, column, at: left + i, state, td };
  });
  made.current = new Map(cells.map((one) => [one.column.key, one]));
  const head = useMemo(() => html`<th scope="row"><${Heading} ...${row} key=${null} /></th>`, [row]);
  return html`<tr data-row=${index} class=${row.group ? "group" : ""} aria-rowindex=${index + 2}>${head}
    <${Beside} columns=${gaps.before} />${cells.map(({ td }) => td)}<${Beside} columns=${gaps.after} /></tr>`;
}

const isAlike = (a, b) => a === b || (a.on === b.on && a.fixed === b.fixed && a.changed === b.changed && a.clash === b.clash
  && a.until === b.until && a.count?.join() === b.count?.join());

function Cell({ column, state, label }) {
  const { on, fixed, until } = state;
  const why = said(state);
  return html`<button role="switch" data-column=${column} tabindex="-1" class=${looks(state)} aria-checked=${on}
    aria-disabled=${fixed ? true : null} aria-label=${label} aria-description=${why} title=${why}>${until && html`<small>${shortDay(until)}</small>`}</button>`;
}

/** What a switch does not show by being on or off, in words; or null. */
function said({ fixed, clash, until, count }) {
  const end = until && t("until", { day: moment(until) });
  if (fixed) return [t(`fixed.${fixed}`), end].filter(Boolean).join(" · ");
  if (clash) return t("conflict.cell");
  if (end) return end;
  return count ? t("people.count", { n: number(count[0]), all: number(count[1]) }) : null;
}

/** The classes of a switch. */
function looks({ on, changed, clash, until, count }) {
  const part = count?.[0] > 0 && !on ? "part" : until ? "lent" : "";
  return `${part} ${clash ? "clash" : changed ? "changed" : ""}`.trim();
}

/** The row and column of a switch, or null. */
function position(element) {
  if (element.role !== "switch") return null;
  return [Number(element.closest("tr").dataset.row), Number(element.dataset.column)];
}

/** The cell that a key leads to from another, or null; a heading is passed over. */
function target({ key, ctrlKey, metaKey }, [r, c], rows, lastColumn, page) {
  const far = ctrlKey || metaKey;
  const lastRow = rows.length - 1;
  const to = {
    ArrowUp: [r - 1, c],
    ArrowDown: [r + 1, c],
    ArrowLeft: [r, c - 1],
    ArrowRight: [r, c + 1],
    Home: [far ? 0 : r, 0],
    End: [far ? lastRow : r, lastColumn],
    PageUp: [r - page, c],
    PageDown: [r + page, c],
  }[key];
  if (!to) return null;
  const row = Math.max(0, Math.min(lastRow, to[0]));
  const step = row < r && row > 0 ? -1 : 1;
  return [rows[row].heading ? row + step : row, Math.max(0, Math.min(lastColumn, to[1]))];
}
