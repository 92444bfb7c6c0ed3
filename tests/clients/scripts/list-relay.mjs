// A list of customers as Relay's store has it, which is read again when it was declared out of date: `rows` now.
import { createOperationDescriptor, fetchQuery } from "relay-runtime";
import query from "./src/__generated__/CustomersQuery.graphql.js";

export async function watch({ environment }, id) {
  const read = () => fetchQuery(environment, query, { id }, { networkCacheConfig: { force: true } }).toPromise();
  const operation = createOperationDescriptor(query, { id });
  const store = environment.getStore();
  const retained = environment.retain(operation);
  await read();
  const outdated = store.subscribeToInvalidationState(store.lookupInvalidationState([id]), read);
  const rows = () => environment.lookup(operation.fragment).data.company.customers.edges.map(({ node }) => node);
  return { rows, stop: () => { outdated.dispose(); retained.dispose(); } };
}
