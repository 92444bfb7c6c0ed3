/** A few real lists of a company, with the columns that somebody may see. */

import { answer, spoken } from "../api.js";
import { Failed, Waiting, day, html, number, t, useRead } from "../core.js";

const AMOUNTS = ["price", "purchasePrice", "totalIncl", "amountDue", "openBalance"];
const NUMBERS = ["discount", "actualStock", "kilometres"];
const DAYS = ["date", "plannedStart", "deadline"];

/**
 * The lists that are visible in a company, anew whenever `stamp` changes. `token`: as whom; by default as oneself.
 * A hidden list or column is not there; how many are missing is said below.
 */
export function Desk({ companyId, token, stamp }) {
  const { value, problem, again } = useRead(async () => {
    const { data, extensions } = await answer("Desk", { companyId }, token);
    const hidden = new Set((extensions?.hidden ?? []).map(({ path }) => path.slice(1).filter((step) => step !== "nodes").join(".")));
    return data.company && { lists: Object.entries(data.company).filter(([, list]) => list?.nodes), hidden };
  }, [companyId, token, stamp]);
  if (problem && !value) return html`<${Failed} problem=${problem} again=${again} />`;
  if (value === undefined) return html`<${Waiting} />`;
  if (!value?.lists.length) return html`<p class="empty">${t("desk.nothing")}</p>`;
  return html`<div class="desk">${value.lists.map(([name, list]) => html`
    <${Table} key=${name} name=${name} list=${list} hidden=${value.hidden} />`)}</div>`;
}

function Table({ name, list: { totalCount, nodes }, hidden }) {
  const fields = Object.keys(nodes[0] ?? {}).filter((field) => field !== "id" && !hidden.has(`${name}.${field}`));
  const right = (field) => (AMOUNTS.includes(field) || NUMBERS.includes(field) ? "right" : null);
  return html`<div class="sheet"><header><h2>${t(`desk.${name}`)}</h2><span class="word">${number(totalCount)}</span></header>
    ${nodes.length === 0 ? html`<p class="soft">${t("desk.empty")}</p>` : html`<div class="scroll" tabindex="0" role="group" aria-label=${t(`desk.${name}`)}><table>
      <thead><tr>${fields.map((field) => html`<th key=${field} scope="col" class=${right(field)}>${t(`field.${field}`)}</th>`)}</tr></thead>
      <tbody>${nodes.map((node) => html`<tr key=${node.id}>${fields.map((field) => html`<td key=${field} class=${right(field)}>${shown(field, node[field])}</td>`)}</tr>`)}</tbody></table></div>`}</div>`;
}

function shown(field, value) {
  if (value === null || value === undefined) return "";
  if (AMOUNTS.includes(field)) return new Intl.NumberFormat(spoken.value, { minimumFractionDigits: 2, maximumFractionDigits: 4 }).format(value);
  if (NUMBERS.includes(field)) return number(value);
  return DAYS.includes(field) ? day(value) : value;
}
