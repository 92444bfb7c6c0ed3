"""Row level security as an independent check of tenancy: a database user with a policy on every table of companies.

The companies that are open to a request are:

- those of its credential: for a session those that its account has entered, for an API key its own company or those
  where the account holds API_ACCESS, for "view as" only one;
- for a letter's secret in its input: the company of the letter, and those of the account that the letter went to;
- within a transaction: companies that it creates, those of an account for which it opens a session, and those that were
  open when the transaction began.

The policies look these up themselves, from the credential and the secrets that the test states; they know nothing of
the product's statements.

With the fence up, a company that is not open has no rows. With the fence down, all rows can be read, but inserting,
changing or deleting a row of a company that is not open is an error. Outside of any request everything is open, for the
mail sender and for tests that use the product's pool.
"""

from typing import Final

from db.connection import Connection
from db.declarations import Table
from db.tables import metadata
from schema.apps import CATALOGUE, App

ROLE: Final = "enfact_fenced"
"""A user that owns nothing and is not a superuser, so that policies apply to it; all databases of a server share it."""

TRESPASS: Final = "EF001"
"""The SQLSTATE of changing or deleting a row of a company that is not open."""

KEYS: Final = CATALOGUE[App.API_ACCESS].position
"""The mask position of API_ACCESS, without which an API key opens no company."""

REFUSED: Final = "42501"
"""The SQLSTATE of inserting a row that a policy refuses."""


def _column(table: Table) -> str | None:
    """The column with the company of a row; None for a credential, which belongs to its account."""
    if table.name == "company":
        return "id"
    if table.name == "credential":
        return None
    return "company_id" if "company_id" in table.columns else None


COMPANIES: Final = {name: column for name, table in metadata.tables.items() if (column := _column(table)) is not None}
"""The column with the company, by table. In tables that are not tenants' tables it may be null."""

TENANTS: Final = frozenset(name for name in COMPANIES if name == "company" or metadata.tables[name].info.get("tenant"))

FUNCTIONS: Final = f"""
create schema fence;
grant usage on schema fence to {ROLE};

create function fence.words(name text) returns text[] language sql stable as $$
  select coalesce(string_to_array(nullif(current_setting(name, true), ''), ' '), '{{}}')
$$;
create function fence.hashes(name text) returns bytea[] language sql stable as $$
  select array(select decode(word, 'hex') from unnest(fence.words(name)) word)
$$;
create function fence.is_down() returns bool language sql stable as $$
  select coalesce(current_setting('fence.state', true), '') = 'down'
$$;
create function fence.is_outside() returns bool language sql stable as $$
  select coalesce(current_setting('fence.outside', true), '') = 'yes'
$$;
create function fence.accounts() returns uuid[] language sql stable security definer set search_path = public as $$
  select array(
    select account_id from credential
    where expires_at > now() and token_hash = any ((select fence.hashes('fence.tokens'))::bytea[])
  )
$$;
create function fence.invitations() returns setof membership
language sql stable security definer set search_path = public as $$
  select m.* from membership m join account a on a.id = m.account_id join credential k on k.account_id = a.id
  where a.confirmed and k.kind = 'SESSION' and k.expires_at > now()
    and k.token_hash = any ((select fence.hashes('fence.tokens'))::bytea[])
    and m.role is not null and m.accepted_at is null and m.removed_at is null
$$;
create function fence.invited() returns text[] language sql stable security definer set search_path = public as $$
  select array(select company_id || ' ' || id from fence.invitations())
$$;
create function fence.entered() returns uuid[] language sql stable security definer set search_path = public as $$
  select fence.words('fence.open')::uuid[] || array(
    select m.company_id from membership m join company c on c.id = m.company_id
      join credential k on k.account_id = m.account_id
    where k.expires_at > now() and k.token_hash = any ((select fence.hashes('fence.tokens'))::bytea[])
      and m.accepted_at is not null and m.removed_at is null and (m.until is null or m.until > now())
      and case k.kind
        when 'SESSION' then true
        when 'API_KEY' then coalesce(k.company_id = m.company_id, true) and get_bit(case
            when c.trial_ends_at > now() then c.mask else c.plan_mask end & m.mask & k.apps, {KEYS}) = 1
          and k.created_at >= m.accepted_at and not m.company_id = any (k.closed)
        when 'VIEW_AS' then k.company_id = m.company_id and m.role = 'OWNER' and exists (
          select from membership u
          where u.company_id = k.company_id and u.id = k.membership_id and u.role is not null
            and u.accepted_at is not null and u.removed_at is null and (u.until is null or u.until > now())
        )
      end
  ) || array(
    select company_id from mail_token
    where company_id is not null and token_hash = any ((select fence.hashes('fence.letters'))::bytea[])
  ) || array(
    select company_id from membership
    where account_id = any ((select fence.words('fence.mailboxes'))::uuid[]) and accepted_at is not null
  ) || array(
    select m.company_id from mail_token t join membership m on m.account_id = t.account_id
    where t.token_hash = any ((select fence.hashes('fence.letters'))::bytea[])
      and m.accepted_at is not null and m.removed_at is null and (m.until is null or m.until > now())
  ) || array(
    select company_id from fence.invitations() where id = any ((select fence.words('fence.invitations'))::uuid[])
  )
$$;
create function fence.mine() returns text[] language sql stable security definer set search_path = public as $$
  select array(
    select company_id || ' ' || id from membership
    where account_id = any ((select fence.accounts())::uuid[]) and accepted_at is not null
  )
$$;
create function fence.add(name text, word text) returns void language sql as $$
  select set_config(name, trim(coalesce(current_setting(name, true), '') || ' ' || word), true)
$$;
create function fence.mailboxes() returns setof uuid language sql stable security definer set search_path = public as $$
  select a.id from mail_token t join account a on a.id = t.account_id
  where not a.confirmed and t.token_hash = any ((select fence.hashes('fence.letters'))::bytea[])
$$;
create function fence.begin() returns void language sql as $$
  select set_config('fence.writes', 'yes', true),
    set_config('fence.mailboxes', array_to_string(array(select fence.mailboxes()), ' '), true),
    set_config('fence.open', array_to_string(array(select distinct unnest(fence.entered())), ' '), true)
$$;

create function fence.found() returns trigger language plpgsql security definer set search_path = public as $$
begin
  if not exists (select from company where id = new.id) then
    perform fence.add('fence.open', new.id::text);
  end if;
  return new;
end
$$;
create trigger fence_found before insert on company
for each row when (current_user = '{ROLE}') execute function fence.found();

create function fence.hand_over() returns trigger language plpgsql as $$
begin
  if old.account_id = any (fence.words('fence.mailboxes')::uuid[]) then
    perform fence.add('fence.open', new.company_id::text);
  end if;
  return new;
end
$$;
create trigger fence_hand_over before update of account_id on membership
for each row when (current_user = '{ROLE}') execute function fence.hand_over();

create function fence.sign_in() returns trigger language plpgsql as $$
begin
  perform fence.add('fence.tokens', encode(new.token_hash, 'hex'));
  return null;
end
$$;
create trigger fence_sign_in after insert on credential
for each row when (current_user = '{ROLE}') execute function fence.sign_in();
"""
OPEN: Final = "((select fence.is_outside()) or {row}{column} = any ((select fence.entered())::uuid[])"
OWN: Final = """
or {row}account_id = any ((select fence.accounts())::uuid[]) and {row}accepted_at is not null
  and current_setting('fence.writes', true) = 'yes'
"""
"""The caller's own membership in a company that they have left: a mutation may use it, for limits and names."""

MINE: Final = "{column} || ' ' || {member} = any ((select fence.mine())::text[])"
INVITED: Final = {"membership": "id", "mail_token": "membership_id"}
"""Tables where callers may read the rows of the invitations to their login, and the column with the membership."""

HISTORY: Final = {"membership": "id", "access_change": "membership_id"}
"""Tables where callers may always read the rows about their own access, and the column with the membership."""

UNNAMED: Final = " or {row}{column} is null"
"""Rows without a company, such as letters to an account."""

POLICIES: Final = """
alter table "{table}" enable row level security;
alter table "{table}" force row level security;
create policy seen on "{table}" for select to {role} using ((select fence.is_down()) or {seen});
create policy added on "{table}" for insert to {role} with check ({open});
create policy changed on "{table}" for update to {role} using (true) with check ({open});
create policy removed on "{table}" for delete to {role} using (true);

create function fence."change_{table}"() returns trigger language plpgsql as $$
begin
  if {was_open} then
    return case when tg_op = 'DELETE' then old else new end;
  end if;
  raise exception using errcode = '{trespass}', message = tg_op || ' of {table} in a company that is not open';
end
$$;
create trigger fence_change before update or delete on "{table}"
for each row when (current_user = '{role}') execute function fence."change_{table}"();
"""
MAKE_ROLE: Final = f"""
do $$ begin
  create role {ROLE} nologin nosuperuser nobypassrls;
exception when duplicate_object or unique_violation then null;
end $$
"""


async def put_fences(connection: Connection) -> None:
    """Enable and force row level security on every table with a company."""
    await connection.execute(MAKE_ROLE)
    await connection.execute(FUNCTIONS)
    for name, column in COMPANIES.items():
        table = metadata.tables[name]
        await connection.execute(
            POLICIES.format(
                table=name,
                role=ROLE,
                trespass=TRESPASS,
                open=_open(table, column),
                seen=_seen(table, column),
                was_open=_open(table, column, "old."),
            )
        )
    await connection.execute(f"grant select, insert, update, delete on all tables in schema public to {ROLE}")


def _open(table: Table, column: str, row: str = "") -> str:
    """The SQL condition that the company of a row is open."""
    condition = OPEN
    if table.name == "company":
        condition = OPEN.replace("(select fence.entered())::uuid[]", "fence.entered()")  # for each row
    elif table.name == "membership":
        condition += OWN
    elif table.columns[column].nullable:
        condition += UNNAMED
    return f"{condition.format(row=row, column=column)})"


def _seen(table: Table, column: str) -> str:
    """The SQL condition that a row may be read."""
    member = HISTORY.get(table.name)
    mine = f" or {MINE.format(column=column, member=member)}" if member is not None else ""
    invited = INVITED.get(table.name)
    if invited is not None:
        mine += f" or {MINE.format(column=column, member=invited).replace('fence.mine', 'fence.invited')}"
    return _open(table, column) + mine
