// Subscriptions, by each library that applications use for them: graphql-ws, graphql-sse, Apollo and urql over both.
import assert from "node:assert/strict";
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { Client as Urql, fetchExchange, subscriptionExchange } from "@urql/core";
import { createClient as createSse } from "graphql-sse";
import { createClient as createWs } from "graphql-ws";
import { LAMBERT, bearer, check, done, endpoint, given } from "./checks.mjs";

const WATCH = `subscription Watch($id: ID!) { permissionMatrixChanged(companyId: $id) { id version } }`;
const WRONG = `subscription Wrong($id: ID!) { permissionMatrixChanged(companyId: $id) { nothing } }`;
const VIEWER = `query Viewer { viewer { account { email } } }`;
const TOGGLE = `mutation Toggle($input: SetAppAccessInput!) {
  setAppAccess(input: $input) { permissionMatrix { version } errors { code } }
}`;
const MATRIX = `query Matrix($id: ID!) { company(id: $id) { permissionMatrix(apps: [DISCOUNTS]) {
  version rows { user { id firstName } cells { granted } }
} } }`;

async function ask(query, variables) {
  const response = await fetch(endpoint, {
    method: "POST",
    headers: { "content-type": "application/json", ...bearer("lambert") },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined);
  return data;
}

// Switches one cell there and back until `heard` has something: nobody tells when a subscription has begun.
async function stir(heard) {
  for (let round = 0; round < 20 && heard.length === 0; round += 1) {
    const { company: { permissionMatrix: { version, rows } } } = await ask(MATRIX, { id: LAMBERT });
    const row = rows.find((one) => one.user?.firstName === "Noah");
    let expectedVersion = version;
    for (const granted of [!row.cells[0].granted, row.cells[0].granted]) {
      const changes = [{ userId: row.user.id, app: "DISCOUNTS", granted }];
      const { setAppAccess } = await ask(TOGGLE, { input: { companyId: LAMBERT, expectedVersion, changes } });
      assert.deepEqual(setAppAccess.errors, []);
      expectedVersion = setAppAccess.permissionMatrix.version;
    }
    for (let wait = 0; wait < 20 && heard.length === 0; wait += 1) {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
  assert.ok(heard.length > 0, "no event came");
  assert.equal(typeof heard[0].permissionMatrixChanged.version, "number");
}

const webSocket = (headers, more = {}) =>
  createWs({ url: endpoint.replace("http", "ws"), connectionParams: headers, retryAttempts: 0, ...more });
const events = (headers) => createSse({ url: endpoint, headers, retryAttempts: 0 });

// The same for the two libraries of the protocols, whose clients are alike.
for (const [name, connect] of [["graphql-ws", webSocket], ["graphql-sse", events]]) {
  await check(`${name}: an event comes, and the subscription ends when the client says so`, async () => {
    const client = connect(bearer("lambert"));
    const heard = [];
    let ended = false;
    const stop = client.subscribe({ query: WATCH, variables: { id: LAMBERT } }, {
      next: ({ data }) => heard.push(data), error: (error) => heard.push({ error }), complete: () => { ended = true; },
    });
    await stir(heard);
    stop();
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(ended, true);
    await client.dispose();
  });

  await check(`${name}: a query is answered once`, async () => {
    const client = connect(bearer("noah"));
    const answers = [];
    for await (const answer of client.iterate({ query: VIEWER })) answers.push(answer);
    assert.deepEqual(answers, [{ data: { viewer: { account: { email: "noah@demo.enfact.test" } } } }]);
    await client.dispose();
  });

  await check(`${name}: a request error and a lost right are told by their codes`, async () => {
    const client = connect(bearer("noah"));
    assert.deepEqual(await codes(client, WRONG), ["GRAPHQL_VALIDATION_FAILED"]);
    assert.deepEqual(await codes(client, WATCH), ["ACCESS_REVOKED"]);
    await client.dispose();
  });
}

await check("graphql-sse: a dead token is told by its code", async () => {
  const response = await fetch(endpoint, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "text/event-stream", authorization: "Bearer nobody" },
    body: JSON.stringify({ query: WATCH, variables: { id: LAMBERT } }),
  });
  assert.match(await response.text(), /UNAUTHENTICATED/);
});

await check("an event stream may be read by a page of an origin that is set", async () => {
  const response = await fetch(endpoint, {
    method: "POST",
    headers: {
      "content-type": "application/json", accept: "text/event-stream", origin: given.origin, ...bearer("noah"),
    },
    body: JSON.stringify({ query: VIEWER }),
  });
  assert.equal(response.headers.get("access-control-allow-origin"), given.origin);
  assert.match(await response.text(), /noah@demo/);
});

await check("graphql-ws: a dead token closes the socket or ends the subscription", async () => {
  const client = webSocket({ authorization: "Bearer nobody" });
  const ended = await codes(client, WATCH).catch((closed) => [closed.code]);
  assert.ok([4403, 4401, "UNAUTHENTICATED"].includes(ended[0]), JSON.stringify(ended));
});

await check("Apollo: a subscription through GraphQLWsLink, queries beside it over HTTP", async () => {
  const client = webSocket(bearer("lambert"));
  const apollo = new ApolloClient({
    cache: new InMemoryCache(),
    link: ApolloLink.split(
      ({ operationType }) => operationType === "subscription",
      new GraphQLWsLink(client),
      new HttpLink({ uri: endpoint, headers: bearer("lambert") }),
    ),
  });
  assert.equal((await apollo.query({ query: gql(VIEWER) })).data.viewer.account.email, "lambert@demo.enfact.test");
  const heard = [];
  const subscription = apollo.subscribe({ query: gql(WATCH), variables: { id: LAMBERT } })
    .subscribe(({ data }) => heard.push(data));
  await stir(heard);
  subscription.unsubscribe();
  await client.dispose();
});

await check("Apollo: a subscription through HttpLink alone, by the multipart protocol", async () => {
  const apollo = new ApolloClient({
    cache: new InMemoryCache(),
    link: new HttpLink({ uri: endpoint, headers: bearer("lambert") }),
  });
  const heard = [];
  const subscription = apollo.subscribe({ query: gql(WATCH), variables: { id: LAMBERT } })
    .subscribe(({ data }) => heard.push(data));
  await stir(heard);
  subscription.unsubscribe();
  assert.ok(heard[0].permissionMatrixChanged.version > 0);
  const refused = await new Promise((resolve) => {
    apollo.subscribe({ query: gql(WATCH), variables: { id: "com_00000000000000000000000000000000" } })
      .subscribe({ next: ({ error }) => error && resolve(error), error: resolve });
  });
  assert.equal(refused.errors[0].extensions.code, "ACCESS_REVOKED");
});

for (const [name, exchanges] of [
  ["graphql-ws", () => {
    const client = webSocket(bearer("lambert"));
    return [fetchExchange, subscriptionExchange({
      forwardSubscription: (request) => ({
        subscribe: (sink) => ({ unsubscribe: client.subscribe({ ...request, query: request.query ?? "" }, sink) }),
      }),
    })];
  }],
  ["its own server-sent events", () => [fetchExchange]],
]) {
  await check(`urql: queries and a subscription over ${name}`, async () => {
    const urql = new Urql({
      url: endpoint, exchanges: exchanges(), fetchSubscriptions: true, preferGetMethod: false,
      fetchOptions: { headers: bearer("lambert") },
    });
    const { data, error } = await urql.query(VIEWER, {}).toPromise();
    assert.equal(error, undefined);
    assert.equal(data.viewer.account.email, "lambert@demo.enfact.test");
    const heard = [];
    const { unsubscribe } = urql.subscription(WATCH, { id: LAMBERT })
      .subscribe((result) => heard.push(result.data ?? result));
    await stir(heard);
    unsubscribe();
  });
}

done();

// The codes of the errors with which a subscription ends.
function codes(client, query) {
  return new Promise((resolve, reject) => {
    const found = [];
    const take = (errors) => found.push(...(errors ?? []).map((one) => one.extensions.code));
    client.subscribe({ query, variables: { id: LAMBERT } }, {
      next: ({ errors }) => take(errors),
      error: (error) => (Array.isArray(error) ? resolve([...found, ...error.map((one) => one.extensions.code)])
        : reject(error)),
      complete: () => resolve(found),
    });
  });
}
