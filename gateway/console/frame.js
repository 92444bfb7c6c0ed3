/** The frame around the pages of somebody signed in: the menu, and the page of the address. */

import { ask, live } from "./api.js";
import {
  Failed, Languages, Lazy, Title, Waiting, address, attempt, company, fullName, html, isOpen, link, menuOf, rights, routeOf,
  signOut, startOf, t, useEffect, useRead, useServed, viewer,
} from "./core.js";

/** Where somebody starts: in the only company, else with the choice of one. */
function home(me) {
  const { totalCount, nodes } = me.companies;
  return totalCount === 1 && !me.invitations.length ? startOf(nodes[0]) : link("companies");
}

export default function Signed() {
  const route = routeOf(address.value);
  const id = route?.company;
  const { value, problem, again } = useRead(
    async () => (id ? (await ask("Company", { companyId: id })).company : null), [id, rights.value],
  );
  const current = id && value?.id === id ? value : undefined;
  useEffect(() => {
    if (current) company.value = current;
  }, [current]);
  useEffect(() => (current ? follow(current) : undefined), [current?.id]);
  useEffect(() => {
    if (!route) location.replace(home(viewer.value));
  }, [address.value]);
  if (!route || (id && value === undefined && !problem) || (current && company.value?.id !== id)) return html`<${Frame}><${Waiting} /></${Frame}>`;
  if (problem && !current) return html`<${Frame}><${Failed} problem=${problem} again=${again} /></${Frame}>`;
  const closed = id && (!current || !isOpen(route, current));
  return html`<${Frame} route=${route} company=${current ?? (route.page === "settings" ? lately() : undefined)}>${closed
    ? html`<${Closed} company=${current} />`
    : html`<${Lazy} key=${route.page + (id ?? "")} from=${`./pages/${route.page}.js`} route=${route} />`}</${Frame}>`;
}

/** The company whose menu stays above pages that are of none: the one entered last, or the only one. */
function lately() {
  const { totalCount, nodes } = viewer.value.companies;
  return company.value ?? (totalCount === 1 ? nodes[0] : undefined);
}

/** Keep the viewer's access to a company as it is now: apps at once, a role or an end by reading anew. */
function follow({ id }) {
  const lost = () => (rights.value += 1);
  return live("MyAccessChanged", { companyId: id }, ({ accessChanged: access }) => {
    if (!access || access.role !== company.value.access.role) return lost();
    company.value = { ...company.value, access: { ...company.value.access, ...access } };
  }, lost);
}

/** What stands where a company or a page cannot be entered (any more). */
const Closed = ({ company }) => html`<div class="empty">
  <${Title}>${t("closed.title")}</${Title}>
  <p>${t(company ? "closed.page" : "closed.company")}</p>
  <p><a class="button" href=${company ? startOf(company) : link("companies")}>
    ${t(company ? "closed.home" : "companies.title")}</a></p></div>`;

/* The frame */

function Frame({ route, company: current, children }) {
  return html`<a class="skip" href="#content" onClick=${skip}>${t("skip")}</a>
    <header class="top">
      <a class="mark" href=${link()}>en<b>Fact</b></a>
      ${current && html`<a class="company" href=${link("companies")} title=${t("companies.switch")}>${current.name}</a>`}
      <nav aria-label=${t("menu")}>${current && menuOf(current).map((page) => html`
        <a href=${link(current.id, page)} aria-current=${route.menu === page ? "page" : null}>${t(`${page}.title`)}</a>`)}</nav>
      <${Me} route=${route} />
    </header>
    <main id="content" tabindex="-1">${children}</main>
    <${Developers} />`;
}

/** The ways to the explorer and the reference, where the gateway has them. */
function Developers() {
  const found = useServed("explorer", "reference");
  if (!found.length) return null;
  return html`<footer>${found.map((page) => html`<a key=${page} href=${`/console/${page}`}>${t(`developers.${page}`)}</a>`)}</footer>`;
}

function skip(event) {
  event.preventDefault();
  document.getElementById("content").focus();
}

function Me({ route }) {
  const { account } = viewer.value;
  const initials = `${account.firstName[0] ?? ""}${account.lastName[0] ?? ""}`;
  return html`<div class="me">
    <a class="name" href=${link("settings")} aria-label=${`${fullName(account)}, ${t("settings.title")}`} aria-current=${route?.page === "settings" ? "page" : null}>
      <span class="initials" data-initials=${initials}></span><span class="full">${fullName(account)}</span></a>
    <${Languages} />
    <button class="plain" onClick=${() => attempt(signOut)}>${t("signOut")}</button></div>`;
}
