// A program whose operations are typed by the schema: graphql-codegen writes the types, tsc proves them, node runs it.
import { graphql } from "./gql/gql.ts";
import type { TypedDocumentString } from "./gql/graphql.ts";
// @ts-expect-error: plain JavaScript without types
import { LAMBERT as lambert, bearer, check, done, endpoint } from "./checks.mjs";

const LAMBERT: string = lambert;

async function execute<Data, Variables>(
  who: string, document: TypedDocumentString<Data, Variables>, variables: Variables,
): Promise<Data> {
  const response = await fetch(endpoint, {
    method: "POST",
    headers: { "content-type": "application/json", ...bearer(who) },
    body: JSON.stringify({ query: document.toString(), variables }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

function equal(seen: unknown, expected: unknown): void {
  if (seen !== expected) throw new Error(`${JSON.stringify(seen)} is not ${JSON.stringify(expected)}`);
}

const Invoices = graphql(/* GraphQL */ `
  query Invoices($id: ID!, $filter: InvoiceFilter, $orderBy: [InvoiceOrder!]) {
    company(id: $id) {
      name
      access { apps }
      invoices(first: 3, filter: $filter, orderBy: $orderBy) {
        nodes { number date totalIncl discount customer { name } lines { name discount } }
      }
    }
  }
`);

await check("a typed document gives typed data", async () => {
  const data = await execute("lambert", Invoices, {
    id: LAMBERT, filter: { totalIncl: { gte: "10.00" } }, orderBy: ["TOTAL_INCL_DESC"],
  });
  const nodes = data.company?.invoices?.nodes ?? [];
  equal(nodes.length, 3);
  const totals: string[] = nodes.map((invoice) => invoice.totalIncl);
  equal(totals.every((total) => Number(total) >= 10), true);
  // A field that may be hidden is nullable: the compiler makes the program say what it does then.
  const discounts: (string | null)[] = nodes.map((invoice) => invoice.discount ?? null);
  equal(discounts.length, 3);
});

await check("what does not fit the schema does not compile", async () => {
  // @ts-expect-error: the id is required
  const missing: Parameters<typeof execute<unknown, { id: string }>>[2] = {};
  // @ts-expect-error: an order that does not exist
  const wrong: NonNullable<Parameters<typeof Invoices.__apiType & {}>[0]>["orderBy"] = ["BY_MOON"];
  equal(typeof missing, "object");
  equal(Array.isArray(wrong), true);
});

done();
