/** The name of the person of an address, for pages that need nothing more of the matrix. */

import { ask } from "../../api.js";
import { Failed, Waiting, fullName, html, t, useRead } from "../../core.js";
import { Gone } from "./tabs.js";

/** `{name, note}` of the user of a route, or `instead`: what stands there while or where there is none. */
export function usePerson({ user: userId }) {
  const { value, problem, again } = useRead(async () => ({ userId, node: (await ask("PersonName", { userId })).node }), [userId]);
  const node = value?.userId === userId ? value.node : undefined; // not the person of the address before
  if (node?.firstName !== undefined) return { name: fullName(node), note: `${node.email} · ${t(`role.${node.role}`)}` };
  if (problem) return { instead: html`<${Failed} problem=${problem} again=${again} />` };
  if (node === undefined) return { instead: html`<${Waiting} />` };
  return { instead: html`<${Gone} />` };
}
