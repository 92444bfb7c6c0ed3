"""SQL written by hand with good knowledge of PostgreSQL: one statement for each operation, rights included, twice.

`HAND` builds JSON with json_build_object, the usual way; `BARE` concatenates it, which is faster. Both take the token's
hash as $1 and the company as $2. No row means an unknown token; a company that the viewer cannot enter, or a value
behind a closed gate, is null.
"""

from typing import Final

from schema.apps import CATALOGUE, App


def bit(app: App) -> str:
    """The condition that the app is on in the mask `e`."""
    return f"get_bit(e, {CATALOGUE[app].position}) = 1"


def lists(*gates: App) -> str:
    """The columns of gates, named like their apps, evaluated once for each company."""
    return ", ".join(f"{bit(app)} as {app.name.lower()}" for app in gates)


def entered(*gates: App) -> str:
    """The viewer, the company if the viewer can enter it, and the gates."""
    return f"""
from credential k
left join (membership m join company c on c.id = m.company_id)
  on m.company_id = $2 and m.account_id = k.account_id and m.accepted_at is not null and m.removed_at is null
  and (m.until is null or m.until > now())
left join lateral (
  select m.role = 'OWNER' as owner, {lists(*gates)} from (select c.mask & m.mask as e offset 0) x offset 0
) may on true
where k.token_hash = $1 and k.expires_at > now()
"""


def gid(prefix: str, column: str) -> str:
    """The expression of a global id."""
    return f"'{prefix}_' || encode(uuid_send({column}), 'hex')"


# --- json_build_object

HAND_VIEWER = f"""
select json_build_object(
  'viewer', (
    select json_build_object('account', json_build_object(
      'id', {gid("acc", "a.id")}, 'email', a.email, 'firstName', a.first_name, 'lastName', a.last_name,
      'language', a.language))
    from account a where a.id = k.account_id),
  'company', case when c.id is not null then json_build_object(
    'id', {gid("com", "c.id")}, 'name', c.name, 'vatNumber', c.vat_number, 'enterpriseNumber', c.enterprise_number,
    'legalForm', case when may.company_info then c.legal_form end,
    'street', case when may.company_info then c.street end,
    'streetNumber', case when may.company_info then c.street_number end,
    'postcode', case when may.company_info then c.postcode end,
    'city', case when may.company_info then c.city end,
    'country', case when may.company_info then c.country end,
    'phone', case when may.company_info then c.phone end,
    'email', case when may.company_info then c.email end,
    'website', case when may.company_info then c.website end) end)
{entered(App.COMPANY_INFO)}
"""

HAND_MATRIX = f"""
select json_build_object('company', case when c.id is not null then json_build_object(
  'permissionMatrix', case when may.owner then json_build_object(
    'version', c.access_version,
    'rows', (
      select coalesce(json_agg(json_build_object(
        'user', case when not u.external then json_build_object(
          'id', {gid("usr", "u.id")}, 'firstName', u.first_name, 'lastName', u.last_name) end,
        'cells', (
          select json_agg(json_build_object(
            'app', p.id,
            'granted', get_bit(u.toggles, p.position) = 1,
            'effective', get_bit(u.mask & c.mask, p.position) = 1 and u.accepted_at is not null
              and (u.until is null or u.until > now()),
            'editable', not p.always_visible and u.role is not distinct from 'EMPLOYEE'
          ) order by p.rank)
          from app p where get_bit(c.mask, p.position) = 1)
      ) order by u.external, u.created_at, u.id), '[]')
      from membership u where u.company_id = c.id and u.removed_at is null)
  ) end) end)
{entered(App.CUSTOMERS)}
"""

HAND_INVOICES = f"""
select json_build_object('company', case when c.id is not null then json_build_object(
  'invoices', case when may.invoices then json_build_object('nodes', (
    select coalesce(json_agg(json_build_object(
      'id', {gid("inv", "d.id")}, 'number', d.number, 'date', d.date, 'dueDate', d.due_date, 'status', d.status,
      'customerName', d.customer_name, 'totalExcl', d.total_excl::text, 'totalVat', d.total_vat::text,
      'totalIncl', d.total_incl::text,
      'discount', case when may.discounts then d.discount::text end,
      'totalProfit', case when may.purchases then d.total_profit::text end,
      'orderReference', case when may.order_reference then d.order_reference end,
      'customer', case when t.id is not null then json_build_object(
        'id', {gid("cus", "t.id")}, 'number', t.number, 'name', t.name, 'city', t.city, 'email', t.email,
        'vatNumber', t.vat_number) end
    ) order by d.date desc, d.id desc), '[]')
    from (
      select * from document where company_id = c.id and kind = 'INVOICE' order by date desc, id desc limit 50
    ) d
    left join contact t on t.company_id = c.id and t.id = d.customer_id
  )) end) end)
{entered(App.INVOICES, App.DISCOUNTS, App.PURCHASES, App.ORDER_REFERENCE)}
"""

HAND_DEEP = f"""
select json_build_object('company', case when c.id is not null then json_build_object(
  'invoices', case when may.invoices then json_build_object('nodes', (
    select coalesce(json_agg(json_build_object(
      'id', {gid("inv", "d.id")}, 'number', d.number, 'date', d.date, 'status', d.status,
      'totalExcl', d.total_excl::text, 'totalIncl', d.total_incl::text,
      'discount', case when may.discounts then d.discount::text end,
      'customer', case when t.id is not null then json_build_object(
        'id', {gid("cus", "t.id")}, 'name', t.name, 'city', t.city) end,
      'lines', (
        select coalesce(json_agg(json_build_object(
          'id', {gid("lin", "l.id")}, 'position', l.position, 'name', l.name, 'quantity', l.quantity::text,
          'price', l.price::text, 'vatRate', l.vat_rate::text,
          'discount', case when may.discounts then l.discount::text end,
          'purchasePrice', case when may.purchases then l.purchase_price::text end,
          'totalExcl', l.total_excl::text, 'totalIncl', l.total_incl::text
        ) order by l.position, l.id), '[]')
        from document_line l where l.company_id = c.id and l.document_id = d.id)
    ) order by d.date desc, d.id desc), '[]')
    from (
      select * from document where company_id = c.id and kind = 'INVOICE' order by date desc, id desc limit 20
    ) d
    left join contact t on t.company_id = c.id and t.id = d.customer_id
  )) end) end)
{entered(App.INVOICES, App.DISCOUNTS, App.PURCHASES)}
"""


def hand_list(fields: str, rows: str, gate: str) -> str:
    """One list of the dashboard; `rows` has the order of the list."""
    nodes = f"(select coalesce(json_agg(json_build_object({fields})), '[]') from ({rows}) d)"
    return f"case when may.{gate} then json_build_object('nodes', {nodes}) end"


def documents(kind: str, more: str = "", order: str = "date desc, id desc", limit: int = 10) -> str:
    """The first documents of a kind."""
    return f"select * from document where company_id = c.id and kind = '{kind}' {more} order by {order} limit {limit}"


ALL_KINDS = """
select d.* from unnest(array[
  case when may.quotes then 'QUOTE' end, case when may.invoices then 'INVOICE' end,
  case when may.credit_notes then 'CREDIT_NOTE' end]) kk(k)
cross join lateral (
  select * from document where company_id = c.id and kind = kk.k order by date desc, id desc limit 10
) d
order by d.date desc, d.id desc limit 10
"""
CUSTOMER_ROWS = "select * from contact where company_id = c.id and is_customer order by {} limit 10"
PRODUCT_ROWS = "select * from product where company_id = c.id order by {} limit 10"
DEAREST_ROWS = f"""
select p.id, p.name, p.price, g.id as group_id, g.name as group_name
from ({PRODUCT_ROWS.format("price desc, id desc")}) p
left join product_group g on g.company_id = c.id and g.id = p.group_id
order by p.price desc, p.id desc
"""
OVERDUE_ROWS = f"""
select o.*, t.id as contact_id, t.name as contact_name, t.email as contact_email
from ({documents("INVOICE", "and status = 'OVERDUE'", "due_date, id")}) o
left join contact t on t.company_id = c.id and t.id = o.customer_id
order by o.due_date, o.id
"""
GROUP_ROWS = "select * from product_group where company_id = c.id order by name, id limit 10"
USER_ROWS = """
select * from membership where company_id = c.id and not external and removed_at is null
order by last_name, id limit 20
"""
SENT_QUOTES = documents("QUOTE", "and status = 'SENT'")
LARGEST_ROWS = documents("INVOICE", "", "total_incl desc, id desc")
DASHBOARD_GATES = (
    App.CUSTOMERS, App.PRODUCTS, App.QUOTES, App.INVOICES, App.CREDIT_NOTES, App.DISCOUNTS, App.PURCHASES,
)  # fmt: skip

DISCOUNT = "'discount', case when may.discounts then d.discount::text end"
TOTAL = "'totalIncl', d.total_incl::text"
OVERDUE_CUSTOMER = f"""case when d.contact_id is not null then json_build_object(
  'id', {gid("cus", "d.contact_id")}, 'name', d.contact_name, 'email', d.contact_email) end"""
DEAREST_GROUP = f"""case when d.group_id is not null then json_build_object(
  'id', {gid("prg", "d.group_id")}, 'name', d.group_name) end"""
DOCUMENT_FIELDS = f"'kind', d.kind, 'number', d.number, 'date', d.date, 'customerName', d.customer_name, {TOTAL}"

HAND_LISTS = {
    "customers": hand_list(
        f"'id', {gid('cus', 'd.id')}, 'number', d.number, 'name', d.name, 'city', d.city, {DISCOUNT}",
        CUSTOMER_ROWS.format("name, id"),
        "customers",
    ),
    "newest": hand_list(
        f"'id', {gid('cus', 'd.id')}, 'number', d.number, 'name', d.name, 'createdAt', d.created_at",
        CUSTOMER_ROWS.format("created_at desc, id desc"),
        "customers",
    ),
    "products": hand_list(
        f"'id', {gid('pro', 'd.id')}, 'number', d.number, 'name', d.name, 'price', d.price::text, "
        "'vatRate', d.vat_rate::text, 'purchasePrice', case when may.purchases then d.purchase_price::text end",
        PRODUCT_ROWS.format("name, id"),
        "products",
    ),
    "dearest": hand_list(
        f"'id', {gid('pro', 'd.id')}, 'name', d.name, 'price', d.price::text, 'group', {DEAREST_GROUP}",
        DEAREST_ROWS,
        "products",
    ),
    "productGroups": hand_list(f"'id', {gid('prg', 'd.id')}, 'name', d.name", GROUP_ROWS, "products"),
    "quotes": hand_list(
        f"'id', {gid('quo', 'd.id')}, 'number', d.number, 'date', d.date, 'customerName', d.customer_name, {TOTAL}, "
        "'expirationDate', d.expiration_date",
        SENT_QUOTES,
        "quotes",
    ),
    "invoices": hand_list(
        f"'id', {gid('inv', 'd.id')}, 'number', d.number, 'date', d.date, 'status', d.status, "
        f"'customerName', d.customer_name, {TOTAL}, {DISCOUNT}",
        documents("INVOICE"),
        "invoices",
    ),
    "overdue": hand_list(
        f"'id', {gid('inv', 'd.id')}, 'number', d.number, 'dueDate', d.due_date, {TOTAL}, "
        f"'customer', {OVERDUE_CUSTOMER}",
        OVERDUE_ROWS,
        "invoices",
    ),
    "largest": hand_list(
        f"'id', {gid('inv', 'd.id')}, 'number', d.number, 'customerName', d.customer_name, {TOTAL}, "
        "'totalProfit', case when may.purchases then d.total_profit::text end",
        LARGEST_ROWS,
        "invoices",
    ),
    "creditNotes": hand_list(
        f"'id', {gid('crn', 'd.id')}, 'number', d.number, 'date', d.date, 'status', d.status, {TOTAL}",
        documents("CREDIT_NOTE"),
        "credit_notes",
    ),
    "documents": f"""json_build_object('nodes', (
      select coalesce(json_agg(json_build_object({DOCUMENT_FIELDS})), '[]') from ({ALL_KINDS}) d))""",
    "users": hand_list(
        f"'id', {gid('usr', 'd.id')}, 'firstName', d.first_name, 'lastName', d.last_name, 'role', d.role",
        USER_ROWS,
        "owner",
    ),
}

HAND_DASHBOARD = f"""
select json_build_object('company', case when c.id is not null then json_build_object(
  {", ".join(f"'{name}', {one}" for name, one in HAND_LISTS.items())}) end)
{entered(*DASHBOARD_GATES)}
"""

ENTERED_BY_ACCOUNT = f"""
from membership m
join company c on c.id = m.company_id
cross join lateral (select {lists(App.INVOICES)} from (select c.mask & m.mask as e offset 0) x offset 0) may
where m.account_id = k.account_id and m.accepted_at is not null and m.removed_at is null
  and (m.until is null or m.until > now())
order by c.name, c.id limit 100
"""
RECENT = "select * from document where company_id = {} and kind = 'INVOICE' order by date desc, id desc limit 3"

HAND_ACCOUNTANT = f"""
select json_build_object('viewer', json_build_object('companies', json_build_object('nodes', (
  select coalesce(json_agg(json_build_object(
    'id', {gid("com", "e.id")}, 'name', e.name, 'vatNumber', e.vat_number,
    'invoices', case when e.invoices then json_build_object('nodes', (
      select coalesce(json_agg(json_build_object(
        'id', {gid("inv", "d.id")}, 'number', d.number, 'date', d.date, 'status', d.status,
        'totalIncl', d.total_incl::text)), '[]')
      from ({RECENT.format("e.id")}) d)) end)), '[]')
  from (select c.id, c.name, c.vat_number, may.invoices {ENTERED_BY_ACCOUNT}) e))))
from credential k where k.token_hash = $1 and k.expires_at > now()
"""

CHANGE = """
with asked as (
  select k.account_id, c.id as company_id, c.access_version, c.mask
  from credential k
  join membership m on m.company_id = $2 and m.account_id = k.account_id and m.role = 'OWNER'
    and m.accepted_at is not null and m.removed_at is null and (m.until is null or m.until > now())
  join company c on c.id = m.company_id
  where k.token_hash = $1 and k.expires_at > now()
  for update of c for share of m
), change as (
  select a.*, u.id as membership_id, p.id as app_id, p.position, clock_timestamp() as at
  from asked a
  join membership u on u.company_id = a.company_id and u.id = $4 and u.removed_at is null and u.role = 'EMPLOYEE'
  join app p on p.id = $5 and (not p.always_visible or $6) and get_bit(a.mask, p.position) = 1
  where a.access_version = $3 and (get_bit(u.toggles, p.position) = 1) <> $6
), ended as (
  update app_grant g
  set valid = tstzrange(lower(g.valid), greatest(h.at, lower(g.valid) + interval '1 microsecond')),
    revoked_by = h.account_id
  from change h
  where not $6 and g.company_id = h.company_id and g.membership_id = h.membership_id and g.app_id = h.app_id
    and upper_inf(g.valid)
), begun as (
  insert into app_grant (company_id, membership_id, app_id, valid, granted_by)
  select company_id, membership_id, app_id, tstzrange(at, null), account_id from change where $6
), kept as (
  update membership u set toggles = set_bit(u.toggles, h.position, $6::int)
  from change h where u.company_id = h.company_id and u.id = h.membership_id
), trail as (
  insert into access_change (company_id, at, kind, actor_id, membership_id, app_id, before, after)
  select company_id, at, 'TOGGLE', account_id, membership_id, app_id, not $6, $6 from change
), grown as (
  update company c set access_version = c.access_version + 1 from change h where c.id = h.company_id
  returning c.access_version
)
"""

HAND_WRITE = f"""
{CHANGE}
select case when g.access_version is not null then json_build_object('setAppAccess', json_build_object(
  'permissionMatrix', json_build_object('version', g.access_version), 'errors', json_build_array())) end
from asked a left join grown g on true
"""

HAND: Final = {
    "viewer": HAND_VIEWER,
    "matrix": HAND_MATRIX,
    "invoices": HAND_INVOICES,
    "deep": HAND_DEEP,
    "dashboard": HAND_DASHBOARD,
    "accountant": HAND_ACCOUNTANT,
    "write": HAND_WRITE,
}

# --- concatenation


def text(column: str) -> str:
    """A text that is never null, as JSON."""
    return f"to_json({column})::text"


def maybe(column: str, gate: str = "") -> str:
    """A text that may be null, or whose gate may be closed, as JSON."""
    return _null_or(f"to_json({column})::text", gate)


def quoted(column: str) -> str:
    """A value that needs no escaping and is never null, as a JSON string."""
    return f"'\"' || {column}::text || '\"'"


def maybe_quoted(column: str, gate: str = "") -> str:
    """A value that needs no escaping, and may be null or behind a closed gate, as a JSON string."""
    return _null_or(quoted(column), gate)


def _null_or(json: str, gate: str) -> str:
    if gate:
        return f"coalesce(case when may.{gate} then {json} end, 'null')"
    return f"coalesce({json}, 'null')"


def obj(prefix: str | None, id: str, *members: tuple[str, str]) -> str:
    """An object; `prefix` is that of the global id in its first member."""
    parts = [f"'{{\"id\":\"{prefix}_' || encode(uuid_send({id}), 'hex') || '\"'"] if prefix else []
    for n, (name, value) in enumerate(members):
        parts.append(f"'{',' if prefix or n else '{'}\"{name}\":' || {value}")
    return " || ".join(parts) + " || '}'"


def nodes(item: str, rows: str, gate: str = "") -> str:
    """A list; `rows` has its order."""
    page = f"(select '{{\"nodes\":[' || coalesce(string_agg({item}, ','), '') || ']}}' from ({rows}) d)"
    return f"case when may.{gate} then {page} else 'null' end" if gate else page


INFO = ("legal_form", "street", "street_number", "postcode", "city", "country", "phone", "email", "website")


def camel(column: str) -> str:
    """The GraphQL name of a column."""
    first, *more = column.split("_")
    return first + "".join(word.title() for word in more)


def company(*members: tuple[str, str]) -> str:
    """The answer around one company."""
    return f"select '{{\"company\":' || coalesce({obj(None, '', *members)}, 'null') || '}}'"


BARE_ACCOUNT = obj(
    "acc", "a.id", ("email", text("a.email")), ("firstName", text("a.first_name")),
    ("lastName", text("a.last_name")), ("language", quoted("a.language")),
)  # fmt: skip
BARE_COMPANY = obj(
    "com", "c.id", ("name", text("c.name")), ("vatNumber", maybe("c.vat_number")),
    ("enterpriseNumber", maybe("c.enterprise_number")),
    *((camel(column), maybe(f"c.{column}", "company_info")) for column in INFO),
)  # fmt: skip

BARE_VIEWER = f"""
select '{{"viewer":{{"account":' || (select {BARE_ACCOUNT} from account a where a.id = k.account_id)
  || '}},"company":' || coalesce({BARE_COMPANY}, 'null') || '}}'
{entered(App.COMPANY_INFO)}
"""

CELLS = """'[' || coalesce((
  select string_agg(
    p.head || case when get_bit(u.toggles, p.position) = 1 then 'true,"effective":' else 'false,"effective":' end
    || case when get_bit(u.reached, p.position) = 1 then 'true,"editable":' else 'false,"editable":' end
    || case when p.editable and u.employee then 'true}' else 'false}' end, ',')
  from columns p where get_bit(c.mask, p.position) = 1), '') || ']'"""
USER = obj("usr", "u.id", ("firstName", text("u.first_name")), ("lastName", text("u.last_name")))
MATRIX_ROW = obj(None, "", ("user", f"case when not u.external then {USER} else 'null' end"), ("cells", CELLS))
MATRIX = f"""case when may.owner then '{{"version":' || c.access_version || ',"rows":[' || coalesce((
  select string_agg({MATRIX_ROW}, ',')
  from (
    select id, external, first_name, last_name, toggles, role is not distinct from 'EMPLOYEE' as employee,
      case when accepted_at is not null and (until is null or until > now()) then mask & c.mask
        else mask # mask end as reached
    from membership where company_id = c.id and removed_at is null order by external, created_at, id offset 0
  ) u), '') || ']}}' else 'null' end"""

BARE_MATRIX = f"""
with columns as materialized (
  select position, '{{"app":"' || id || '","granted":' as head, not always_visible as editable from app order by rank
)
{company(("permissionMatrix", MATRIX))}
{entered(App.CUSTOMERS)}
"""

CUSTOMER = "coalesce((select {} from contact t where t.company_id = c.id and t.id = d.customer_id), 'null')"

INCL = ("totalIncl", quoted("d.total_incl"))
NUMBER, DATE, NAME = ("number", text("d.number")), ("date", quoted("d.date")), ("name", text("d.name"))
STATUS, CUSTOMER_NAME = ("status", quoted("d.status")), ("customerName", maybe("d.customer_name"))
GATED_DISCOUNT = ("discount", maybe_quoted("d.discount", "discounts"))
GATED_PROFIT = ("totalProfit", maybe_quoted("d.total_profit", "purchases"))

INVOICE_CUSTOMER = obj(
    "cus", "t.id", ("number", text("t.number")), ("name", text("t.name")), ("city", maybe("t.city")),
    ("email", maybe("t.email")), ("vatNumber", maybe("t.vat_number")),
)  # fmt: skip
INVOICE_ROW = obj(
    "inv", "d.id", NUMBER, DATE, ("dueDate", maybe_quoted("d.due_date")), STATUS, CUSTOMER_NAME,
    ("totalExcl", quoted("d.total_excl")), ("totalVat", quoted("d.total_vat")), INCL, GATED_DISCOUNT, GATED_PROFIT,
    ("orderReference", maybe("d.order_reference", "order_reference")), ("customer", CUSTOMER.format(INVOICE_CUSTOMER)),
)  # fmt: skip

BARE_INVOICES = f"""
{company(("invoices", nodes(INVOICE_ROW, documents("INVOICE", limit=50), "invoices")))}
{entered(App.INVOICES, App.DISCOUNTS, App.PURCHASES, App.ORDER_REFERENCE)}
"""

LINE = obj(
    "lin", "l.id", ("position", "l.position"), ("name", text("l.name")), ("quantity", quoted("l.quantity")),
    ("price", quoted("l.price")), ("vatRate", quoted("l.vat_rate")),
    ("discount", maybe_quoted("l.discount", "discounts")),
    ("purchasePrice", maybe_quoted("l.purchase_price", "purchases")), ("totalExcl", quoted("l.total_excl")),
    ("totalIncl", quoted("l.total_incl")),
)  # fmt: skip
LINES = f"""'[' || coalesce((
  select string_agg({LINE}, ',')
  from (select * from document_line where company_id = c.id and document_id = d.id order by position) l), '') || ']'"""
DEEP_CUSTOMER = obj("cus", "t.id", ("name", text("t.name")), ("city", maybe("t.city")))
DEEP_ROW = obj(
    "inv", "d.id", NUMBER, DATE, STATUS, ("totalExcl", quoted("d.total_excl")), INCL, GATED_DISCOUNT,
    ("customer", CUSTOMER.format(DEEP_CUSTOMER)), ("lines", LINES),
)  # fmt: skip

BARE_DEEP = f"""
{company(("invoices", nodes(DEEP_ROW, documents("INVOICE", limit=20), "invoices")))}
{entered(App.INVOICES, App.DISCOUNTS, App.PURCHASES)}
"""

CUSTOMER_ITEM = obj("cus", "d.id", NUMBER, NAME, ("city", maybe("d.city")), GATED_DISCOUNT)
NEWEST_ITEM = obj("cus", "d.id", NUMBER, NAME, ("createdAt", "to_json(d.created_at)::text"))
PRODUCT_ITEM = obj(
    "pro", "d.id", NUMBER, NAME, ("price", quoted("d.price")), ("vatRate", quoted("d.vat_rate")),
    ("purchasePrice", maybe_quoted("d.purchase_price", "purchases")),
)  # fmt: skip
GROUP_OF_DEAREST = obj("prg", "d.group_id", ("name", text("d.group_name")))
DEAREST_ITEM = obj(
    "pro", "d.id", NAME, ("price", quoted("d.price")), ("group", f"coalesce({GROUP_OF_DEAREST}, 'null')")
)
QUOTE_ITEM = obj(
    "quo", "d.id", NUMBER, DATE, CUSTOMER_NAME, INCL, ("expirationDate", maybe_quoted("d.expiration_date"))
)
CUSTOMER_OF_OVERDUE = obj("cus", "d.contact_id", ("name", text("d.contact_name")), ("email", maybe("d.contact_email")))
OVERDUE_ITEM = obj(
    "inv", "d.id", NUMBER, ("dueDate", maybe_quoted("d.due_date")), INCL,
    ("customer", f"coalesce({CUSTOMER_OF_OVERDUE}, 'null')"),
)  # fmt: skip
RECENT_ITEM = obj("inv", "d.id", NUMBER, DATE, STATUS, CUSTOMER_NAME, INCL, GATED_DISCOUNT)
LARGEST_ITEM = obj("inv", "d.id", NUMBER, CUSTOMER_NAME, INCL, GATED_PROFIT)
DOCUMENT_ITEM = obj(None, "", ("kind", quoted("d.kind")), NUMBER, DATE, CUSTOMER_NAME, INCL)
USER_ITEM = obj(
    "usr", "d.id", ("firstName", text("d.first_name")), ("lastName", text("d.last_name")),
    ("role", maybe_quoted("d.role")),
)  # fmt: skip

BARE_LISTS = (
    ("customers", nodes(CUSTOMER_ITEM, CUSTOMER_ROWS.format("name, id"), "customers")),
    ("newest", nodes(NEWEST_ITEM, CUSTOMER_ROWS.format("created_at desc, id desc"), "customers")),
    ("products", nodes(PRODUCT_ITEM, PRODUCT_ROWS.format("name, id"), "products")),
    ("dearest", nodes(DEAREST_ITEM, DEAREST_ROWS, "products")),
    ("productGroups", nodes(obj("prg", "d.id", NAME), GROUP_ROWS, "products")),
    ("quotes", nodes(QUOTE_ITEM, SENT_QUOTES, "quotes")),
    ("invoices", nodes(RECENT_ITEM, documents("INVOICE"), "invoices")),
    ("overdue", nodes(OVERDUE_ITEM, OVERDUE_ROWS, "invoices")),
    ("largest", nodes(LARGEST_ITEM, LARGEST_ROWS, "invoices")),
    ("creditNotes", nodes(obj("crn", "d.id", NUMBER, DATE, STATUS, INCL), documents("CREDIT_NOTE"), "credit_notes")),
    ("documents", nodes(DOCUMENT_ITEM, ALL_KINDS)),
    ("users", nodes(USER_ITEM, USER_ROWS, "owner")),
)

BARE_DASHBOARD = f"""
{company(*BARE_LISTS)}
{entered(*DASHBOARD_GATES)}
"""

INVOICE = obj(
    "inv", "i.id", ("number", text("i.number")), ("date", quoted("i.date")), ("status", quoted("i.status")),
    ("totalIncl", quoted("i.total_incl")),
)  # fmt: skip
INVOICES = f"""case when d.invoices then (
  select '{{"nodes":[' || coalesce(string_agg({INVOICE}, ','), '') || ']}}' from ({RECENT.format("d.id")}) i
) else 'null' end"""
CLIENT = obj("com", "d.id", NAME, ("vatNumber", maybe("d.vat_number")), ("invoices", INVOICES))
CLIENTS = nodes(CLIENT, f"select c.id, c.name, c.vat_number, may.invoices {ENTERED_BY_ACCOUNT}")

BARE_ACCOUNTANT = f"""
select '{{"viewer":{{"companies":' || {CLIENTS} || '}}}}'
from credential k where k.token_hash = $1 and k.expires_at > now()
"""

BARE_WRITE = f"""
{CHANGE}
select '{{"setAppAccess":{{"permissionMatrix":{{"version":' || g.access_version || '}},"errors":[]}}}}'
from asked a left join grown g on true
"""

BARE: Final = {
    "viewer": BARE_VIEWER,
    "matrix": BARE_MATRIX,
    "invoices": BARE_INVOICES,
    "deep": BARE_DEEP,
    "dashboard": BARE_DASHBOARD,
    "accountant": BARE_ACCOUNTANT,
    "write": BARE_WRITE,
}
