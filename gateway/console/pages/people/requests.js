/** What users ask to see: an owner grants, until a day if wanted, or declines with one tap. */

import { change } from "../../api.js";
import { attempt, company, html, link, moment, notify, t, useState } from "../../core.js";
import { dayOf, endOf } from "./externals.js";
import { begin, matrix, namedRequest } from "./store.js";

export function Requests() {
  const { openRequests } = matrix.value;
  if (!openRequests.length) return null;
  return html`<section class="sheet asked" aria-labelledby="requests"><header><h2 id="requests">${t("requests.title")}</h2><span class="word">${openRequests.length}</span></header>
    ${openRequests.map((request) => html`<${Request} key=${request.id} request=${request} />`)}</section>`;
}

function Request({ request }) {
  const names = namedRequest(request);
  const effect = matrix.value.apps.find(({ app }) => app === request.app)?.description;
  const [until, setUntil] = useState("");
  const decide = (granted) => attempt(async () => {
    await change("DecideRequest", { requestId: request.id, granted, ...(granted && until && { until: endOf(until) }) });
    notify(t(granted ? "requests.granted" : "requests.declined", names));
    await begin();
  });
  return html`<div class="line"><span><b><a href=${link(company.value.id, "users", request.user?.id ?? "")}>${names.person}</a> · ${names.app}</b>
      <span>« ${request.reason} »</span><small>${moment(request.createdAt)}${effect ? ` · ${effect}` : ""}</small></span>
    <div class="actions"><label class="term"><small>${t("outside.untilOptional")}</small><input type="date" value=${until} min=${dayOf(Date.now())} onInput=${({ target }) => setUntil(target.value)} /></label>
      <button class="main" onClick=${() => decide(true)} aria-label=${t("requests.grantOf", names)}>${t("requests.grant")}</button>
      <button onClick=${() => decide(false)} aria-label=${t("requests.declineOf", names)}>${t("requests.decline")}</button></div></div>`;
}
