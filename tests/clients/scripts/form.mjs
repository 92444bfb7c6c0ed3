// The README's form in a page, with the client whose name is `given.client`: what a person sees of it, and what is written.
import assert from "node:assert/strict";
import { registerHooks } from "node:module";
import { LAMBERT, bearer, check, done, endpoint, given } from "./checks.mjs";
import { ask, program, sent, without } from "./switching.mjs";

registerHooks({ // Relay's compiler leaves the ending out, as bundlers like it
  resolve: (name, context, next) => next(name.endsWith(".graphql") ? `${name}.js` : name, context),
});

const { save, send, ...opened } = await program(given.client, "noah");
const list = await (await import(`./list-${given.client}.mjs`)).watch(opened, LAMBERT);
const shown = () => list.rows().find(({ id }) => id === form.customer.id);
const reads = () => sent.filter((body) => body.includes("query Customers")).length;
const name = `000 ${given.client} ${crypto.randomUUID()}`; // the first of the list
const made = [];
const form = { companyId: LAMBERT, customer: null, changed: { name, discount: "5.00", discountType: "PERCENT" }, problems: [] };

async function until(holds) {
  await list.again?.();
  for (let n = 0; n < 200 && !holds(); n += 1) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.ok(holds(), `${holds}: ${JSON.stringify([list.rows(), form])}`);
}

// The customer as the owner reads it, and as a colleague changes it.
const stored = async () => (await ask(
  "query ($id: ID!) { node(id: $id) { ... on Customer { version name city discount } } }", { id: form.customer.id },
)).node;
async function colleague(changed) {
  const text = "mutation ($input: UpdateCustomerInput!) { updateCustomer(input: $input) { errors { code } } }";
  const { updateCustomer } = await ask(text, { input: { customerId: form.customer.id, ...changed } });
  assert.deepEqual(updateCustomer.errors, []);
}

// What a person types, and saves.
async function typed(changed) {
  Object.assign(form.changed, changed);
  await save(form, send);
}

// The gateway's answer to the next request is lost, after it has done what it was asked for.
function lose() {
  const reach = globalThis.fetch;
  globalThis.fetch = async (...request) => {
    globalThis.fetch = reach;
    assert.equal((await reach(...request)).status, 200);
    throw new TypeError("fetch failed");
  };
}

await check("a customer is created, and stands in the list", async () => {
  await typed({});
  assert.deepEqual([form.problems, form.changed, form.key], [[], {}, null]);
  made.push(form.customer.id);
  assert.match(form.customer.number, /^C\d+$/);
  await until(shown);
});

await check("a changed customer is shown by the list, which is not read again", async () => {
  const before = reads();
  await typed({ city: "Namur" });
  assert.deepEqual([form.problems, form.customer.version], [[], 2]);
  await until(() => shown().city === "Namur" && shown().version === 2);
  if (!list.again) assert.equal(reads(), before);
});

await check("a wrong value is told at its field, in the person's language, and stays in the form", async () => {
  await typed({ vatNumber: "BE0123456789", city: "Liège" });
  assert.deepEqual(form.problems.map(({ field }) => field), ["vatNumber"]);
  assert.match(form.problems[0].message, /TVA/);
  assert.deepEqual(form.changed, { vatNumber: "BE0123456789", city: "Liège" });
  assert.equal((await stored()).version, 2);
  delete form.changed.vatNumber;
  await typed({});
  assert.deepEqual([form.problems, form.customer.city], [[], "Liège"]);
});

await check("who comes too late sees what a colleague wrote, and saves again", async () => {
  await colleague({ city: "Gent" });
  await typed({ name: `${name}!` });
  assert.deepEqual(form.problems.map(({ field }) => field), ["expectedVersion"]);
  assert.deepEqual([form.customer.city, form.customer.name, form.changed], ["Gent", name, { name: `${name}!` }]);
  await until(() => shown().city === "Gent");
  await typed({});
  assert.deepEqual(form.problems, []);
  assert.deepEqual([form.customer.city, form.customer.name], ["Gent", `${name}!`]);
  await until(() => shown().name === `${name}!`);
});

await check("a field that was switched off meanwhile goes away, what it has stays, and the rest is saved", async () => {
  await without("DISCOUNTS", async () => {
    const { version } = form.customer;
    await typed({ discount: "9.00", city: "Mons" });
    assert.deepEqual(form.problems.map(({ field }) => field), ["discount"]);
    assert.deepEqual([form.customer.discount, form.changed], [null, { city: "Mons" }]);
    assert.equal((await stored()).version, version);
    await until(() => shown().discount === null);
    await typed({});
    assert.deepEqual([form.problems, form.customer.city, form.customer.version], [[], "Mons", version + 1]);
  });
  assert.equal((await stored()).discount, "5.00");
});

await check("what was not answered is sent again with its key, and done once", async () => {
  const { version } = form.customer;
  lose();
  await assert.rejects(() => typed({ city: "Arlon" }), /fetch failed/);
  assert.deepEqual([form.customer.city, form.customer.version], ["Mons", version]);
  await typed({});
  assert.deepEqual([form.problems, form.customer.city, form.customer.version], [[], "Arlon", version + 1]);
  assert.equal((await stored()).version, version + 1);
  await until(() => shown().city === "Arlon");
  const twin = { companyId: LAMBERT, customer: null, changed: { name: `${name} twin` }, problems: [] };
  lose();
  await assert.rejects(() => save(twin, send), /fetch failed/);
  twin.changed.city = "Dinant"; // not what was sent
  await save(twin, send);
  assert.deepEqual(twin.problems.map(({ field }) => field), ["idempotencyKey"]);
  assert.deepEqual([twin.customer.version, twin.customer.city], [1, null]);
  await save(twin, send);
  assert.deepEqual([twin.problems, twin.customer.version, twin.customer.city], [[], 2, "Dinant"]);
  made.push(twin.customer.id);
  const named = "query ($id: ID!, $name: String) { company(id: $id) { customers(filter: {name: {contains: $name}}) { totalCount } } }";
  assert.equal((await ask(named, { id: LAMBERT, name: `${name} twin` })).company.customers.totalCount, 1);
});

list.stop();
for (const customerId of made)
  await ask("mutation ($input: DeleteCustomerInput!) { deleteCustomer(input: $input) { deletedId } }", { input: { customerId } });
done();
