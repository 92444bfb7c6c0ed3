/** The API keys that open the company: whose they are, when they were used, and an end to them here. */

import { ask, change } from "../../api.js";
import { company, fullName, html, moment, t, useRead, useState } from "../../core.js";
import { Question } from "./dialogs.js";

/** The cell at the head of a key's row: its label, its last characters, and whether it only reads. */
export const KeyHead = ({ of: { label, last4, readOnly } }) => html`<th scope="row"><b>${label}</b> <small>…${last4}${
  readOnly ? ` · ${t("keys.readOnly")}` : ""}</small></th>`;

export function Keys() {
  const companyId = company.value.id;
  const [ending, setEnding] = useState(null);
  const { value, again } = useRead(async () => (await ask("CompanyKeys", { companyId })).company?.apiKeys ?? [], [companyId]);
  if (!value?.length) return null;
  const revoke = () => change("RevokeKey", { apiKeyId: ending.id, companyId });
  return html`<section class="sheet" aria-labelledby="keys"><header><h2 id="keys">${t("keys.here")}</h2></header>
    <table class="cards"><thead><tr><th scope="col">${t("users.name")}</th><th scope="col">${t("keys.owner")}</th><th scope="col">${t("sessions.used")}</th><th scope="col"><span class="hidden">${t("users.actions")}</span></th></tr></thead>
    <tbody>${value.map((key) => html`<tr key=${key.id}><${KeyHead} of=${key} />
      <td>${key.owner && fullName(key.owner)}</td><td>${key.lastUsedAt ? moment(key.lastUsedAt) : ""}</td>
      <td class="end"><button onClick=${() => setEnding(key)} aria-label=${t("keys.revokeOf", { name: key.label })}>${t("keys.revoke")}</button></td></tr>`)}</tbody></table>
    ${ending && html`<${Question} title=${t("keys.revokeOf", { name: ending.label })} text=${t("keys.revokeText")} go=${t("keys.revoke")}
      send=${revoke} close=${() => (setEnding(null), again())} />`}</section>`;
}
