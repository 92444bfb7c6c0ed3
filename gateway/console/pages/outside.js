/** The start of an accountant or of support in a company: what they may do there, and its lists. */

import { Title, company, day, html, t, viewer } from "../core.js";
import { Desk } from "./desk.js";

export default function Outside() {
  const { id, name, access } = company.value;
  return html`<div class="head"><div><${Title}>${name}</${Title}>
      <p class="soft">${t(`role.${viewer.value.account.kind}`)}, ${t("since", { day: day(access.since) })}${access.until && `, ${t("until", { day: day(access.until) })}`}</p></div></div>
    <p>${t("external.text")}</p><${Desk} companyId=${id} stamp=${access.apps.join()} />`;
}
