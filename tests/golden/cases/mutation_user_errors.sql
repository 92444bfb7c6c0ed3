BEGIN;

select c.*, set_config('lock_timeout', '5s', true) patience
from (
  select k.id, k.account_id, u.language, k.read_only, u.confirmed
  from credential k
    join account u on u.id = k.account_id
  where k.token_hash = $1 and k.expires_at > now() and k.kind = $2
) c;
-- $1 = <hash of a token>
-- $2 = SESSION

select true
from company c
where
  c.id = $1
  and exists (
    select
    from membership m
    where
      m.company_id = c.id
      and m.account_id = $2
      and m.role = 'OWNER'
      and m.accepted_at is not null
      and m.removed_at is null
      and (m.until is null or m.until > now())
  ) for no key
update;
-- $1 = 514c94de-889b-4144-be3f-e722f52193db
-- $2 = 07656aff-d104-44fc-8719-c71dcce21eed

select e.*, p.id person, p.external, p.role role_there, p.toggles
from (
  select
    c.id,
    c.plan,
    c.mask active,
    (case when c.trial_ends_at > now() then c.mask else c.plan_mask end) awake,
    c.trial_ends_at > now() in_trial,
    (c.access_version + coalesce(c.trial_ends_at <= now(), false)::int) access_version,
    clock_timestamp() at,
    m.role,
    m.stands_in,
    m.id member,
    (case when c.trial_ends_at > now() then c.mask else c.plan_mask end) & m.mask access
  from company c
    join membership m on m.company_id = c.id
  where
    c.id = $1
    and m.account_id = $2
    and m.accepted_at is not null
    and m.removed_at is null
    and (m.until is null or m.until > now())
) e
  left join membership p on p.company_id = e.id and p.id = any($3::uuid[]) and p.removed_at is null;
-- $1 = 514c94de-889b-4144-be3f-e722f52193db
-- $2 = 07656aff-d104-44fc-8719-c71dcce21eed
-- $3 = []

ROLLBACK;

with viewer as materialized (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $3::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select
  s.d::varchar,
  s.h::varchar,
  s.id,
  case when s.h is not null then (select w.language from account w where w.id = s.account_id) end,
  s.account_id
from (
  select
    '{"data":{"errors":[' || coalesce((
      select
        string_agg(
          '{"code":' || '"' || e.code || '"'
          || ',"message":' || json_scalar(e.message)::text
          || ',"field":' || coalesce(e.field::text, 'null')
          || '}',
          ','
        )
      from json_to_recordset($1::json) e(
        code text, message text, field json, reason text, app text, role text, about json
      )
    ), '')
    || '],"permissionMatrix":' || coalesce(l0.j, 'null')
    || '}}' d,
    nullif(coalesce(l0.h, ''), '') h,
    v.id,
    v.account_id
  from (select 1) one
    left join viewer v on true
    left join lateral (
      select
        case when a0.g0 then
          '{"version":' || (c0.access_version + coalesce(c0.trial_ends_at <= now(), false)::int)::text || '}'
        else 'null' end j,
        case when not (a0.g0) then
          '0:' || encode(uuid_send(c0.id), 'hex') || ':' || array_to_string(array[a0.g0], '')
        end h
      from membership m0
        join company c0 on c0.id = m0.company_id
        cross join lateral (
          select b.o g0
          from (
            select
              ((case when c0.trial_ends_at > now() then c0.mask else c0.plan_mask end) & m0.mask) e,
              coalesce(m0.role = 'OWNER', false) o
            offset 0
          ) b
          offset 0
        ) a0
      where
        m0.account_id = v.account_id
        and m0.company_id = $2::uuid
        and m0.accepted_at is not null
        and m0.removed_at is null
        and (m0.until is null or m0.until > now())
    ) l0 on true
) s;
-- $1 = [{"code":"VERSION_CONFLICT","message":"Les droits d'accès ont été modifiés entre-temps. Veuillez les recharger et réessa…
-- $2 = 514c94de-889b-4144-be3f-e722f52193db
-- $3 = <hash of a token>

BEGIN;

select c.*, set_config('lock_timeout', '5s', true) patience
from (
  select k.id, k.account_id, u.language, k.read_only, u.confirmed
  from credential k
    join account u on u.id = k.account_id
  where k.token_hash = $1 and k.expires_at > now() and k.kind = $2
) c;
-- $1 = <hash of a token>
-- $2 = SESSION

select true
from company c
where
  c.id = $1
  and exists (
    select
    from membership m
    where
      m.company_id = c.id
      and m.account_id = $2
      and m.role = 'OWNER'
      and m.accepted_at is not null
      and m.removed_at is null
      and (m.until is null or m.until > now())
  ) for no key
update;
-- $1 = 514c94de-889b-4144-be3f-e722f52193db
-- $2 = 07656aff-d104-44fc-8719-c71dcce21eed

select e.*, p.id person, p.external, p.role role_there, p.toggles
from (
  select
    c.id,
    c.plan,
    c.mask active,
    (case when c.trial_ends_at > now() then c.mask else c.plan_mask end) awake,
    c.trial_ends_at > now() in_trial,
    (c.access_version + coalesce(c.trial_ends_at <= now(), false)::int) access_version,
    clock_timestamp() at,
    m.role,
    m.stands_in,
    m.id member,
    (case when c.trial_ends_at > now() then c.mask else c.plan_mask end) & m.mask access
  from company c
    join membership m on m.company_id = c.id
  where
    c.id = $1
    and m.account_id = $2
    and m.accepted_at is not null
    and m.removed_at is null
    and (m.until is null or m.until > now())
) e
  left join membership p on p.company_id = e.id and p.id = any($3::uuid[]) and p.removed_at is null;
-- $1 = 514c94de-889b-4144-be3f-e722f52193db
-- $2 = 07656aff-d104-44fc-8719-c71dcce21eed
-- $3 = [00000000-0000-0000-0000-000000000000, 51104fc7-bba5-42e7-a8f3-b81128a50d29]

ROLLBACK;

with viewer as materialized (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $3::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select
  s.d::varchar,
  s.h::varchar,
  s.id,
  case when s.h is not null then (select w.language from account w where w.id = s.account_id) end,
  s.account_id
from (
  select
    '{"data":{"errors":[' || coalesce((
      select
        string_agg(
          '{"code":' || '"' || e.code || '"'
          || ',"message":' || json_scalar(e.message)::text
          || ',"field":' || coalesce(e.field::text, 'null')
          || '}',
          ','
        )
      from json_to_recordset($1::json) e(
        code text, message text, field json, reason text, app text, role text, about json
      )
    ), '')
    || '],"company":' || coalesce(l0.j, 'null')
    || '}}' d,
    null h,
    v.id,
    v.account_id
  from (select 1) one
    left join viewer v on true
    left join lateral (
      select '{"name":' || json_scalar(c0.name)::text || '}' j, null h
      from membership m0
        join company c0 on c0.id = m0.company_id
      where
        m0.account_id = v.account_id
        and m0.company_id = $2::uuid
        and m0.accepted_at is not null
        and m0.removed_at is null
        and (m0.until is null or m0.until > now())
    ) l0 on true
) s;
-- $1 = [{"code":"APP_NOT_ACTIVE","message":"L'application Gestion des stocks n'est pas active dans cette entreprise. Veuillez d…
-- $2 = 514c94de-889b-4144-be3f-e722f52193db
-- $3 = <hash of a token>
