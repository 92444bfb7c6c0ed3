import { graphql } from "relay-runtime";

export const customers = graphql`
  query CustomersQuery($id: ID!) {
    company(id: $id) { id customers(first: 5, orderBy: [NAME_ASC]) { edges { node { id version name city discount } } } }
  }
`;
