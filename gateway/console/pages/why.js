/** Pourquoi: what somebody would see of an operation, selection by selection, and the switch beside each reason. */

import { ask } from "../api.js";
import { Waiting, html, link, t, useRead, useState, words } from "../core.js";
import { usePerson } from "./people/named.js";
import { PersonHead } from "./people/tabs.js";

const EXAMPLES = [
  ["invoices", "{ invoices(first: 10) { nodes { number date customerName discount totalIncl amountDue totalProfit } } }"],
  ["products", "{ products(first: 10) { nodes { number name price purchasePrice profitMargin actualStock } } }"],
  ["workOrders", "{ workOrders(first: 10) { nodes { number title plannedStart timeEntries { nodes { user { firstName hourlyCost } } } } } }"],
];
const exampleOf = (companyId, part) => `{\n  company(id: "${companyId}") ${part}\n}`;

export default function Why({ route }) {
  const person = usePerson(route);
  const [operation, setOperation] = useState(exampleOf(route.company, EXAMPLES[0][1]));
  const [asked, setAsked] = useState(operation);
  const { value, problem } = useRead(async () => {
    const { company } = await ask("Explain", { companyId: route.company, userId: route.user, operation: asked });
    return { asked, lines: company?.explainAccess ?? [] };
  }, [route.company, route.user, asked]);
  if (!person.name) return person.instead;
  const current = value?.asked === asked ? value : undefined;
  return html`<${PersonHead} name=${person.name} note=${person.note} user=${route.user} view="why" />
    <p>${t("why.text", { name: person.name })}</p>
    <form onSubmit=${(event) => (event.preventDefault(), setAsked(operation))}>
      <label>${t("why.example")}<select onChange=${({ target }) => (setOperation(target.value), setAsked(target.value))}>
        ${EXAMPLES.map(([name, part]) => html`<option key=${name} value=${exampleOf(route.company, part)}>${t(`desk.${name}`)}</option>`)}</select></label>
      <label>${t("why.operation")}<textarea class="code" rows="5" spellcheck="false" value=${operation} onInput=${({ target }) => setOperation(target.value)}></textarea></label>
      <div class="actions"><button class="main">${t("why.go")}</button></div></form>
    ${problem && !current && html`<p role="alert" class="bad">${words(problem)}</p>`}
    ${!current && !problem && html`<${Waiting} />`}
    ${current && html`<${Tree} lines=${current.lines} route=${route} />`}`;
}

function Tree({ lines, route }) {
  const apps = useRead(async () => (await ask("Catalogue")).apps, []).value ?? [];
  const label = (app) => apps.find((info) => info.app === app)?.label ?? app;
  const hidden = lines.filter(({ visible }) => !visible).length;
  return html`<section class="sheet" aria-labelledby="tree"><header><h2 id="tree">${t("why.tree")}</h2><span class="word">${t("why.hidden", { n: hidden })}</span></header>
    <table class="tree"><thead><tr><th scope="col">${t("why.selection")}</th><th scope="col">${t("why.state")}</th></tr></thead>
    <tbody>${lines.map(({ path, visible, reason, app, role }) => html`<tr key=${path.join(".")}>
      <th scope="row" style=${{ paddingLeft: `${path.length}rem` }}><code>${path.at(-1)}</code></th>
      <td class="wrap">${visible ? html`<span class="gained">${t("why.visible")}</span>` : html`<span class="lost">${t("why.closed")}</span>${" "}${
        t(`reason.${reason}`, { app: app ? label(app) : "", role: role ? t(`role.${role}`) : "" })}${
        reason === "NOT_GRANTED" && app ? html` <a href=${`${link(route.company, "users", route.user)}?app=${app}`}>${t("why.switch")}</a>` : ""}${
        reason === "NOT_ACTIVATED" ? html` <a href=${link(route.company, "apps")}>${t("apps.title")}</a>` : ""}`}</td></tr>`)}</tbody></table></section>`;
}
