// A list of customers that Apollo Client watches: `rows` as they are shown now.
import { gql } from "@apollo/client";

const query = gql`query Customers($id: ID!) { company(id: $id) { id customers(first: 5, orderBy: [NAME_ASC]) {
  edges { cursor node { id version name city discount } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
} } }`;

export async function watch({ client }, id) {
  const watched = client.watchQuery({ query, variables: { id } });
  let shown;
  await new Promise((resolve, reject) => {
    watched.subscribe({ next: ({ data }) => { shown = data; if (data?.company) resolve(); }, error: reject });
  });
  return { rows: () => shown.company.customers.edges.map(({ node }) => node), stop: () => client.stop() };
}
