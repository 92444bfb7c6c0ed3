import { graphql } from "relay-runtime";

export const viewer = graphql`
  query queriesViewerQuery {
    viewer { account { id email } companies(first: 5) { edges { node { id name } } } }
  }
`;

export const customers = graphql`
  fragment queries_customers on Company
  @argumentDefinitions(count: { type: "Int", defaultValue: 3 }, cursor: { type: "String" })
  @refetchable(queryName: "queriesCustomersPaginationQuery") {
    customers(first: $count, after: $cursor, orderBy: [NAME_ASC]) @connection(key: "queries_customers") {
      edges { node { id name } }
    }
  }
`;

export const company = graphql`
  query queriesCompanyQuery($id: ID!) {
    company(id: $id) { id name ...queries_customers }
  }
`;

export const caught = graphql`
  query queriesCaughtQuery($id: ID!) {
    company(id: $id) { id name invoices(first: 1) @catch { edges { node { id } } } }
  }
`;

export const speak = graphql`
  mutation queriesSpeakMutation($input: UpdateProfileInput!) {
    updateProfile(input: $input) { viewer { account { id language } } errors { code field } }
  }
`;
