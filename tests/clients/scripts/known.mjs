// Operations known in advance: automatic persisted queries of Apollo and urql, and ids of documents.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { ApolloClient, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { Client as Urql, fetchExchange } from "@urql/core";
import { persistedExchange } from "@urql/exchange-persisted";
import { bearer, check, done, endpoint } from "./checks.mjs";

const sha256 = (text) => createHash("sha256").update(text).digest("hex");
let heard = [];

async function overheard(url, options) {
  const asked = options.body ? JSON.parse(options.body) : Object.fromEntries(new URL(url).searchParams);
  const response = await fetch(url, options);
  const { errors } = await response.clone().json();
  heard.push([options.method, "query" in asked, response.status, errors?.[0].extensions.code ?? null]);
  return response;
}

for (const useGETForHashedQueries of [false, true]) {
  const method = useGETForHashedQueries ? "GET" : "POST";
  await check(`Apollo registers a query once, then sends its hash by ${method}`, async () => {
    const query = gql(`query Known${method} { viewer { account { email } } }`);
    for (const expected of [
      [[method, false, 200, "PERSISTED_QUERY_NOT_FOUND"], ["POST", true, 200, null]],
      [[method, false, 200, null]],
    ]) {
      heard = [];
      const apollo = new ApolloClient({
        cache: new InMemoryCache(),
        link: new PersistedQueryLink({ sha256, useGETForHashedQueries })
          .concat(new HttpLink({ uri: endpoint, headers: bearer("noah"), fetch: overheard })),
      });
      const { data } = await apollo.query({ query });
      assert.equal(data.viewer.account.email, "noah@demo.enfact.test");
      assert.deepEqual(heard, expected);
    }
  });
}

await check("urql does the same", async () => {
  for (const asked of [2, 1]) {
    heard = [];
    const urql = new Urql({
      url: endpoint, fetch: overheard, fetchOptions: { headers: bearer("noah") }, preferGetMethod: false,
      exchanges: [persistedExchange({ preferGetForPersistedQueries: true }), fetchExchange],
    });
    const { data, error } = await urql.query("query KnownUrql { viewer { account { email } } }", {}).toPromise();
    assert.equal(error, undefined);
    assert.equal(data.viewer.account.email, "noah@demo.enfact.test");
    assert.equal(heard.length, asked);
  }
});

await check("a hash that is not that of the query is refused", async () => {
  const response = await fetch(endpoint, {
    method: "POST",
    headers: { "content-type": "application/json", ...bearer("noah") },
    body: JSON.stringify({
      query: "{ __typename }", extensions: { persistedQuery: { version: 1, sha256Hash: sha256("{ other }") } },
    }),
  });
  assert.equal((await response.json()).errors[0].extensions.code, "BAD_USER_INPUT");
});

done();
