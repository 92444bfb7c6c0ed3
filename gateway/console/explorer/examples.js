/** Operations to start from, each with the variables that it takes; `companyId` is filled in. */

export const EXAMPLES = {
  invoices: {
    query: `# Who may not see discounts, or invoices at all, gets null, and a note says why.
query Invoices {
  viewer {
    companies {
      nodes {
        id
        name
        access { apps }
        invoices(first: 3) {
          nodes { number date customerName totalIncl discount lines { name quantity discount } }
        }
      }
    }
  }
}
`,
  },
  work: {
    query: `# A field worker's day: open work orders, with what they are for.
query Work {
  viewer {
    companies {
      nodes {
        id
        name
        workOrders(first: 5) { nodes { number title plannedStart kilometres customer { name phone } } }
      }
    }
  }
}
`,
  },
  optional: {
    query: `# With @optional a key is left out where its field is hidden, so that one document serves everybody.
query Optional($companyId: ID!) {
  company(id: $companyId) {
    name
    invoices(first: 3) @optional { nodes { number discount @optional } }
    workOrders(first: 3) @optional { nodes { number title } }
  }
}
`,
    variables: {},
  },
  matrix: {
    query: `# Who may see what, for owners: one cell for each person and app.
query Matrix($companyId: ID!) {
  company(id: $companyId) {
    permissionMatrix {
      version
      rows {
        user { firstName lastName role }
        cells { app granted effective editable reason }
      }
    }
  }
}
`,
    variables: {},
  },
  live: {
    query: `# What one may see in a company, whenever that changes.
subscription Live($companyId: ID!) {
  accessChanged(companyId: $companyId, initial: true) { role apps }
}
`,
    variables: {},
  },
};
