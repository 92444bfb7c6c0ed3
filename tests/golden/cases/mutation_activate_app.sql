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
  and (m.until is null or m.until > now());
-- $1 = 514c94de-889b-4144-be3f-e722f52193db
-- $2 = 07656aff-d104-44fc-8719-c71dcce21eed

insert into company_app (company_id, app_id, valid, activated_by)
select $1, app_id, tstzrange($2, null), $3
from unnest($4::text[]) app_id;
-- $1 = 514c94de-889b-4144-be3f-e722f52193db
-- $2 = <moment>
-- $3 = 07656aff-d104-44fc-8719-c71dcce21eed
-- $4 = [CASH_TICKETS]

update company c
set
  mask = coalesce((
    select bit_or(set_bit(repeat('0', 256)::bit(256), a.position, 1))
    from app a
      join company_app o on o.app_id = a.id
    where o.company_id = c.id and upper_inf(o.valid)
  ), repeat('0', 256)::bit(256))
where c.id = $1;
-- $1 = 514c94de-889b-4144-be3f-e722f52193db

insert into access_change (company_id, at, kind, actor_id, app_id, before, after)
select $1, $2, $5, $3, app_id, $5 = 'APP_DEACTIVATED', $5 = 'APP_ACTIVATED'
from unnest($4::text[]) app_id;
-- $1 = 514c94de-889b-4144-be3f-e722f52193db
-- $2 = <moment>
-- $3 = 07656aff-d104-44fc-8719-c71dcce21eed
-- $4 = [CASH_TICKETS]
-- $5 = APP_ACTIVATED

update company set access_version = access_version + 1 where id = $1;
-- $1 = 514c94de-889b-4144-be3f-e722f52193db

COMMIT;

with viewer as materialized (
  select k.id, k.account_id, u.language language
  from credential k
    join account u on u.id = k.account_id
  where k.token_hash = $7::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select
  s.d::varchar,
  s.h::varchar,
  s.id,
  case when s.h is not null then (select w.language from account w where w.id = s.account_id) end,
  s.account_id
from (
  select
    '{"data":{"app":' || coalesce((
      select
        '{"app":"' || t1.id::text
        || '","label":' || json_scalar((
          select t2.label
          from app_text t2
          where t2.app_id = t1.id and t2.language = coalesce($2::text, coalesce(v.language, $1::text))
        ))::text
        || '}'
      from app t1
      where t1.id = $3::text
    ), 'null')
    || ',"company":' || coalesce(l0.j, 'null')
    || ',"errors":[' || coalesce((
      select
        string_agg(
          '{"code":' || '"' || e.code || '"' || ',"field":' || coalesce(e.field::text, 'null') || '}', ','
        )
      from json_to_recordset($6::json) e(
        code text, message text, field json, reason text, app text, role text, about json
      )
    ), '')
    || ']}}' d,
    null h,
    v.id,
    v.account_id
  from (select 1) one
    left join viewer v on true
    left join lateral (
      select
        '{"access":{"can":' || case when (
          select
            get_bit(
              ((case when c0.trial_ends_at > now() then c0.mask else c0.plan_mask end) & m0.mask),
              t3.position
            ) = 1
          from app t3
          where t3.id = $5::text
        ) then
          'true}}'
        else 'false}}' end j,
        null h
      from membership m0
        join company c0 on c0.id = m0.company_id
      where
        m0.account_id = v.account_id
        and m0.company_id = $4::uuid
        and m0.accepted_at is not null
        and m0.removed_at is null
        and (m0.until is null or m0.until > now())
    ) l0 on true
) s;
-- $1 = FR
-- $2 = EN
-- $3 = CASH_TICKETS
-- $4 = 514c94de-889b-4144-be3f-e722f52193db
-- $5 = CASH_TICKETS
-- $6 = []
-- $7 = <hash of a token>

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
  and (m.until is null or m.until > now());
-- $1 = 514c94de-889b-4144-be3f-e722f52193db
-- $2 = 07656aff-d104-44fc-8719-c71dcce21eed

update company_app
set
  valid = tstzrange(lower(valid), greatest($2, lower(valid) + interval '1 microsecond')), deactivated_by = $3
where company_id = $1 and app_id = any($4::text[]) and upper_inf(valid);
-- $1 = 514c94de-889b-4144-be3f-e722f52193db
-- $2 = <moment>
-- $3 = 07656aff-d104-44fc-8719-c71dcce21eed
-- $4 = [CASH_TICKETS]

update company c
set
  mask = coalesce((
    select bit_or(set_bit(repeat('0', 256)::bit(256), a.position, 1))
    from app a
      join company_app o on o.app_id = a.id
    where o.company_id = c.id and upper_inf(o.valid)
  ), repeat('0', 256)::bit(256))
where c.id = $1;
-- $1 = 514c94de-889b-4144-be3f-e722f52193db

insert into access_change (company_id, at, kind, actor_id, app_id, before, after)
select $1, $2, $5, $3, app_id, $5 = 'APP_DEACTIVATED', $5 = 'APP_ACTIVATED'
from unnest($4::text[]) app_id;
-- $1 = 514c94de-889b-4144-be3f-e722f52193db
-- $2 = <moment>
-- $3 = 07656aff-d104-44fc-8719-c71dcce21eed
-- $4 = [CASH_TICKETS]
-- $5 = APP_DEACTIVATED

update company set access_version = access_version + 1 where id = $1;
-- $1 = 514c94de-889b-4144-be3f-e722f52193db

COMMIT;

with viewer as materialized (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $4::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select
  s.d::varchar,
  s.h::varchar,
  s.id,
  case when s.h is not null then (select w.language from account w where w.id = s.account_id) end,
  s.account_id
from (
  select
    '{"data":{"company":' || coalesce(l0.j, 'null')
    || ',"errors":[' || coalesce((
      select
        string_agg(
          '{"code":' || '"' || e.code || '"' || ',"field":' || coalesce(e.field::text, 'null') || '}', ','
        )
      from json_to_recordset($3::json) e(
        code text, message text, field json, reason text, app text, role text, about json
      )
    ), '')
    || ']}}' d,
    nullif(coalesce(l0.h, ''), '') h,
    v.id,
    v.account_id
  from (select 1) one
    left join viewer v on true
    left join lateral (
      select
        '{"access":{"can":' || case when (
          select
            get_bit(
              ((case when c0.trial_ends_at > now() then c0.mask else c0.plan_mask end) & m0.mask),
              t1.position
            ) = 1
          from app t1
          where t1.id = $2::text
        ) then
          'true},"plan":'
        else 'false},"plan":' end
        || case when a0.g0 then coalesce('"' || c0.plan::text || '"', 'null') || '}' else 'null}' end j,
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
        and m0.company_id = $1::uuid
        and m0.accepted_at is not null
        and m0.removed_at is null
        and (m0.until is null or m0.until > now())
    ) l0 on true
) s;
-- $1 = 514c94de-889b-4144-be3f-e722f52193db
-- $2 = CASH_TICKETS
-- $3 = []
-- $4 = <hash of a token>
