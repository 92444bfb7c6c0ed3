/** Pourquoi: what somebody would not see of an operation, by its reasons, and the switch beside each. */

import { ask, spoken } from "../api.js";
import { Waiting, html, link, t, useRead, useState, words } from "../core.js";
import { usePerson } from "./people/named.js";
import { PersonHead } from "./people/tabs.js";

const EXAMPLES = [
  ["invoices", "{ invoices(first: 10) { nodes { number date customerName discount totalIncl amountDue totalProfit } } }"],
  ["products", "{ products(first: 10) { nodes { number name price purchasePrice profitMargin actualStock } } }"],
  ["quotes", "{ quotes(first: 10) { nodes { number date customerName discount totalIncl } } }"],
  ["customers", "{ customers(first: 10) { nodes { name city phone discount openBalance } } }"],
  ["tasks", "{ tasks(first: 10) { nodes { title deadline } } }"],
  ["workOrders", "{ workOrders(first: 10) { nodes { number title plannedStart timeEntries { nodes { user { firstName hourlyCost } } } } } }"],
];
const exampleOf = (companyId, part) => `{\n  company(id: "${companyId}") ${part}\n}`;

export default function Why({ route }) {
  const person = usePerson(route);
  const [operation, setOperation] = useState(exampleOf(route.company, EXAMPLES[0][1]));
  const [asked, setAsked] = useState(operation);
  const { value, problem } = useRead(async () => {
    const { company } = await ask("Explain", { companyId: route.company, userId: route.user, operation: asked });
    return { asked, userId: route.user, lines: company?.explainAccess ?? [] };
  }, [route.company, route.user, asked]);
  if (!person.name) return person.instead;
  const current = value?.asked === asked && value.userId === route.user ? value : undefined;
  return html`<${PersonHead} name=${person.name} note=${person.note} user=${route.user} view="why" />
    <p>${t("why.text", { name: person.name })}</p>
    <form onSubmit=${(event) => (event.preventDefault(), setAsked(operation))}>
      <label>${t("why.example")}<select onChange=${({ target }) => (setOperation(target.value), setAsked(target.value))}>
        ${EXAMPLES.map(([name, part]) => html`<option key=${name} value=${exampleOf(route.company, part)}>${t(`desk.${name}`)}</option>`)}</select></label>
      <details><summary>${t("why.own")}</summary><label>${t("why.operation")}<textarea class="code" rows="5" spellcheck="false" value=${operation} onInput=${({ target }) => setOperation(target.value)}></textarea></label>
        <div class="actions"><button class="main">${t("why.go")}</button></div></details></form>
    ${problem && !current && html`<p role="alert" class="bad">${words(problem)}</p>`}
    ${!current && !problem && html`<${Waiting} />`}
    ${current && html`<${Answer} lines=${current.lines} route=${route} />`}`;
}

/** What is hidden, by its reasons, and each selection of the operation below. */
function Answer({ lines, route }) {
  const apps = useRead(async () => (await ask("Catalogue")).apps, []).value ?? [];
  const said = ({ reason, app, role }) => t(`reason.${reason}`, { app: apps.find((info) => info.app === app)?.label ?? app ?? "", role: role ? t(`role.${role}`) : "" });
  const hidden = lines.filter(({ visible }) => !visible);
  return html`<section class="sheet" aria-labelledby="reasons"><header><h2 id="reasons">${t("why.tree")}</h2><span class="word">${t("why.hidden", { n: hidden.length })}</span></header>
      ${hidden.length === 0 && html`<p>${t("why.everything")}</p>`}
      ${byReason(hidden).map((members) => html`<div class="line" key=${members[0].path.join(".")}><span><b>${said(members[0])}</b>
        <small>${new Intl.ListFormat(spoken.value).format(members.filter(({ path }) => path.at(-1) !== "nodes").map(({ path }) => nameOf(path)))}</small></span><${Onward} line=${members[0]} route=${route} /></div>`)}</section>
    <details><summary>${t("why.details")}</summary><div class="sheet"><table class="tree">
      <thead><tr><th scope="col">${t("why.selection")}</th><th scope="col">${t("why.state")}</th></tr></thead>
      <tbody>${lines.map((line) => html`<tr key=${line.path.join(".")}><th scope="row" style=${{ paddingLeft: `${line.path.length}rem` }}><code>${line.path.at(-1)}</code></th>
        <td class="wrap">${line.visible ? html`<span class="gained">${t("why.visible")}</span>` : html`<span class="lost">${t("why.closed")}</span> ${said(line)}`}</td></tr>`)}</tbody></table></div></details>`;
}

/** The hidden lines, those with the same reason together. */
const byReason = (lines) => [...Map.groupBy(lines, ({ reason, app, role }) => `${reason} ${app} ${role}`).values()];

/** What people call a selection, as far as it has such a name. */
function nameOf(path) {
  const name = path.at(-1);
  return ["field", "desk"].map((start) => [t(`${start}.${name}`), `${start}.${name}`]).find(([text, key]) => text !== key)?.[0] ?? name;
}

/** The way to what can be done about a reason. */
function Onward({ line: { reason, app }, route }) {
  if (reason === "NOT_GRANTED" && app) return html`<a href=${`${link(route.company, "users", route.user)}?app=${app}`}>${t("why.switch")}</a>`;
  return ["NOT_ACTIVATED", "PLAN"].includes(reason) ? html`<a href=${link(route.company, "apps")}>${t("apps.title")}</a>` : null;
}
