// A list of customers that a client without a cache reads `again`: `rows` as they were read then.
const query = `query Customers($id: ID!) { company(id: $id) { customers(first: 5, orderBy: [NAME_ASC]) {
  nodes { id version name city discount }
} } }`;

export async function watch({ ask }, id) {
  let nodes;
  const again = async () => { ({ nodes } = (await ask(query, { id })).data.company.customers); };
  await again();
  return { rows: () => nodes, again, stop: () => {} };
}
