// A list of customers that urql watches: `rows` as they are shown now.
import { gql } from "@urql/core";

const query = gql`query Customers($id: ID!) { company(id: $id) { id customers(first: 5, orderBy: [NAME_ASC]) {
  edges { cursor node { id version name city discount } } pageInfo { hasNextPage endCursor }
} } }`;

export async function watch({ client }, id) {
  let shown, subscription;
  await new Promise((resolve) => {
    subscription = client.query(query, { id }).subscribe(({ data }) => { shown = data; if (data?.company) resolve(); });
  });
  return { rows: () => shown.company.customers.edges.map(({ node }) => node), stop: () => subscription.unsubscribe() };
}
