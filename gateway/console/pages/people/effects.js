/** What changes of access do: in people's words, and what follows for programs. */

import { ask } from "../../api.js";
import { Failed, Waiting, company, fullName, html, t, useRead, useState } from "../../core.js";
import { matrix } from "./store.js";

/** Operations of the console whose extent is looked at. */
const OPERATIONS = ["Desk"];

/** The apps that somebody loses or gains, with what they are; `kind` is `lost` or `gained`. */
export function Effects({ toggles, kind }) {
  if (!toggles.length) return null;
  const apps = new Map(matrix.value.apps.map((info) => [info.app, info]));
  return html`<p class=${kind}>${t(`review.${kind}`)}</p><ul>${toggles.map(({ app }) => html`
    <li key=${app}><b>${apps.get(app).label}</b> <small>${apps.get(app).description}</small></li>`)}</ul>`;
}

/** What follows for programs: fields by type, operations that become partial, keys. Read when it is opened. */
export function Details({ pending }) {
  const [opened, setOpened] = useState(false);
  return html`<details onToggle=${({ target }) => setOpened(target.open)}><summary>${t("review.details")}</summary>
    ${opened && html`<${Preview} pending=${pending} />`}</details>`;
}

function Preview({ pending }) {
  const { value, problem, again } = useRead(async () => {
    const asked = { companyId: company.value.id, changes: pending, operations: OPERATIONS };
    return (await ask("Preview", asked)).company.previewAccess;
  }, [JSON.stringify(pending)]);
  if (problem) return html`<${Failed} problem=${problem} again=${again} />`;
  if (!value) return html`<${Waiting} />`;
  return html`${value.people.map(({ user, lost, gained }) => html`<section key=${user.id} class="effects"><h3>${fullName(user)}</h3>
      <${Coordinates} types=${lost} kind="lost" /><${Coordinates} types=${gained} kind="gained" /></section>`)}
    ${value.operations.map(({ name, user, before, after }) => html`<p key=${name + user.id}><code>${name}</code> · ${fullName(user)}: ${t("history.from", { before: t(`extent.${before}`), after: t(`extent.${after}`) })}</p>`)}
    ${value.apiKeys.map(({ apiKey, lost }) => html`<section key=${apiKey.id} class="effects"><h3>${t("review.key", { name: apiKey.label })}</h3>
      <${Coordinates} types=${lost} kind="lost" /></section>`)}`;
}

const Coordinates = ({ types, kind }) => types.length > 0 && html`<p class=${kind}>${t(`review.${kind}`)}</p>
  <ul class="coordinates">${types.map(({ type, names }) => html`<li key=${type}><code>${type}</code> ${names.join(", ")}</li>`)}</ul>`;
