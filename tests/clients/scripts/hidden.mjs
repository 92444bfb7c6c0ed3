// The README's programs for Apollo Client and urql: what their normalised caches make of lists that become hidden.
import assert from "node:assert/strict";
import { gql as apolloGql } from "@apollo/client";
import { gql as urqlGql } from "@urql/core";
import { DELVAUX, LAMBERT, check, done } from "./checks.mjs";
import { ACCOUNT, CHANGE, MATRIX_OF, SESSIONS, program, quiet, sent, turn, without } from "./switching.mjs";

const asked = (name) => sent.filter((body) => body.includes(name)).length;

// --- Apollo Client

// The first data of a watched query for which `holds`.
function settled(watched, holds) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error("what was expected did not come")), 20_000);
    const subscription = watched.subscribe(({ data, error }) => {
      if (error) return reject(error);
      if (!data || !holds(data)) return undefined;
      clearTimeout(late);
      setTimeout(() => subscription.unsubscribe());
      return resolve(data);
    });
  });
}

await check("Apollo: a list that was read is gone when it is hidden, and comes again", async () => {
  const { client, query } = await program("apollo", "noah");
  const watched = client.watchQuery({ query, variables: { id: LAMBERT } });
  const kept = watched.subscribe(() => {});
  const first = await settled(watched, ({ company }) => company.invoices?.edges.length === 3);
  await watched.fetchMore({ variables: { after: first.company.invoices.pageInfo.endCursor } });
  await settled(watched, ({ company }) => company.invoices.edges.length === 6);
  await without("INVOICES", async () => {
    await watched.fetchMore({ variables: { after: first.company.invoices.pageInfo.endCursor } });
    await settled(watched, ({ company }) => company.invoices === null);
    assert.equal((await watched.refetch()).data.company.invoices, null);
    assert.equal(client.readQuery({ query, variables: { id: LAMBERT } }).company.invoices, null);
  });
  assert.equal((await watched.refetch()).data.company.invoices.edges.length, 3);
  kept.unsubscribe();
});

await check("Apollo: a list that is hidden from the start is null, and is asked for once", async () => {
  const { client, query } = await program("apollo", "noah");
  const before = sent.length;
  const watched = client.watchQuery({ query, variables: { id: DELVAUX } });
  const shown = await settled(watched, () => true);
  await quiet();
  assert.deepEqual([shown.company.id, shown.company.invoices, sent.length - before], [DELVAUX, null, 1]);
});

await check("Apollo: an empty cursor, as relayStylePagination gives it for an empty list, begins the list", async () => {
  const { client, query } = await program("apollo", "noah");
  const { data } = await client.query({ query, variables: { id: LAMBERT, after: "" } });
  assert.equal(data.company.invoices.edges.length, 3);
});

await check("Apollo: a toggle is merged without the matrix", async () => {
  const { client } = await program("apollo", "lambert");
  const watched = client.watchQuery({ query: apolloGql(MATRIX_OF), variables: { id: LAMBERT } });
  const kept = watched.subscribe(() => {});
  for (const _ of [1, 2]) {
    const { company } = await settled(watched, () => true);
    const { variables, at, granted } = turn(company);
    await client.mutate({ mutation: apolloGql(CHANGE), variables });
    const { company: { permissionMatrix } } = await settled(watched, (data) =>
      at(data.company.permissionMatrix).granted === granted);
    assert.equal(permissionMatrix.version, variables.version + 1);
  }
  assert.equal(asked("query Matrix("), 1);
  kept.unsubscribe();
});

await check("Apollo: two watched queries on the viewer leave each other alone", async () => {
  const { client } = await program("apollo", "noah");
  const before = sent.length;
  const watched = [ACCOUNT, SESSIONS].map((text) => client.watchQuery({ query: apolloGql(text) }));
  const kept = watched.map((one) => one.subscribe(() => {}));
  await Promise.all(watched.map((one) => settled(one, () => true)));
  await quiet();
  const [account, sessions] = watched.map((one) => one.getCurrentResult().data.viewer);
  assert.deepEqual([account.account.email, account.id], ["noah@demo.enfact.test", sessions.id]);
  assert.ok(sessions.sessions.length > 0);
  assert.equal(sent.length - before, 2);
  kept.forEach((one) => one.unsubscribe());
});

// --- urql with Graphcache

const fresh = { requestPolicy: "network-only" };

await check("urql: a list that was read is gone when it is hidden, and comes again", async () => {
  const { client, query } = await program("urql", "noah");
  const read = async (variables, more) => {
    const { data, error } = await client.query(query, { id: LAMBERT, ...variables }, more).toPromise();
    assert.equal(error, undefined);
    return data.company.invoices;
  };
  const first = await read({});
  assert.equal(first.edges.length, 3);
  const { endCursor: after } = first.pageInfo;
  assert.equal((await read({ after })).edges.length, 6);
  await without("INVOICES", async () => {
    assert.equal(await read({}, fresh), null);
    assert.equal(await read({ after }, fresh), null);
    assert.deepEqual([await read({}), await read({ after })], [null, null]);
  });
  assert.equal((await read({}, fresh)).edges.length, 3);
});

await check("urql: a list that is hidden from the start is null, and is asked for once", async () => {
  const { client, query } = await program("urql", "noah");
  const before = sent.length;
  for (const _ of [1, 2]) {
    const { data, error } = await client.query(query, { id: DELVAUX }).toPromise();
    assert.equal(error, undefined);
    assert.deepEqual([data.company.id, data.company.invoices], [DELVAUX, null]);
  }
  assert.equal(sent.length - before, 1);
});

await check("urql: a toggle is merged without the matrix", async () => {
  const { client } = await program("urql", "lambert");
  const before = asked("query Matrix(");
  const query = urqlGql(MATRIX_OF);
  const shown = async () => (await client.query(query, { id: LAMBERT }).toPromise()).data.company;
  for (const _ of [1, 2]) {
    const { variables, at, granted } = turn(await shown());
    const { error } = await client.mutation(urqlGql(CHANGE), variables).toPromise();
    assert.equal(error, undefined);
    const { permissionMatrix } = await shown();
    assert.deepEqual([at(permissionMatrix).granted, permissionMatrix.version], [granted, variables.version + 1]);
  }
  assert.equal(asked("query Matrix(") - before, 1);
});

await check("urql: two watched queries on the viewer leave each other alone", async () => {
  const { client } = await program("urql", "noah");
  const before = sent.length;
  const seen = [];
  const kept = [ACCOUNT, SESSIONS].map((text, n) =>
    client.query(urqlGql(text), {}).subscribe(({ data }) => { seen[n] = data?.viewer; }));
  await quiet();
  assert.deepEqual([seen[0].account.email, seen[0].id], ["noah@demo.enfact.test", seen[1].id]);
  assert.ok(seen[1].sessions.length > 0);
  assert.equal(sent.length - before, 2);
  kept.forEach(({ unsubscribe }) => unsubscribe());
});

done();
