"""Customers written by hand: one statement each, which checks, records and answers what the gateway does, twice.

As with reads (`statements.py`), `HAND` builds JSON with json_build_object and `BARE` concatenates it. No row means that
the viewer may not do it. `HAND` has the next number after the greatest, which suffices while only one client at a time
writes to a company.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from schema.apps import App
from tests.bench.contenders.statements import bit, gid, maybe, maybe_quoted, obj, text

MAY: Final = """
from credential k
join membership m on m.company_id = {company} and m.account_id = k.account_id and m.accepted_at is not null
  and m.removed_at is null and (m.until is null or m.until > now())
join company c on c.id = m.company_id
cross join lateral (select c.mask & m.mask e offset 0) x
where k.token_hash = $1 and k.expires_at > now() and not k.read_only
"""

COLUMNS: Final[Mapping[str, int]] = {
    "name": 100,
    "vatNumber": 20,
    "street": 200,
    "streetNumber": 200,
    "postcode": 200,
    "city": 200,
    "country": 2,
    "phone": 200,
    "mobile": 200,
    "email": 200,
    "website": 200,
    "paymentTermDays": 0,
    "note": 4_000,
    "language": 2,
    "discount": 0,
    "channel": 200,
}
"""The members of the input in the order of the parameters from $3, with the greatest length of a text (0: a number)."""

NUMBERS: Final[Mapping[str, tuple[type, int]]] = {"paymentTermDays": (int, 365), "discount": (Decimal, 100)}
"""The type and the greatest value of a number."""

CREATE: Final = f"""
with j as materialized (
  select c.id company_id, k.account_id, k.id credential_id, {bit(App.DISCOUNTS)} discounts
  {MAY.format(company="$2")}
    and ($17::numeric is null or {bit(App.DISCOUNTS)}) and ($18::text is null or {bit(App.PROSPECTS)})
    and ($16::text is null or {bit(App.FOREIGN_LANGUAGE_CUSTOMERS)})
), w as (
  insert into contact (
    company_id, sequence_number, number, kind, peppol_id, created_by, updated_by, name, vat_number, street,
    street_number, postcode, city, country, phone, mobile, email, website, payment_term_days, note, language, discount,
    channel)
  select j.company_id, s.n, 'C' || lpad(s.n::text, 5, '0'),
    case when $4::text is null then 'CONSUMER' else 'BUSINESS' end,
    case when $4 like 'BE%' then '0208:' || substr($4, 3) end, j.account_id, j.account_id, $3, $4, $5, $6, $7, $8,
    coalesce($9, 'BE'), $10, $11, $12, $13, coalesce($14, 30), $15, coalesce($16, 'FR'), $17, $18
  from j cross join lateral (
    select coalesce(max(sequence_number), 0) + 1 n from contact where company_id = j.company_id
  ) s
  returning *
), t as (
  insert into change (company_id, actor_id, credential_id, entity, key, kind, fields, operation)
  select w.company_id, j.account_id, j.credential_id, 'Customer', w.id, 'CREATED', $19::text[], 'createCustomer'
  from w, j
)
"""
UPDATE: Final = f"""
with j as materialized (
  select c.id company_id, k.account_id, k.id credential_id
  {MAY.replace("from credential k", "from contact r join credential k on true").format(company="r.company_id")}
    and r.id = $2 and r.is_customer and r.deleted_at is null
), w as (
  update contact t
  set city = $3, note = $4, version = t.version + 1, updated_at = now(), updated_by = j.account_id
  from j where t.company_id = j.company_id and t.id = $2 and ($5::int is null or t.version = $5)
  returning t.*
), tr as (
  insert into change (company_id, actor_id, credential_id, entity, key, kind, fields, operation)
  select w.company_id, j.account_id, j.credential_id, 'Customer', w.id, 'CHANGED', $6::text[], 'updateCustomer'
  from w, j
)
"""
HAND: Final = {
    "create_customer": f"""
{CREATE}
select json_build_object('createCustomer', json_build_object(
  'customer', json_build_object(
    'id', {gid("cus", "w.id")}, 'number', w.number, 'name', w.name, 'city', w.city, 'country', w.country,
    'paymentTermDays', w.payment_term_days, 'discount', case when j.discounts then w.discount::text end),
  'errors', json_build_array()))
from w, j
""",
    "update_customer": f"""
{UPDATE}
select json_build_object('updateCustomer', json_build_object(
  'customer', json_build_object('id', {gid("cus", "w.id")}, 'name', w.name, 'city', w.city, 'note', w.note),
  'errors', json_build_array()))
from w
""",
}

CREATED: Final = obj(
    "cus", "w.id", ("number", text("w.number")), ("name", text("w.name")), ("city", maybe("w.city")),
    ("country", text("w.country")), ("paymentTermDays", "w.payment_term_days"),
    ("discount", maybe_quoted("w.discount", "discounts")),
)  # fmt: skip
CHANGED: Final = obj("cus", "w.id", ("name", text("w.name")), ("city", maybe("w.city")), ("note", maybe("w.note")))
BARE: Final = {
    "create_customer": f"""
{CREATE}
select '{{"createCustomer":{{"customer":' || {CREATED} || ',"errors":[]}}}}'
from w, j may
""",
    "update_customer": f"""
{UPDATE}
select '{{"updateCustomer":{{"customer":' || {CHANGED} || ',"errors":[]}}}}'
from w
""",
}


def stored(given: Mapping[str, Any], *names: str) -> list[Any]:
    """The values of these members as they are stored, None for what is not given. Raises ValueError."""
    return [_stored(name, given.get(name)) for name in names]


def _stored(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in NUMBERS:
        kind, most = NUMBERS[name]
        number = kind(value)
        if not 0 <= number <= most:
            raise ValueError(name)
        return number
    text = value.strip()
    if len(text) > COLUMNS[name]:
        raise ValueError(name)
    return text or None


def creation(given: Mapping[str, Any]) -> list[Any]:
    """The parameters from $3 of a creation: the values, and the names of the given members. Raises ValueError."""
    if not given["name"].strip():
        raise ValueError("name")
    return [*stored(given, *COLUMNS), [name for name in given if name != "companyId"]]


def change(given: Mapping[str, Any]) -> list[Any]:
    """The parameters from $3 of a change: city, note, version, names of the given members. Raises ValueError."""
    names = [name for name in given if name not in ("customerId", "expectedVersion")]
    return [*stored(given, "city", "note"), given.get("expectedVersion"), names]
