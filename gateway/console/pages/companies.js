/** The choice of a company, with a search where there are many, and one's own invitations. */

import { ask, change } from "../api.js";
import {
  Failed, Title, Waiting, day, html, link, recognize, standing, t, useEffect, useRead, useState, viewer,
} from "../core.js";
import { Question } from "./people/dialogs.js";

const MANY = 8;
const PAUSE = 200;
const START = { owner: "users", employee: "access", external: "home" };

export default function Companies() {
  const [typed, setTyped] = useState("");
  const [search, setSearch] = useState("");
  const [more, setMore] = useState([]);
  useEffect(() => {
    const timer = setTimeout(() => setSearch(typed), PAUSE);
    return () => clearTimeout(timer);
  }, [typed]);
  const { value, problem, again } = useRead(async () => {
    const { companies } = (await ask("Companies", { search: search || null })).viewer;
    setMore([]);
    return companies;
  }, [search]);
  const pages = value ? [value, ...more] : [];
  const { pageInfo } = pages.at(-1) ?? {};
  const next = async () => {
    const { companies } = (await ask("Companies", { search: search || null, after: pageInfo.endCursor })).viewer;
    setMore([...more, companies]);
  };
  const all = viewer.value.companies.totalCount;
  return html`<div class="head"><${Title}>${t("companies.title")}</${Title}>
      ${all > MANY && html`<label>${t("companies.search")}<input type="search" value=${typed}
        onInput=${(event) => setTyped(event.target.value)} /></label>`}</div>
    <${Invitations} />
    ${problem && html`<${Failed} problem=${problem} again=${again} />`}
    ${!value && !problem && html`<${Waiting} />`}
    ${value && html`<p class="soft" role="status">${t("companies.count", { n: value.totalCount })}</p>`}
    ${value?.totalCount === 0 && html`<p class="empty">${t(search ? "companies.unknown" : "companies.none")}</p>`}
    <ul class="choices">${pages.flatMap(({ nodes }) => nodes).map((company) => html`<li key=${company.id}><${Choice} company=${company} /></li>`)}</ul>
    ${pageInfo?.hasNextPage && html`<p><button onClick=${next}>${t("more")}</button></p>`}`;
}

const Choice = ({ company }) => html`<a href=${link(company.id, START[standing(company)])}>
  <span><b>${company.name}</b> <small>${company.vatNumber}</small></span>
  <small>${t(`standing.${standing(company)}`)}, ${t("since", { day: day(company.access.since) })}${company.access.until
    ? html`, <b>${t("until", { day: day(company.access.until) })}</b>` : ""}</small></a>`;

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
