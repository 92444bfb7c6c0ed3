// The README's program for Relay: what its store makes of lists that become hidden.
import assert from "node:assert/strict";
import { registerHooks } from "node:module";
import { commitMutation, createOperationDescriptor, fetchQuery, getSingularSelector } from "relay-runtime";
import { DELVAUX, LAMBERT, check, done } from "./checks.mjs";
import { program, quiet, sent, turn, without } from "./switching.mjs";

registerHooks({ // the compiler leaves the ending out, as bundlers like it
  resolve: (name, context, next) => next(name.endsWith(".graphql") ? `${name}.js` : name, context),
});

const load = async (name) => (await import(`./src/__generated__/${name}.graphql.js`)).default;
const read = (environment, query, variables) =>
  fetchQuery(environment, query, variables, { networkCacheConfig: { force: true } }).toPromise();

// Reads a query, keeps it, and tells how it stands now.
async function watch(environment, name, variables) {
  const query = await load(name);
  const operation = createOperationDescriptor(query, variables);
  environment.retain(operation);
  const data = await read(environment, query, variables);
  return { query, data, now: () => environment.lookup(operation.fragment).data };
}

await check("Relay: a list that was read is gone when it is hidden, and comes again", async () => {
  const { environment } = await program("relay", "noah");
  const { query, data } = await watch(environment, "queriesInvoicesQuery", { id: LAMBERT });
  const [fragment, more] = await Promise.all(["queries_invoices", "queriesInvoicesPaginationQuery"].map(load));
  const selector = getSingularSelector(fragment, data.company);
  const shown = () => environment.lookup(selector).data.invoices;
  assert.equal(shown().edges.length, 3);
  const cursor = shown().pageInfo.endCursor;
  await read(environment, more, { id: LAMBERT, count: 3, cursor });
  assert.equal(shown().edges.length, 6);
  await without("INVOICES", async () => {
    await read(environment, query, { id: LAMBERT });
    assert.equal(shown(), null);
  });
  await read(environment, query, { id: LAMBERT });
  assert.equal(shown().edges.length, 3);
});

await check("Relay: a list that is hidden from the start is null", async () => {
  const { environment } = await program("relay", "noah");
  const { data } = await watch(environment, "queriesInvoicesQuery", { id: DELVAUX });
  const selector = getSingularSelector(await load("queries_invoices"), data.company);
  assert.equal(environment.lookup(selector).data.invoices, null);
});

await check("Relay: a toggle is merged without the matrix", async () => {
  const { environment } = await program("relay", "lambert");
  const { now } = await watch(environment, "queriesMatrixQuery", { id: LAMBERT });
  const mutation = await load("queriesChangeMutation");
  for (const _ of [1, 2]) {
    const { variables, at, granted } = turn(now().company);
    await new Promise((onCompleted, onError) =>
      commitMutation(environment, { mutation, variables, onCompleted, onError }));
    const { permissionMatrix } = now().company;
    assert.deepEqual([at(permissionMatrix).granted, permissionMatrix.version], [granted, variables.version + 1]);
  }
  assert.equal(sent.filter((body) => body.includes("query queriesMatrixQuery")).length, 1);
});

await check("Relay: two watched queries on the viewer leave each other alone", async () => {
  const { environment } = await program("relay", "noah");
  const account = await watch(environment, "queriesAccountQuery", {});
  const sessions = await watch(environment, "queriesSessionsQuery", {});
  await quiet();
  assert.equal(account.now().viewer.account.email, "noah@demo.enfact.test");
  assert.ok(sessions.now().viewer.sessions.length > 0);
  assert.equal(account.now().viewer.id, sessions.now().viewer.id);
});

done();
