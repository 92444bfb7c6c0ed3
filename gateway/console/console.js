// The console: shows who is signed in.
import { html, render } from "./vendor/preact.js";
import { ask } from "./api.js";

const { viewer } = await ask("Me");
const who = viewer ? `${viewer.account.firstName} ${viewer.account.lastName}` : "";
render(html`<main><h1>enFact</h1><p>${who}</p></main>`, document.getElementById("app"));
