/** The head of a person's pages: the name, and the tabs. */

import { Title, company, html, link, t } from "../../core.js";

const TABS = [["person.tab"], ["look.tab", "look"], ["why.tab", "why"]];

const Back = () => html`<p><a href=${link(company.value.id, "users")}>← ${t("users.title")}</a></p>`;

/** What stands where a person is not in the company (any more). */
export const Gone = () => html`<${Back} /><div class="empty"><${Title}>${t("person.gone")}</${Title}><p>${t("person.goneText")}</p></div>`;

/** `view` is the last part of the address of the tab that is shown; `note` stands below the name. */
export const PersonHead = ({ name, note, user, view, children }) => html`<${Back} />
  <div class="head"><div><${Title}>${name}</${Title}><p class="soft">${note}</p></div>${children}</div>
  <nav class="tabs" aria-label=${name}>${TABS.map(([label, ...path]) => html`
    <a key=${label} href=${link(company.value.id, "users", user, ...path)} aria-current=${path[0] === view ? "page" : null}>${t(label)}</a>`)}</nav>`;
