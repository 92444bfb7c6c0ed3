/** What users ask to see: an owner grants it once its effects were shown, with an end or without, or declines. */

import { change } from "../../api.js";
import { attempt, company, html, link, moment, notify, t, useState } from "../../core.js";
import { FormDialog, Until, endOf } from "./dialogs.js";
import { Details, Effects } from "./effects.js";
import { refocus } from "./focus.js";
import { begin, matrix, namedRequest } from "./store.js";

export function Requests() {
  const { openRequests } = matrix.value;
  if (!openRequests.length) return null;
  return html`<section class="sheet asked" aria-labelledby="requests"><header><h2 id="requests">${t("requests.title")}</h2><span class="word">${openRequests.length}</span></header>
    ${openRequests.map((request) => html`<${Request} key=${request.id} request=${request} />`)}</section>`;
}

/** The buttons of the requests that are left. */
const NEXT = ".asked button";

/** Decide a request; the focus goes to the next one. Raises Refused. */
async function decide(request, decision) {
  const names = namedRequest(request);
  await change("DecideRequest", { requestId: request.id, ...decision });
  notify(t(decision.granted ? "requests.granted" : "requests.declined", names));
  await attempt(begin);
  refocus(NEXT);
}

function Request({ request }) {
  const [granting, setGranting] = useState(false);
  const names = namedRequest(request);
  const active = matrix.value.apps.find(({ app }) => app === request.app);
  return html`<div class="line"><span><b><a href=${link(company.value.id, "users", request.user?.id ?? "")}>${names.person}</a> · ${names.app}</b>
      <span>« ${request.reason} »</span><small>${moment(request.createdAt)} · ${active ? active.description : t("requests.inactive", names)}</small></span>
    <div class="actions">${active
      ? html`<button class="main" onClick=${() => setGranting(true)} aria-label=${t("requests.grantOf", names)}>${t("requests.grant")}</button>`
      : html`<a class="button" href=${link(company.value.id, "apps")}>${t("apps.title")}</a>`}
      <button onClick=${() => attempt(() => decide(request, { granted: false }))} aria-label=${t("requests.declineOf", names)}>${t("requests.decline")}</button></div>
    ${granting && html`<${Grant} request=${request} close=${() => setGranting(false)} />`}</div>`;
}

/** What a request gives, and until when. */
function Grant({ request, close }) {
  const toggles = [{ userId: request.user.id, app: request.app, granted: true }];
  const send = ({ until }) => decide(request, { granted: true, until: endOf(until) });
  return html`<${FormDialog} title=${t("requests.grantOf", namedRequest(request))} go=${t("requests.grant")} send=${send} close=${close} next=${[NEXT]}>
    <div class="effects"><${Effects} toggles=${toggles} kind="gained" /></div>
    <${Details} pending=${toggles} />
    <${Until} /></${FormDialog}>`;
}
