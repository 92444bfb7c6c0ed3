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
-- $3 = [51104fc7-bba5-42e7-a8f3-b81128a50d29]

with wanted as (
  select c.membership_id, c.app_id, c.granted, nothing, set_bit(nothing, a.position, 1) bit
  from unnest($4::uuid[], $5::text[], $6::bool[]) c(membership_id, app_id, granted)
    join app a on a.id = c.app_id, (select repeat('0', 256)::bit(256) nothing) none
),
ended as (
  update app_grant g
  set
    valid = tstzrange(lower(g.valid), greatest($2, lower(g.valid) + interval '1 microsecond')),
    revoked_by = $3
  from wanted c
  where
    not c.granted
    and g.company_id = $1
    and g.membership_id = c.membership_id
    and g.app_id = c.app_id
    and upper_inf(g.valid)
),
begun as (
  insert into app_grant (company_id, membership_id, app_id, valid, granted_by)
  select $1, membership_id, app_id, tstzrange($2, null), $3
  from wanted
  where granted
),
kept as (
  update membership m
  set toggles = (m.toggles & ~ c.ended) | c.begun
  from (
    select
      membership_id,
      bit_or(case when granted then bit else nothing end) begun,
      bit_or(case when granted then nothing else bit end) ended
    from wanted
    group by membership_id
  ) c
  where m.company_id = $1 and m.id = c.membership_id
),
trail as (
  insert into access_change (company_id, at, kind, actor_id, membership_id, app_id, before, after)
  select $1, $2, 'TOGGLE', $3, membership_id, app_id, not granted, granted
  from wanted
)
update company
set access_version = access_version + 1
where id = $1;
-- $1 = 514c94de-889b-4144-be3f-e722f52193db
-- $2 = <moment>
-- $3 = 07656aff-d104-44fc-8719-c71dcce21eed
-- $4 = [51104fc7-bba5-42e7-a8f3-b81128a50d29, 51104fc7-bba5-42e7-a8f3-b81128a50d29]
-- $5 = [DISCOUNTS, PURCHASES]
-- $6 = [False, True]

COMMIT;

with viewer as materialized (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $6::bytea and k.expires_at > now() and k.kind = 'SESSION'
),
p0 as materialized (
  select t2.id, t2.position, '{"app":"' || t2.id::text || '","granted":' k0
  from app t2
  order by t2.rank, reading_key(t2.id) collate "C"
)
select
  s.d::varchar,
  s.h::varchar,
  s.id,
  case when s.h is not null then (select w.language from account w where w.id = s.account_id) end,
  s.account_id
from (
  select
    '{"data":{"permissionMatrix":' || coalesce(l0.j, 'null')
    || ',"company":' || coalesce(l1.j, 'null')
    || ',"errors":[' || coalesce((
      select
        string_agg(
          '{"code":' || '"' || e.code || '"'
          || ',"message":' || json_scalar(e.message)::text
          || ',"field":' || coalesce(e.field::text, 'null')
          || '}',
          ','
        )
      from json_to_recordset($5::json) e(
        code text, message text, field json, reason text, app text, role text, about json
      )
    ), '')
    || ']}}' d,
    nullif(coalesce(l0.h, '') || ';' || coalesce(l1.h, ''), ';') h,
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
        and m0.company_id = $1::uuid
        and m0.accepted_at is not null
        and m0.removed_at is null
        and (m0.until is null or m0.until > now())
      offset 0
    ) l0 on true
    left join lateral (
      select
        '{"permissionMatrix":' || case when a1.g0 then
          '{"rows":[' || coalesce((
            select
              string_agg(
                '{"cells":[' || coalesce((
                  select
                    string_agg(
                      t2.k0
                      || case when (get_bit(t1.toggles, t2.position) = 1) then
                        'true,"effective":'
                      else 'false,"effective":' end
                      || case when (
                        (get_bit(t1.mask, t2.position) = 1)
                        and t1.accepted_at is not null
                        and (t1.until is null or t1.until > now())
                      ) then
                        'true}'
                      else 'false}' end,
                      ','
                    )
                  from p0 t2
                  where
                    get_bit(
                      (case when c1.trial_ends_at > now() then c1.mask else c1.plan_mask end), t2.position
                    ) = 1
                    and t2.id = any($4::text[])
                ), '')
                || ']}',
                ',' order by t1.external, t1.created_at, t1.id
              )
            from membership t1
            where
              t1.company_id = c1.id
              and t1.removed_at is null
              and t1.id = any(case when t1.external then $3::uuid[] else $2::uuid[] end)
          ), '')
          || ']}}'
        else 'null}' end j,
        case when not (a1.g0) then
          '1:' || encode(uuid_send(c1.id), 'hex') || ':' || array_to_string(array[a1.g0], '')
        end h
      from membership m1
        join company c1 on c1.id = m1.company_id
        cross join lateral (
          select b.o g0
          from (
            select
              ((case when c1.trial_ends_at > now() then c1.mask else c1.plan_mask end) & m1.mask) e,
              coalesce(m1.role = 'OWNER', false) o
            offset 0
          ) b
          offset 0
        ) a1
      where
        m1.account_id = v.account_id
        and m1.company_id = $1::uuid
        and m1.accepted_at is not null
        and m1.removed_at is null
        and (m1.until is null or m1.until > now())
      offset 0
    ) l1 on true
) s;
-- $1 = 514c94de-889b-4144-be3f-e722f52193db
-- $2 = [51104fc7bba542e7a8f3b81128a50d29]
-- $3 = [null]
-- $4 = [DISCOUNTS, PURCHASES]
-- $5 = []
-- $6 = <hash of a token>
