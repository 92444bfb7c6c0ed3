/** The choice of a company: what needs attention first, a search where there are many, and one's own invitations. */

import { ask, change } from "../api.js";
import {
  Failed, Title, Waiting, attempt, day, html, link, recognize, startOf, t, useEffect, usePages, useRead, useRef, useRested, useState,
  viewer,
} from "../core.js";
import { Question } from "./people/dialogs.js";

const MANY = 8;
/** Milliseconds before its end in which something needs attention. */
const SOON = 30 * 24 * 3600 * 1000;

/** The address of the list with a search, which coming back finds again. */
const searched = (search) => `${link("companies")}${search ? `?${new URLSearchParams({ search })}` : ""}`;

export default function Companies({ route }) {
  const [typed, setTyped] = useState(route.query.search ?? "");
  const search = useRested(typed);
  useEffect(() => history.replaceState(null, "", searched(search)), [search]);
  const { pages, problem, again, next } = usePages(
    async (after) => (await ask("Companies", { search: search || null, after })).viewer.companies, [search],
  );
  const [value] = pages;
  return html`<div class="head"><${Title}>${t("companies.title")}</${Title}>
      ${viewer.value.companies.totalCount > MANY && html`<${Search} typed=${typed} setTyped=${setTyped} />`}</div>
    <${Invitations} />
    ${!search && html`<${Attention} />`}
    ${problem && html`<${Failed} problem=${problem} again=${again} />`}
    ${!value && !problem && html`<${Waiting} />`}
    ${value && html`<p class="soft" role="status">${t("companies.count", { n: value.totalCount })}</p>`}
    ${value?.totalCount === 0 && html`<p class="empty">${search ? t("companies.unknown") : t("companies.none", { email: viewer.value.account.email })}</p>`}
    <ul class="choices">${pages.flatMap(({ nodes }) => nodes).map((company) => html`<li key=${company.id}><${Choice} company=${company} /></li>`)}</ul>
    ${next && html`<p><button onClick=${next}>${t("more")}</button></p>`}`;
}

/** The search, which has the focus from the start; Enter opens the only company that it finds. */
function Search({ typed, setTyped }) {
  const box = useRef();
  useEffect(() => box.current.focus(), []);
  const open = (event) => attempt(async () => {
    event.preventDefault();
    const { totalCount, nodes } = (await ask("Companies", { search: typed || null })).viewer.companies;
    if (totalCount !== 1) return;
    history.replaceState(null, "", searched(typed));
    location.hash = startOf(nodes[0]);
  });
  return html`<form role="search" onSubmit=${open}><label>${t("companies.search")}<input type="search" ref=${box} value=${typed}
    onInput=${(event) => setTyped(event.target.value)} /></label></form>`;
}

const Choice = ({ company, children }) => html`<a href=${startOf(company)}>
  <span><b>${company.name}</b> <small>${company.vatNumber}</small></span>
  <small>${children ?? html`${t(`role.${company.access.role ?? viewer.value.account.kind}`)}, ${t("since", { day: day(company.access.since) })}${company.access.until
    ? html`, <b>${t("until", { day: day(company.access.until) })}</b>` : ""}`}</small></a>`;

/** The companies in which something ends soon, or sleeps, before all others. */
function Attention() {
  const { value = [] } = useRead(needing, []);
  if (!value.length) return null;
  return html`<section aria-labelledby="attention"><h2 id="attention">${t("attention.title")}</h2>
    <ul class="choices">${value.map(({ company, why }) => html`<li key=${company.id}><${Choice} company=${company}>${why.map(({ key, day: at }) => html`
      <b class="lost">${t(`attention.${key}`, { day: at && day(at) })}</b> `)}</${Choice}></li>`)}</ul></section>`;
}

/** The companies that need attention, what comes first before the others, each with the reasons. */
async function needing() {
  const found = [];
  let after = null;
  do {
    const { nodes, pageInfo } = (await ask("CompaniesInTime", { after })).viewer.companies;
    found.push(...nodes);
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  } while (after);
  const near = (at) => at && Date.parse(at) > Date.now() && Date.parse(at) < Date.now() + SOON;
  return found.map((company) => ({ company, why: [
    company.sleepingApps?.length > 0 && { key: "asleep" },
    near(company.trialEndsAt) && { key: "trial", day: company.trialEndsAt },
    near(company.access.until) && { key: "until", day: company.access.until },
  ].filter(Boolean) })).filter(({ why }) => why.length).sort((one, other) => ((one.why[0].day ?? "") < (other.why[0].day ?? "") ? -1 : 1));
}

function Invitations() {
  const [declining, setDeclining] = useState(null);
  const { invitations } = viewer.value;
  if (!invitations.length) return null;
  const decline = async () => {
    await change("DeclineInvitation", { invitationId: declining.id });
    await recognize();
  };
  return html`<section class="sheet" aria-labelledby="invitations"><header><h2 id="invitations">${t("invitations.title")}</h2></header>
    ${invitations.map((invitation) => html`<div class="line" key=${invitation.id}><span><b>${invitation.companyName}</b> <small>${t(`role.${invitation.role}`)}: ${
      invitation.expiresAt ? t("invitations.letter", { day: day(invitation.expiresAt) }) : t("invitations.waiting")}</small></span>
      <button onClick=${() => setDeclining(invitation)} aria-label=${t("invitations.declineOf", { company: invitation.companyName })}>${t("requests.decline")}</button></div>`)}
    ${declining && html`<${Question} title=${t("invitations.declineOf", { company: declining.companyName })} text=${t("invitations.declineText")} go=${t("requests.decline")}
      send=${decline} close=${() => setDeclining(null)} />`}</section>`;
}
