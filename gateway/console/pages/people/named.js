/** The name of the person of an address, for pages that need nothing more of the matrix. */

import { ask } from "../../api.js";
import { Failed, Title, Waiting, fullName, html, t, useRead } from "../../core.js";
import { Back } from "./tabs.js";

/** `{name, note}` of the user of a route, or `instead`: what stands there while or where there is none. */
export function usePerson({ company: companyId, user: userId }) {
  const { value, problem, again } = useRead(async () => (await ask("PersonName", { companyId, userId })).node, [companyId, userId]);
  if (value?.firstName !== undefined) return { name: fullName(value), note: `${value.email} · ${t(`role.${value.role}`)}` };
  if (problem) return { instead: html`<${Failed} problem=${problem} again=${again} />` };
  if (value === undefined) return { instead: html`<${Waiting} />` };
  return { instead: html`<${Back} /><div class="empty"><${Title}>${t("person.gone")}</${Title}><p>${t("person.goneText")}</p></div>` };
}
