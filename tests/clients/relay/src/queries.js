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

export const invoices = graphql`
  fragment queries_invoices on Company
  @argumentDefinitions(count: { type: "Int", defaultValue: 3 }, cursor: { type: "String" })
  @refetchable(queryName: "queriesInvoicesPaginationQuery") {
    invoices(first: $count, after: $cursor) @connection(key: "queries_invoices") {
      edges { node { id number discount } }
    }
  }
`;

export const invoicesOf = graphql`
  query queriesInvoicesQuery($id: ID!) {
    company(id: $id) { id ...queries_invoices }
  }
`;

export const matrix = graphql`
  query queriesMatrixQuery($id: ID!) {
    company(id: $id) {
      id
      permissionMatrix { id version rows { id user { id firstName } cells { id app granted effective } } }
    }
  }
`;

export const change = graphql`
  mutation queriesChangeMutation($input: SetAppAccessInput!, $version: Int!) {
    setAppAccess(input: $input) {
      permissionMatrix { id version changedSince(version: $version) { id granted effective } }
      errors { code }
    }
  }
`;

export const account = graphql`
  query queriesAccountQuery {
    viewer { id account { id email } }
  }
`;

export const sessions = graphql`
  query queriesSessionsQuery {
    viewer { id sessions { id } }
  }
`;
