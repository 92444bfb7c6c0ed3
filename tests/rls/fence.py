"""Row level security as a second opinion: takes a migrated database, gives it a user who meets a policy on every table.

A request opens what its credential opens (a session the companies that its account has entered, an API key its own or
those where the account holds API_ACCESS, a look as somebody else only one), the company of a letter whose secret it
carries and those of the account that the letter went to, and within one transaction: companies that it founds, those of
the account for which it opens a session, and those that were open when it began. The policies look that up by
themselves, from what the test says of the request; of the statements that the product makes they know nothing.

With the fence up a company that is not open has no rows. With the fence down all can be seen, but a row of a company
that is not open can be neither written, changed nor deleted: that is an error. Outside of any request all is open:
that is the sender of letters, or a test with the product's pool.
"""

from typing import Final

from sqlalchemy import Table

from db.connection import Connection
from db.tables import metadata
from schema.apps import CATALOGUE, App

ROLE: Final = "enfact_fenced"
"""A user that owns nothing and is no superuser, so that the policies hold for it. A server's databases share it."""

TRESPASS: Final = "EF001"
"""The SQLSTATE of a change of what stands in a company that is not open, or of its deletion."""

KEYS: Final = CATALOGUE[App.API_ACCESS].position
"""The position of the app without which a key opens nothing."""

REFUSED: Final = "42501"
"""The SQLSTATE of what a policy refuses: that something comes to stand there."""


def _column(table: Table) -> str | None:
    """The column that says whose a row is; a credential is its account's, whatever company it is bound to."""
    if table.name == "company":
        return "id"
    if table.name == "credential":
        return None
    return "company_id" if "company_id" in table.columns else None


COMPANIES: Final = {name: column for name, table in metadata.tables.items() if (column := _column(table)) is not None}
"""The column of each table that says whose a row is. Rows of tables that are not tenants' may be nobody's."""

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
create function fence.entered() returns uuid[] language sql stable security definer set search_path = public as $$
  select fence.words('fence.open')::uuid[] || array(
    select m.company_id from membership m join company c on c.id = m.company_id
      join credential k on k.account_id = m.account_id
    where k.expires_at > now() and k.token_hash = any ((select fence.hashes('fence.tokens'))::bytea[])
      and m.accepted_at is not null and m.removed_at is null and (m.until is null or m.until > now())
      and case k.kind
        when 'SESSION' then true
        when 'API_KEY' then coalesce(k.company_id = m.company_id, true) and get_bit(c.mask & m.mask, {KEYS}) = 1
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
"""One's own part in a company that one has left: it counts for limits, and has one's names."""

MINE: Final = "{column} || ' ' || {member} = any ((select fence.mine())::text[])"
HISTORY: Final = {"membership": "id", "access_change": "membership_id"}
"""What became of one's own access is one's own to see, also where it is lost: the column that says whose access."""

UNNAMED: Final = " or {row}{column} is null"
"""Letters, and what they carry, that are of no company."""

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
    """Enable and force row level security on every table that says whose a row is."""
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
    """The condition under which a row is of a company that is open."""
    condition = OPEN
    if table.name == "company":
        condition = OPEN.replace("(select fence.entered())::uuid[]", "fence.entered()")  # anew, once it is founded
    elif table.name == "membership":
        condition += OWN
    elif table.columns[column].nullable:
        condition += UNNAMED
    return f"{condition.format(row=row, column=column)})"


def _seen(table: Table, column: str) -> str:
    """The condition under which a row may be read."""
    member = HISTORY.get(table.name)
    mine = f" or {MINE.format(column=column, member=member)}" if member is not None else ""
    return _open(table, column) + mine
