// The seller's apps in Chauffage Lambert, switched by its owner beside the client that is tested.
import assert from "node:assert/strict";
import { LAMBERT, bearer, endpoint } from "./checks.mjs";

const MATRIX = `query ($id: ID!) { company(id: $id) { permissionMatrix(apps: [INVOICES]) {
  version rows { user { id firstName } }
} } }`;
const SWITCH = `mutation ($input: SetAppAccessInput!) { setAppAccess(input: $input) { errors { code } } }`;

// What the owner is answered.
export async function ask(query, variables) {
  const response = await fetch(endpoint, {
    method: "POST",
    headers: { "content-type": "application/json", ...bearer("lambert") },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined);
  return data;
}

export async function switchApp(app, granted) {
  const { company: { permissionMatrix: { version, rows } } } = await ask(MATRIX, { id: LAMBERT });
  const userId = rows.find((row) => row.user?.firstName === "Noah").user.id;
  const changes = [{ userId, app, granted }];
  const { setAppAccess } = await ask(SWITCH, { input: { companyId: LAMBERT, expectedVersion: version, changes } });
  assert.deepEqual(setAppAccess.errors, []);
}

// Without an app while `body` runs.
export async function without(app, body) {
  await switchApp(app, false);
  try {
    await body();
  } finally {
    await switchApp(app, true);
  }
}

// What was sent to the gateway by anything in this process.
export const sent = [];
const fetched = globalThis.fetch;
globalThis.fetch = (url, options) => {
  sent.push(options?.body ?? decodeURIComponent(String(url).replaceAll("+", " "))); // small queries go by GET
  return fetched(url, options);
};

export const quiet = () => new Promise((resolve) => setTimeout(resolve, 300));

// A program of the README, with a cache of its own, as somebody.
let opened = 0;
export async function program(name, who) {
  globalThis.token = bearer(who).authorization.slice("Bearer ".length);
  opened += 1;
  return import(`./readme-${name}.mjs?${opened}`);
}

export const MATRIX_OF = `query Matrix($id: ID!) { company(id: $id) { id permissionMatrix {
  id version rows { id user { id firstName } cells { id app granted effective } }
} } }`;
export const CHANGE = `mutation Change($input: SetAppAccessInput!, $version: Int!) { setAppAccess(input: $input) {
  permissionMatrix { id version changedSince(version: $version) { id granted effective } } errors { code }
} }`;
export const ACCOUNT = `query Account { viewer { id account { id email } } }`;
export const SESSIONS = `query Sessions { viewer { id sessions { id } } }`;

// The variables that turn a cell over, and the cell in a matrix.
export function turn({ id, permissionMatrix: { version, rows } }) {
  const row = rows.find((one) => one.user?.firstName === "Noah");
  const at = (matrix) => matrix.rows.find((one) => one.id === row.id).cells.find((cell) => cell.app === "DISCOUNTS");
  const { granted } = row.cells.find((cell) => cell.app === "DISCOUNTS");
  const changes = [{ userId: row.user.id, app: "DISCOUNTS", granted: !granted }];
  return { variables: { version, input: { companyId: id, expectedVersion: version, changes } }, at, granted: !granted };
}
