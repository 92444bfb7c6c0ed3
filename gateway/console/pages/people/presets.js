/** Presets: sets of apps to give at once, with their names. */

import { change } from "../../api.js";
import { attempt, company, html, notify, t } from "../../core.js";
import { FormDialog, Question } from "./dialogs.js";
import { begin, byCategory, matrix } from "./store.js";

/** `open` shows a dialog with a preset. */
export function Presets({ open }) {
  const { apps, presets } = matrix.value;
  const labels = (preset) => apps.filter(({ app }) => preset.apps.includes(app)).map(({ label }) => label).join(", ");
  return html`<section class="sheet" aria-labelledby="presets"><header><h2 id="presets">${t("presets.title")}</h2>
      <button onClick=${() => open(CreatePreset)}>${t("presets.create")}</button></header>
    <p class="soft">${t("presets.text")}</p>
    ${presets.length > 0 && html`<table class="cards"><thead><tr><th scope="col">${t("users.name")}</th><th scope="col">${t("presets.apps")}</th><th scope="col"><span class="hidden">${t("users.actions")}</span></th></tr></thead>
      <tbody>${presets.map((preset) => html`<tr key=${preset.id}><th scope="row"><b>${preset.name}</b></th><td class="wrap">${labels(preset)}</td>
        <td class="end"><button onClick=${() => open(RenamePreset, preset)} aria-label=${t("users.editOf", { name: preset.name })}>${t("edit")}</button>
          <button onClick=${() => open(DeletePreset, preset)} aria-label=${t("users.deleteOf", { name: preset.name })}>${t("delete")}</button></td></tr>`)}</tbody></table>`}</section>`;
}

/** A preset made of apps that are chosen here. */
function CreatePreset({ close }) {
  const choices = matrix.value.apps.filter(({ alwaysVisible }) => !alwaysVisible);
  const send = async ({ name, ...chosen }) => {
    await change("CreatePreset", { companyId: company.value.id, name, apps: choices.map(({ app }) => app).filter((app) => chosen[app]) });
    notify(t("presets.made", { name }));
    await attempt(begin);
  };
  return html`<${FormDialog} title=${t("presets.create")} go=${t("save")} send=${send} close=${close}>
    <label>${t("presets.name")}<input name="name" required maxlength="100" autocomplete="off" autofocus /></label>
    <div class="picks" tabindex="0" role="group" aria-label=${t("presets.apps")}>${byCategory(choices).map(([category, apps]) => html`<fieldset key=${category}>
      <legend>${t(`category.${category}`)}</legend>${apps.map(({ app, label }) => html`<label key=${app} class="check"><input type="checkbox" name=${app} /> ${label}</label>`)}</fieldset>`)}</div></${FormDialog}>`;
}

function RenamePreset({ row: { id, name, version }, close }) {
  const send = async (input) => {
    await change("UpdatePreset", { presetId: id, expectedVersion: version, ...input });
    await attempt(begin);
  };
  return html`<${FormDialog} title=${t("users.editOf", { name })} go=${t("save")} send=${send} close=${close}>
    <label>${t("presets.name")}<input name="name" required maxlength="100" autocomplete="off" value=${name} autofocus /></label></${FormDialog}>`;
}

function DeletePreset({ row: { id, name, version }, close }) {
  const send = async () => {
    await change("DeletePreset", { presetId: id, expectedVersion: version });
    await attempt(begin);
  };
  return html`<${Question} title=${t("users.deleteOf", { name })} text=${t("presets.deleteText")} go=${t("delete")} close=${close} send=${send} />`;
}
