// Apollo Client 4: what an application does with it, and what its normalised cache makes of hidden fields.
import assert from "node:assert/strict";
import {
  ApolloClient, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql,
} from "@apollo/client";
import { BatchHttpLink } from "@apollo/client/link/batch-http";
import { relayStylePagination } from "@apollo/client/utilities";
import { DELVAUX, LAMBERT, bearer, check, done, endpoint, given } from "./checks.mjs";

const heard = []; // the body and the status of every answer

async function overheard(url, options) {
  const response = await fetch(url, options);
  const body = await response.clone().json();
  heard.push({ status: response.status, method: options.method, type: response.headers.get("content-type"), body });
  return response;
}

const { data: { __schema } } = await (await fetch(endpoint, {
  method: "POST",
  headers: { "content-type": "application/json", ...bearer("lambert") },
  body: JSON.stringify({ query: "{ __schema { types { kind name possibleTypes { name } } } }" }),
})).json();
const possibleTypes = Object.fromEntries(__schema.types
  .filter((type) => type.kind === "INTERFACE" || type.kind === "UNION")
  .map((type) => [type.name, type.possibleTypes.map((one) => one.name)]));

function client(headers, link = {}) {
  return new ApolloClient({
    link: new HttpLink({ uri: endpoint, headers, fetch: overheard, ...link }),
    cache: new InMemoryCache({
      typePolicies: { Company: { fields: { customers: relayStylePagination(["filter", "orderBy"]) } } },
      possibleTypes,
    }),
  });
}

const VIEWER = gql`query Viewer { viewer { account { id email } companies(first: 5) { nodes { id name } } } }`;
const INVOICES = gql`
  query Invoices($id: ID!) {
    company(id: $id) { id name invoices(first: 2) { nodes { id number discount totalIncl } } }
  }
`;

await check("a query is answered, in the type that Apollo asks for first", async () => {
  const { data } = await client(bearer("noah")).query({ query: VIEWER });
  assert.equal(data.viewer.account.email, "noah@demo.enfact.test");
  assert.equal(data.viewer.companies.nodes.length, 2);
  assert.match(heard.at(-1).type, /^application\/graphql-response\+json/);
});

await check("a query by GET is answered", async () => {
  const { data } = await client(bearer("noah"), { useGETForQueries: true }).query({ query: VIEWER });
  assert.equal(data.viewer.account.email, "noah@demo.enfact.test");
  assert.equal(heard.at(-1).method, "GET");
});

await check("a request error is a CombinedGraphQLErrors with its code", async () => {
  const query = gql`query Wrong { viewer { nothing } }`;
  const error = await client(bearer("noah")).query({ query }).catch((caught) => caught);
  assert.ok(CombinedGraphQLErrors.is(error), `${error}`);
  assert.equal(error.errors[0].extensions.code, "GRAPHQL_VALIDATION_FAILED");
  assert.equal(heard.at(-1).status, 422);
});

await check("a dead token is a CombinedGraphQLErrors too, and so is a request that is refused before", async () => {
  for (const [headers, code] of [
    [{ authorization: "Bearer nobody" }, "UNAUTHENTICATED"],
    [{ authorization: "Basic eA==" }, "UNAUTHENTICATED"],
    [{ ...bearer("noah"), "hidden-fields": "nonsense" }, "BAD_USER_INPUT"],
  ]) {
    const error = await client(headers).query({ query: VIEWER }).catch((caught) => caught);
    assert.ok(CombinedGraphQLErrors.is(error), `${error}`);
    assert.equal(error.errors[0].extensions.code, code);
  }
});

await check("a hidden field is null in the cache, and the note reaches whoever listens", async () => {
  const apollo = client(bearer("noah"));
  const { data } = await apollo.query({ query: INVOICES, variables: { id: DELVAUX } });
  assert.equal(data.company.invoices, null);
  assert.deepEqual(heard.at(-1).body.extensions.hidden, [
    { path: ["company", "invoices"], app: "INVOICES", companies: [DELVAUX] },
  ]);
  assert.equal(apollo.cache.extract()[`Company:${DELVAUX}`]['invoices({"first":2})'], null);
  const before = heard.length;
  const again = await apollo.query({ query: INVOICES, variables: { id: DELVAUX } });
  assert.equal(again.data.company.invoices, null);
  assert.equal(heard.length, before, "the cache has it: it must not be asked again");
});

await check("hidden fields as errors come with the data under errorPolicy all", async () => {
  const apollo = client({ ...bearer("noah"), "hidden-fields": "error" });
  const { data, error } = await apollo.query({ query: INVOICES, variables: { id: DELVAUX }, errorPolicy: "all" });
  assert.equal(data.company.id, DELVAUX);
  assert.ok(CombinedGraphQLErrors.is(error), `${error}`);
  assert.deepEqual(error.errors.map((one) => one.extensions.code), ["APP_REQUIRED"]);
  assert.equal(heard.at(-1).status, 294);
});

await check("who accepts application/json only is told so at 200, and of a request error at 422", async () => {
  const accept = { accept: "application/json" };
  const partial = client({ ...bearer("noah"), ...accept, "hidden-fields": "error" });
  const { data, error } = await partial.query({ query: INVOICES, variables: { id: DELVAUX }, errorPolicy: "all" });
  assert.equal(data.company.id, DELVAUX);
  assert.equal(error.errors[0].extensions.code, "APP_REQUIRED");
  assert.equal(heard.at(-1).status, 200);
  const query = gql`query Wrong { viewer { nothing } }`;
  const refused = await client({ ...bearer("noah"), ...accept }).query({ query }).catch((caught) => caught);
  assert.ok(CombinedGraphQLErrors.is(refused), `${refused}`);
  assert.equal(heard.at(-1).status, 422);
});

await check("an interface is read through fragments and possibleTypes", async () => {
  const query = gql`
    query Documents($id: ID!) {
      company(id: $id) { id documents(first: 5) { nodes { __typename id ... on Document { number kind } } } }
    }
  `;
  const { data } = await client(bearer("lambert")).query({ query, variables: { id: LAMBERT } });
  assert.equal(data.company.documents.nodes.length, 5);
  assert.ok(data.company.documents.nodes.every((document) => document.number && document.kind));
});

await check("relayStylePagination joins the pages of a connection", async () => {
  const query = gql`
    query Customers($id: ID!, $after: String) {
      company(id: $id) {
        id
        customers(first: 3, after: $after, orderBy: [NAME_ASC]) {
          edges { cursor node { id name } }
          pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        }
      }
    }
  `;
  const watched = client(bearer("lambert")).watchQuery({ query, variables: { id: LAMBERT } });
  const first = await settled(watched, (data) => data.company.customers.edges.length === 3);
  assert.equal(first.company.customers.pageInfo.hasNextPage, true);
  await watched.fetchMore({ variables: { after: first.company.customers.pageInfo.endCursor } });
  const both = await settled(watched, (data) => data.company.customers.edges.length === 6);
  assert.equal(new Set(both.company.customers.edges.map((edge) => edge.node.id)).size, 6);
});

await check("a mutation's payload updates what is shown", async () => {
  const apollo = client(bearer("lambert"));
  const query = gql`
    query Matrix($id: ID!) {
      company(id: $id) {
        id
        permissionMatrix(apps: [DISCOUNTS]) {
          id version rows { id user { id firstName } cells { app granted } }
        }
      }
    }
  `;
  const mutation = gql`
    mutation Toggle($input: SetAppAccessInput!) {
      setAppAccess(input: $input) {
        company { id permissionMatrix(apps: [DISCOUNTS]) { id version rows { id user { id firstName } cells { app granted } } } }
        errors { code message field }
      }
    }
  `;
  const watched = apollo.watchQuery({ query, variables: { id: LAMBERT } });
  const before = await settled(watched, (data) => data.company.permissionMatrix !== null);
  const { version, rows } = before.company.permissionMatrix;
  const row = rows.find((one) => one.user?.firstName === "Noah");
  for (const [granted, expectedVersion] of [[!row.cells[0].granted, version], [row.cells[0].granted, version + 1]]) {
    const changes = [{ userId: row.user.id, app: "DISCOUNTS", granted }];
    const { data } = await apollo.mutate({
      mutation, variables: { input: { companyId: LAMBERT, expectedVersion, changes } },
    });
    assert.deepEqual(data.setAppAccess.errors, []);
    const cell = (shown) => shown.company.permissionMatrix.rows.find((one) => one.id === row.id).cells[0];
    await settled(watched, (shown) =>
      shown.company.permissionMatrix.version === expectedVersion + 1 && cell(shown).granted === granted);
  }
});

await check("operations of one moment travel as an array, each with its own answer", async () => {
  const apollo = new ApolloClient({
    link: new BatchHttpLink({ uri: endpoint, headers: bearer("noah"), fetch: overheard, batchInterval: 20, batchMax: 50 }),
    cache: new InMemoryCache({ possibleTypes }),
  });
  const before = heard.length;
  const wrong = gql`query Wrong { viewer { nothing } }`;
  const [viewer, invoices, refused] = await Promise.all([
    apollo.query({ query: VIEWER }),
    apollo.query({ query: INVOICES, variables: { id: DELVAUX } }),
    apollo.query({ query: wrong }).catch((caught) => caught),
  ]);
  assert.equal(heard.length, before + 1, "they are one request");
  assert.equal(heard.at(-1).status, 200);
  assert.equal(heard.at(-1).body.length, 3);
  assert.equal(viewer.data.viewer.account.email, "noah@demo.enfact.test");
  assert.equal(invoices.data.company.invoices, null);
  assert.equal(heard.at(-1).body[1].extensions.hidden[0].app, "INVOICES");
  assert.ok(CombinedGraphQLErrors.is(refused), `${refused}`);
  assert.equal(refused.errors[0].extensions.code, "GRAPHQL_VALIDATION_FAILED");
});

await check("a session in a cookie is used by pages of the origin that is set, and by no other", async () => {
  const sent = { origin: given.origin, "sec-fetch-site": "cross-site" };
  const response = await fetch(endpoint, {
    method: "POST",
    headers: { ...sent, "content-type": "application/json" },
    body: JSON.stringify({
      query: "mutation($i: LoginInput!) { login(input: $i) { token errors { code } } }",
      variables: { i: { email: "eva@demo.enfact.test", password: "demo-enfact-2026", session: "COOKIE" } },
    }),
  });
  assert.deepEqual((await response.json()).data.login, { token: null, errors: [] });
  const cookie = response.headers.getSetCookie()[0].split(";")[0];
  const { data } = await client({ ...sent, cookie }).query({ query: VIEWER });
  assert.equal(data.viewer.account.email, "eva@demo.enfact.test");
  const foreign = { ...sent, origin: "https://evil.example", cookie };
  const error = await client(foreign).query({ query: VIEWER }).catch((caught) => caught);
  assert.equal(error.errors[0].extensions.code, "CSRF_REFUSED");
  const get = client({ ...sent, cookie, "x-enfact-request": "1" }, { useGETForQueries: true });
  assert.equal((await get.query({ query: VIEWER })).data.viewer.account.email, "eva@demo.enfact.test");
});

done();

// The first data of a watched query for which `holds`; fails after ten seconds.
function settled(watched, holds) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error("what was expected did not come")), 10_000);
    const subscription = watched.subscribe({
      next: ({ data, error }) => {
        if (error) {
          reject(error);
        } else if (data && holds(data)) {
          clearTimeout(late);
          setTimeout(() => subscription.unsubscribe());
          resolve(data);
        }
      },
      error: reject,
    });
  });
}
