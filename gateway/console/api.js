/** The client of the public GraphQL API: operations by name, over HTTP and graphql-transport-ws. */

import { signal } from "./vendor/preact.js";

/** Whether the gateway could not be reached by the last request. */
export const offline = signal(!navigator.onLine);
/** Whether a session ended that had been open on this page. */
export const ended = signal(false);
/** The language of answers, which is also sent while nobody is signed in. */
export const spoken = signal("fr");

/** A refusal of the API, with its code; or of the network, with the code OFFLINE. */
class Refused extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** A request for an operation of operations.graphql, whose text the gateway knows. */
const request = (name, variables) => ({
  documentId: `console/${name}`,
  variables: { language: spoken.value.toUpperCase(), ...variables },
});

/** Whether a result shows that nobody is signed in (any more), to operations of pages that need somebody. */
const isNobody = (name, status, { data }) => status === 401 || (name !== "Me" && data?.viewer === null);

/** The answer to an operation, `{data, errors, extensions}`. Raises Refused. `token` replaces the cookie. */
export async function answer(name, variables = {}, token) {
  const headers = { "content-type": "application/json", "accept-language": spoken.value };
  if (token) headers.authorization = `Bearer ${token}`;
  let response;
  try {
    const body = JSON.stringify(request(name, variables));
    response = await fetch("/graphql", { method: "POST", headers, body });
    offline.value = response.status === 502 || response.status === 503;
  } catch {
    offline.value = true;
  }
  if (offline.value) throw new Refused("OFFLINE", "");
  const result = await response.json();
  if (!token && isNobody(name, response.status, result)) ended.value = true;
  if (!result.data) throw new Refused(result.errors[0].extensions?.code, result.errors[0].message);
  return result;
}

/** The data of a query. Raises Refused. */
export const ask = async (name, variables, token) => (await answer(name, variables, token)).data;

/** The payload of a mutation. Raises Refused, also for the first of its errors, with all of them as `errors`. */
export async function change(name, input) {
  const { data, errors } = await answer(name, input === undefined ? {} : { input });
  const payload = Object.values(data)[0];
  if (!payload) throw new Refused(errors[0].extensions?.code, errors[0].message);
  const [first] = payload.errors;
  if (first) throw Object.assign(new Refused(first.code, first.message), { errors: payload.errors });
  return payload;
}

/** The types, errors and settings of the reference, as far as the reader sees them. */
export const readReference = async () => (await fetch("/console/reference.json", { headers: { "x-enfact-request": "1" } })).json();

let socket;

async function connected() {
  const { createClient } = await import("./vendor/graphql-ws.js");
  const url = `${location.origin.replace(/^http/, "ws")}/graphql`;
  const on = { connected: () => (offline.value = false), closed: ({ wasClean }) => wasClean || (offline.value = true) };
  const shouldRetry = (problem) => problem instanceof CloseEvent;
  // The library insists on a text of each operation; the gateway takes the id alone.
  const jsonMessageReplacer = (key, value) => (key === "query" ? undefined : value);
  return createClient({ url, on, shouldRetry, jsonMessageReplacer, retryAttempts: Infinity, lazyCloseTimeout: 1000 });
}

/**
 * Subscribe: `next` gets the data of each event, `stopped` the code with which the gateway ended it.
 * Gives the function that unsubscribes.
 */
export function live(name, variables, next, stopped) {
  let stop = () => (stop = null);
  const begin = async () => {
    const client = await (socket ??= connected());
    const operation = request(name, variables);
    if (!stop) return;
    const error = (reason) => stop && stopped(reason?.[0]?.extensions?.code ?? "UNAUTHENTICATED");
    const end = client.subscribe({ query: "", ...operation }, {
      next: ({ data, errors }) => stop && (data ? next(data) : error(errors)),
      error,
      complete() {},
    });
    stop = () => {
      stop = null;
      end();
    };
  };
  begin().catch(() => (offline.value = true));
  return () => stop?.();
}

/** End the connection of subscriptions, so that the next one begins as who is signed in then. */
export function hangUp() {
  socket?.then((client) => client.dispose());
  socket = undefined;
}

addEventListener("online", () => (offline.value = false));
addEventListener("offline", () => (offline.value = true));
