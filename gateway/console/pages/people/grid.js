/**
 * A grid of switches by the ARIA pattern: one tab stop, arrows, Home, End, with Ctrl to the first and last cell, Page Up
 * and Down. Only the rows in sight are drawn where there are many.
 */

import { html, t, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../../core.js";

const ROW = 34;
const SPARE = 8;
const DRAWN = 900;

export function Grid({ rows, columns, cell, name, toggle, turned }) {
  const box = useRef();
  const wanted = useRef(null);
  const [first, setFirst] = useState(0);
  const virtual = rows.length * columns.length > DRAWN;
  const height = box.current?.clientHeight || innerHeight;
  const start = virtual ? Math.max(0, Math.min(first, rows.length - 1) - SPARE) : 0;
  const end = virtual ? Math.min(rows.length, first + Math.ceil(height / ROW) + SPARE) : rows.length;

  const scroll = () => virtual && setFirst(Math.floor(box.current.scrollTop / ROW));
  const find = (r, c) => box.current.querySelector(`[data-row="${r}"] [data-column="${c}"]`);
  useLayoutEffect(() => {
    if (wanted.current && find(...wanted.current)) {
      find(...wanted.current).focus();
      wanted.current = null;
    }
  });
  useEffect(() => {
    if (!box.current.querySelector("[role=switch][tabindex='0']"))
      box.current.querySelector("[role=switch]").tabIndex = 0;
  });
  const focused = ({ target }) => {
    if (target.role !== "switch") return;
    for (const other of box.current.querySelectorAll("[role=switch][tabindex='0']")) other.tabIndex = -1;
    target.tabIndex = 0;
  };
  const move = (event) => {
    const at = position(event.target);
    const to = at && target(event, at, rows.length - 1, columns.length - 1, Math.floor(height / ROW) - 2);
    if (!to) return;
    event.preventDefault();
    wanted.current = to;
    const near = find(...to);
    if (near) near.focus();
    else box.current.scrollTop = to[0] * ROW - height / 2;
    if (near) wanted.current = null;
  };
  const click = ({ target: clicked }) => {
    const at = position(clicked);
    if (!at) return;
    const { on, fixed } = cell(rows[at[0]], columns[at[1]]);
    if (!fixed) toggle(rows[at[0]], columns[at[1]], !on);
  };
  return html`<div class="matrix" ref=${box} onScroll=${scroll}>
    <table role="grid" class=${turned ? "turned" : ""} aria-label=${t("matrix.title")} aria-rowcount=${rows.length + 1} aria-colcount=${columns.length + 1}
      onKeyDown=${move} onFocusIn=${focused} onClick=${click}>
      <thead><tr aria-rowindex="1"><th scope="col" class="corner">${t(turned ? "matrix.people" : "matrix.apps")}</th>${columns.map(({ key, ...column }) => html`
        <th scope="col" key=${key}><${Heading} ...${column} /></th>`)}</tr></thead>
      <tbody>
        ${start > 0 && html`<${Gap} rows=${start} columns=${columns.length} />`}
        ${rows.slice(start, end).map((row, i) => html`<${Row} key=${row.key} row=${row} index=${start + i} columns=${columns} cell=${cell} name=${name} />`)}
        ${end < rows.length && html`<${Gap} rows=${rows.length - end} columns=${columns.length} />`}
      </tbody></table></div>`;
}

const Heading = ({ label, note, href, title }) => html`<span class="heading" title=${title}>${href
  ? html`<a href=${href} tabindex="-1">${label}</a>` : label}${note && html` <small>${note}</small>`}</span>`;

const Gap = ({ rows, columns }) => html`<tr aria-hidden="true"><td colspan=${columns + 1} style=${{ height: `${rows * ROW}px`, padding: 0 }}></td></tr>`;

/** A row, drawn anew only when one of its cells looks otherwise. */
function Row({ row, index, columns, cell, name }) {
  const states = columns.map((column) => cell(row, column));
  const stamp = states.map(({ on, fixed, changed }) => `${+on}${+changed}${fixed ?? ""}`).join();
  const labels = columns.map((column) => name(row, column)).join();
  return useMemo(() => html`<tr data-row=${index} aria-rowindex=${index + 2}><th scope="row"><${Heading} ...${row} key=${null} /></th>
    ${columns.map((column, c) => html`<td key=${column.key}><button role="switch" data-column=${c} tabindex="-1" class=${states[c].changed ? "changed" : ""}
      aria-checked=${states[c].on} aria-disabled=${states[c].fixed ? true : null} aria-label=${name(row, column)}
      aria-description=${states[c].fixed ? t(`fixed.${states[c].fixed}`) : null} title=${states[c].fixed ? t(`fixed.${states[c].fixed}`) : null}></button></td>`)}</tr>`,
  [stamp, labels, index]);
}

/** The row and column of a switch, or null. */
function position(element) {
  if (element.role !== "switch") return null;
  return [Number(element.closest("tr").dataset.row), Number(element.dataset.column)];
}

/** The cell that a key leads to from another, or null. */
function target({ key, ctrlKey, metaKey }, [r, c], lastRow, lastColumn, page) {
  const far = ctrlKey || metaKey;
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
  return to && [Math.max(0, Math.min(lastRow, to[0])), Math.max(0, Math.min(lastColumn, to[1]))];
}
