// relay-runtime over what relay-compiler made of src/: queries, a connection, a refetch by node, a mutation, @catch.
import assert from "node:assert/strict";
import { registerHooks } from "node:module";
import {
  Environment, Network, RecordSource, Store, commitMutation, createOperationDescriptor, fetchQuery, getSingularSelector,
} from "relay-runtime";
import { DELVAUX, LAMBERT, bearer, check, done, endpoint } from "./checks.mjs";

registerHooks({ // the compiler leaves the ending out, as bundlers like it
  resolve: (name, context, next) => next(name.endsWith(".graphql") ? `${name}.js` : name, context),
});

const load = async (name) => (await import(`./src/__generated__/${name}.graphql.js`)).default;
let asked = [];

function environment(headers) {
  asked = [];
  return new Environment({
    store: new Store(new RecordSource()),
    network: Network.create(async (request, variables) => {
      const response = await fetch(endpoint, {
        method: "POST",
        headers: { "content-type": "application/json", accept: "application/graphql-response+json", ...headers },
        body: JSON.stringify({ query: request.text, operationName: request.name, variables }),
      });
      asked.push({ name: request.name, variables, status: response.status });
      return response.json();
    }),
  });
}

await check("a query is answered and normalised", async () => {
  const relay = environment(bearer("noah"));
  const data = await fetchQuery(relay, await load("queriesViewerQuery"), {}).toPromise();
  assert.equal(data.viewer.companies.edges.length, 2);
  assert.equal(relay.getStore().getSource().get(LAMBERT).name, "Chauffage Lambert");
});

await check("a connection grows by its refetch, which goes through node", async () => {
  const relay = environment(bearer("lambert"));
  const [query, fragment, more] = await Promise.all(
    ["queriesCompanyQuery", "queries_customers", "queriesCustomersPaginationQuery"].map(load));
  const data = await fetchQuery(relay, query, { id: LAMBERT }).toPromise();
  const operation = createOperationDescriptor(query, { id: LAMBERT });
  relay.retain(operation);
  const selector = getSingularSelector(fragment, data.company);
  const page = () => relay.lookup(selector).data.customers;
  assert.equal(page().edges.length, 3);
  const { endCursor, hasNextPage } = page().pageInfo;
  assert.equal(hasNextPage, true);
  await fetchQuery(relay, more, { id: LAMBERT, count: 3, cursor: endCursor }).toPromise();
  assert.equal(asked.at(-1).name, "queriesCustomersPaginationQuery");
  const edges = page().edges;
  assert.equal(new Set(edges.map((edge) => edge.node.id)).size, 6);
});

await check("a hidden connection is null", async () => {
  const data = await fetchQuery(environment(bearer("noah")), await load("queriesCaughtQuery"), { id: DELVAUX })
    .toPromise();
  assert.deepEqual(data.company.invoices, { ok: true, value: null });
});

await check("@catch takes the error of a hidden connection, and the rest stays", async () => {
  const relay = environment({ ...bearer("noah"), "hidden-fields": "error" });
  const data = await fetchQuery(relay, await load("queriesCaughtQuery"), { id: DELVAUX }).toPromise();
  assert.equal(data.company.name, "Bières Delvaux");
  assert.equal(data.company.invoices.ok, false);
});

await check("a mutation updates the store", async () => {
  const relay = environment(bearer("delvaux"));
  const mutation = await load("queriesSpeakMutation");
  const speak = (language) => new Promise((onCompleted, onError) =>
    commitMutation(relay, { mutation, variables: { input: { language } }, onCompleted, onError }));
  const { updateProfile } = await speak("EN");
  assert.deepEqual(updateProfile.errors, []);
  assert.equal(relay.getStore().getSource().get(updateProfile.viewer.account.id).language, "EN");
  await speak("FR");
});

done();
