// urql's core with its document cache.
import assert from "node:assert/strict";
import { Client, cacheExchange, fetchExchange, gql } from "@urql/core";
import { DELVAUX, LAMBERT, bearer, check, done, endpoint } from "./checks.mjs";

let asked = [];
let statuses = [];

function client(headers, more = {}) {
  asked = [];
  statuses = [];
  return new Client({
    url: endpoint,
    exchanges: [cacheExchange, fetchExchange],
    fetchOptions: { headers },
    fetch: async (url, options) => {
      asked.push(options.method);
      const response = await fetch(url, options);
      statuses.push(response.status);
      return response;
    },
    ...more,
  });
}

const VIEWER = gql`query Viewer { viewer { account { id email } companies(first: 5) { nodes { id name } } } }`;
const INVOICES = gql`query Invoices($id: ID!) { company(id: $id) { id invoices(first: 2) { nodes { id number } } } }`;

for (const preferGetMethod of [false, "force"]) {
  await check(`a query is answered and cached, preferGetMethod ${preferGetMethod}`, async () => {
    const urql = client(bearer("noah"), { preferGetMethod });
    for (const _ of [1, 2]) {
      const { data, error } = await urql.query(VIEWER, {}).toPromise();
      assert.equal(error, undefined);
      assert.equal(data.viewer.account.email, "noah@demo.enfact.test");
    }
    assert.deepEqual(asked, [preferGetMethod ? "GET" : "POST"]);
  });
}

await check("errors are GraphQL errors with their code, at any status", async () => {
  const cases = [
    [bearer("noah"), "query Wrong { viewer { nothing } }", "GRAPHQL_VALIDATION_FAILED", 422],
    [{ authorization: "Bearer nobody" }, "query Dead { viewer { account { id } } }", "UNAUTHENTICATED", 401],
    [{ ...bearer("noah"), "hidden-fields": "x" }, "query Bad { viewer { account { id } } }", "BAD_USER_INPUT", 400],
  ];
  for (const [headers, query, code, status] of cases) {
    const { error } = await client(headers).query(query, {}).toPromise();
    assert.equal(error.networkError, undefined, `${error}`);
    assert.deepEqual(error.graphQLErrors.map((one) => one.extensions.code), [code]);
    assert.deepEqual(statuses, [status]);
  }
});

await check("a hidden field is null and noted in the extensions", async () => {
  const { data, error, extensions } = await client(bearer("noah")).query(INVOICES, { id: DELVAUX }).toPromise();
  assert.equal(error, undefined);
  assert.equal(data.company.invoices, null);
  assert.equal(extensions.hidden[0].app, "INVOICES");
});

await check("hidden fields as errors come beside the data", async () => {
  const urql = client({ ...bearer("noah"), "hidden-fields": "error" });
  const { data, error } = await urql.query(INVOICES, { id: DELVAUX }).toPromise();
  assert.equal(data.company.id, DELVAUX);
  assert.deepEqual(error.graphQLErrors.map((one) => one.extensions.code), ["APP_REQUIRED"]);
  assert.deepEqual(statuses, [294]);
});

await check("a mutation makes the document cache ask again", async () => {
  const urql = client(bearer("lambert"));
  const query = gql`query Me { viewer { account { id language } } }`;
  const mutation = gql`
    mutation Speak($input: UpdateProfileInput!) {
      updateProfile(input: $input) { viewer { account { id language } } errors { code } }
    }
  `;
  const { language } = (await urql.query(query, {}).toPromise()).data.viewer.account;
  for (const next of ["DE", language]) {
    const { data } = await urql.mutation(mutation, { input: { language: next } }).toPromise();
    assert.equal(data.updateProfile.viewer.account.language, next);
    assert.equal((await urql.query(query, {}).toPromise()).data.viewer.account.language, next);
  }
});

await check("a page follows a page", async () => {
  const query = gql`
    query Page($id: ID!, $after: String) {
      company(id: $id) { id customers(first: 2, after: $after) { nodes { id } pageInfo { endCursor hasNextPage } } }
    }
  `;
  const urql = client(bearer("lambert"));
  const first = (await urql.query(query, { id: LAMBERT }).toPromise()).data.company.customers;
  const after = first.pageInfo.endCursor;
  const second = (await urql.query(query, { id: LAMBERT, after }).toPromise()).data.company.customers;
  assert.equal(new Set([...first.nodes, ...second.nodes].map((node) => node.id)).size, 4);
});

done();
