// Mercurius with jit over the same tables, loaders and prepared statements, without any authorization or trail: the token
// only says whose viewer is asked for. node mercurius.mjs PORT, with DATABASE_URL set.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import Fastify from "fastify";
import mercurius from "mercurius";
import pg from "pg";

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 6 });
const names = new Map();
const rows = async (text, values) => {
  if (!names.has(text)) names.set(text, `s${names.size}`);
  return (await pool.query({ name: names.get(text), text, values })).rows;
};

const gid = (prefix, column) => `'${prefix}_' || replace(${column}::text, '-', '')`;
const key = (id) => id.slice(4).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");

const COMPANY = `c.id as key, ${gid("com", "c.id")} as id, c.name, c.vat_number as "vatNumber",
  c.enterprise_number as "enterpriseNumber", c.legal_form as "legalForm", c.street, c.street_number as "streetNumber",
  c.postcode, c.city, c.country, c.phone, c.email, c.website, c.access_version as version`;
const CUSTOMER = `t.id as key, ${gid("cus", "t.id")} as id, t.number, t.name, t.vat_number as "vatNumber", t.city,
  t.email, t.created_at as "createdAt", t.discount`;
const PRODUCT = `t.company_id as company, t.group_id as group_key, ${gid("pro", "t.id")} as id, t.number, t.name,
  t.price, t.vat_rate as "vatRate", t.purchase_price as "purchasePrice"`;
const GROUP = `t.id as key, ${gid("prg", "t.id")} as id, t.name`;
const USER = `${gid("usr", "t.id")} as id, t.first_name as "firstName", t.last_name as "lastName", t.role`;
const LINE = `l.document_id as document, ${gid("lin", "l.id")} as id, l.position, l.name, l.quantity, l.price,
  l.vat_rate as "vatRate", l.discount, l.purchase_price as "purchasePrice", l.total_excl as "totalExcl",
  l.total_incl as "totalIncl"`;
const document = (prefix) => `t.company_id as company, t.id as key, t.customer_id as customer_key,
  ${gid(prefix, "t.id")} as id, t.kind, t.number, t.date::text as date, t.due_date::text as "dueDate",
  t.expiration_date::text as "expirationDate", t.status, t.customer_name as "customerName",
  t.total_excl as "totalExcl", t.total_vat as "totalVat", t.total_incl as "totalIncl", t.discount,
  t.total_profit as "totalProfit", t.order_reference as "orderReference"`;

const WRITTEN = `${CUSTOMER}, t.country, t.payment_term_days as "paymentTermDays", t.note`;
const CREATE = `insert into contact as t (company_id, sequence_number, number, kind, name, vat_number, street,
    street_number, postcode, city, country, phone, email, payment_term_days, channel)
  select $1, s.n, 'C' || lpad(s.n::text, 5, '0'), case when $3::text is null then 'CONSUMER' else 'BUSINESS' end, $2, $3,
    $4, $5, $6, $7, coalesce($8, 'BE'), $9, $10, coalesce($11, 30), $12
  from (select coalesce(max(sequence_number), 0) + 1 n from contact where company_id = $1) s returning ${WRITTEN}`;
const UPDATE = `update contact t set city = $2, note = $3, version = version + 1 where id = $1 returning ${WRITTEN}`;
const TOGGLE = `with change as (
    select u.company_id, u.id as membership_id, p.id as app_id, p.position
    from company c
    join membership u on u.company_id = c.id and u.id = $3 and u.removed_at is null and u.role = 'EMPLOYEE'
    join app p on p.id = $4 and (not p.always_visible or $5) and get_bit(c.mask, p.position) = 1
    where c.id = $1 and c.access_version = $2 and (get_bit(u.toggles, p.position) = 1) <> $5
  ), ended as (
    update app_grant g set valid = tstzrange(lower(g.valid), clock_timestamp()) from change h
    where not $5 and g.company_id = h.company_id and g.membership_id = h.membership_id and g.app_id = h.app_id
      and upper_inf(g.valid)
  ), begun as (
    insert into app_grant (company_id, membership_id, app_id, valid)
    select company_id, membership_id, app_id, tstzrange(clock_timestamp(), null) from change where $5
  ), kept as (
    update membership u set toggles = set_bit(u.toggles, h.position, $5::int)
    from change h where u.company_id = h.company_id and u.id = h.membership_id
  )
  update company c set access_version = c.access_version + 1 from change h
  where c.id = h.company_id and c.access_version = $2 returning c.access_version as version`;

// one statement for all companies that ask for the same list
const list = (columns, table, condition, orders) => ({
  opts: { cache: false },
  async loader(queries) {
    const answers = new Array(queries.length);
    const groups = new Map();
    queries.forEach(({ obj, params }, n) => {
      const kind = JSON.stringify(params);
      if (!groups.has(kind)) groups.set(kind, { params, places: [] });
      groups.get(kind).places.push([obj.key, n]);
    });
    await Promise.all(
      [...groups.values()].map(async ({ params, places }) => {
        const status = params.filter?.status;
        const found = await rows(
          `select a.id as of_company, t.* from unnest($1::uuid[]) a(id), lateral (
             select ${columns} from ${table} t where t.company_id = a.id and ${condition}
             ${status ? "and t.status = any($3::text[])" : ""} order by ${orders[params.orderBy?.[0] ?? "default"]}
             limit $2) t`,
          [places.map(([id]) => id), params.first ?? 50, ...(status ? [status] : [])],
        );
        const nodes = new Map(places.map(([id]) => [id, []]));
        for (const row of found) nodes.get(row.of_company).push(row);
        for (const [id, n] of places) answers[n] = { nodes: nodes.get(id) };
      }),
    );
    return answers;
  },
});

const loaders = {
  Company: {
    customers: list(CUSTOMER, "contact", "t.is_customer", {
      default: "t.name, t.id",
      NAME_ASC: "t.name, t.id",
      CREATED_AT_DESC: "t.created_at desc, t.id desc",
    }),
    products: list(PRODUCT, "product", "true", {
      default: "t.name, t.id",
      NAME_ASC: "t.name, t.id",
      PRICE_DESC: "t.price desc, t.id desc",
    }),
    productGroups: list(GROUP, "product_group", "true", { default: "t.name, t.id" }),
    quotes: list(document("quo"), "document", "t.kind = 'QUOTE'", { default: "t.date desc, t.id desc" }),
    invoices: list(document("inv"), "document", "t.kind = 'INVOICE'", {
      default: "t.date desc, t.id desc",
      DATE_DESC: "t.date desc, t.id desc",
      DUE_DATE_ASC: "t.due_date, t.id",
      TOTAL_INCL_DESC: "t.total_incl desc, t.id desc",
    }),
    creditNotes: list(document("crn"), "document", "t.kind = 'CREDIT_NOTE'", { default: "t.date desc, t.id desc" }),
    documents: list(document("doc"), "document", "true", { default: "t.date desc, t.id desc" }),
    users: list(USER, "membership", "not t.external and t.removed_at is null", { default: "t.last_name, t.id" }),
  },
  Invoice: {
    customer: {
      opts: { cache: false },
      async loader(queries) {
        const found = await rows(
          `select ${CUSTOMER} from contact t where t.company_id = $1 and t.id = any($2::uuid[])`,
          [queries[0].obj.company, queries.map(({ obj }) => obj.customer_key)],
        );
        const byKey = new Map(found.map((row) => [row.key, row]));
        return queries.map(({ obj }) => byKey.get(obj.customer_key) ?? null);
      },
    },
    lines: {
      opts: { cache: false },
      async loader(queries) {
        const found = await rows(
          `select ${LINE} from document_line l where l.company_id = $1 and l.document_id = any($2::uuid[])
           order by l.document_id, l.position`,
          [queries[0].obj.company, queries.map(({ obj }) => obj.key)],
        );
        const lines = new Map(queries.map(({ obj }) => [obj.key, []]));
        for (const row of found) lines.get(row.document).push(row);
        return queries.map(({ obj }) => lines.get(obj.key));
      },
    },
  },
  Product: {
    group: {
      opts: { cache: false },
      async loader(queries) {
        const found = await rows(
          `select ${GROUP} from product_group t where t.company_id = $1 and t.id = any($2::uuid[])`,
          [queries[0].obj.company, queries.map(({ obj }) => obj.group_key)],
        );
        const byKey = new Map(found.map((row) => [row.key, row]));
        return queries.map(({ obj }) => byKey.get(obj.group_key) ?? null);
      },
    },
  },
};

const resolvers = {
  Query: {
    async viewer(_, __, { token }) {
      const [account] = await rows(
        `select a.id as key, ${gid("acc", "a.id")} as id, a.email, a.first_name as "firstName",
           a.last_name as "lastName", a.language
         from credential k join account a on a.id = k.account_id where k.token_hash = $1 and k.expires_at > now()`,
        [createHash("sha256").update(token).digest()],
      );
      return account ? { account } : null;
    },
    async company(_, { id }) {
      return (await rows(`select ${COMPANY} from company c where c.id = $1`, [key(id)]))[0] ?? null;
    },
  },
  Viewer: {
    async companies({ account }, { first }) {
      const nodes = await rows(
        `select ${COMPANY} from membership m join company c on c.id = m.company_id
         where m.account_id = $1 and m.removed_at is null order by c.name, c.id limit $2`,
        [account.key, first ?? 50],
      );
      return { nodes };
    },
  },
  Company: {
    permissionMatrix: (company) => company,
  },
  PermissionMatrix: {
    async rows({ key: company }) {
      const [people, apps] = await Promise.all([
        rows(
          `select t.external, t.toggles::text as toggles, (t.mask & c.mask)::text as effective,
             t.accepted_at is not null and (t.until is null or t.until > now()) as begun, ${USER}
           from membership t join company c on c.id = t.company_id
           where t.company_id = $1 and t.removed_at is null order by t.external, t.created_at, t.id`,
          [company],
        ),
        rows(
          `select p.id, p.position, p.always_visible as always from company c
           join app p on get_bit(c.mask, p.position) = 1 where c.id = $1 order by p.rank`,
          [company],
        ),
      ]);
      return people.map((person) => ({
        user: person.external ? null : person,
        cells: apps.map((app) => ({
          app: app.id,
          granted: person.toggles[app.position] === "1",
          effective: person.begun && person.effective[app.position] === "1",
          editable: !app.always && person.role === "EMPLOYEE",
        })),
      }));
    },
  },
  Mutation: {
    async setAppAccess(_, { input }) {
      const [change] = input.changes;
      const [found] = await rows(TOGGLE, [
        key(input.companyId), input.expectedVersion, key(change.userId), change.app, change.granted,
      ]);
      if (!found) return { permissionMatrix: null, errors: [{ code: "VERSION_CONFLICT", field: null }] };
      return { permissionMatrix: found, errors: [] };
    },
    async createCustomer(_, { input: i }) {
      const [customer] = await rows(CREATE, [
        key(i.companyId), i.name, i.vatNumber, i.street, i.streetNumber, i.postcode, i.city, i.country, i.phone, i.email,
        i.paymentTermDays, i.channel,
      ]);
      return { customer, errors: [] };
    },
    async updateCustomer(_, { input }) {
      const [customer] = await rows(UPDATE, [key(input.customerId), input.city, input.note]);
      return { customer: customer ?? null, errors: [] };
    },
  },
};

const app = Fastify();
await app.register(mercurius, {
  schema: readFileSync(new URL("ordinary.graphql", import.meta.url), "utf8"),
  resolvers,
  loaders,
  jit: 1,
  context: (request) => ({ token: (request.headers.authorization ?? "").slice("Bearer ".length) }),
});
await app.listen({ port: Number(process.argv[2]), host: "127.0.0.1" });
