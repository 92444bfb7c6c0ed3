// What every script of clients shares: what it was given (the first argument, JSON), and how it tells what it saw.
// Each check is a line of JSON on standard output; the last line says how many there were.
import { writeSync } from "node:fs";

export const given = JSON.parse(process.argv[2]);
export const endpoint = `${given.url}/graphql`;
export const LAMBERT = given.companies["Chauffage Lambert"];
export const DELVAUX = given.companies["Bières Delvaux"];

let count = 0;
const tell = (line) => writeSync(1, `${JSON.stringify(line)}\n`);

export const bearer = (who) => ({ authorization: `Bearer ${given.tokens[who]}` });

export async function check(name, body) {
  count += 1;
  try {
    await body();
    tell({ name, problem: null });
  } catch (error) {
    tell({ name, problem: `${error?.stack ?? error}`.slice(0, 2000) });
  }
}

export function done() {
  tell({ done: count });
  process.exit(0);
}
