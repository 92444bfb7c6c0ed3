BEGIN;

select k.id, k.account_id, u.language, k.read_only
from credential k
  join account u on u.id = k.account_id
where k.token_hash = $1 and k.expires_at > now() and k.kind = $2;
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
      and (m.role = 'OWNER' or not $3)
      and m.accepted_at is not null
      and m.removed_at is null
      and (m.until is null or m.until > now())
  ) for no key
update;
-- $1 = 018b514d-43a0-7000-ac2b-7ed4c4760a71
-- $2 = 018b514d-43a0-7000-bed6-ee291da75f8d
-- $3 = True

select
  c.id, c.plan, c.mask, c.access_version, clock_timestamp() at, m.role, m.id member, c.mask & m.mask access
from company c
  join membership m on m.company_id = c.id
where
  c.id = $1
  and m.account_id = $2
  and m.accepted_at is not null
  and m.removed_at is null
  and (m.until is null or m.until > now());
-- $1 = 018b514d-43a0-7000-ac2b-7ed4c4760a71
-- $2 = 018b514d-43a0-7000-bed6-ee291da75f8d

select id, external, role, toggles
from membership
where company_id = $1 and id = any($2::uuid[]) and removed_at is null for no key
update;
-- $1 = 018b514d-43a0-7000-ac2b-7ed4c4760a71
-- $2 = [018b6b1b-2a5a-7f68-b0fc-4ed82705a509]

with change as (
  select c.membership_id, c.app_id, c.granted, nothing, set_bit(nothing, a.position, 1) bit
  from unnest($4::uuid[], $5::text[], $6::bool[]) c(membership_id, app_id, granted)
    join app a on a.id = c.app_id, (select repeat('0', 256)::bit(256) nothing) none
),
ended as (
  update app_grant g
  set
    valid = tstzrange(lower(g.valid), greatest($2, lower(g.valid) + interval '1 microsecond')),
    revoked_by = $3
  from change c
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
  from change
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
    from change
    group by membership_id
  ) c
  where m.company_id = $1 and m.id = c.membership_id
),
trail as (
  insert into access_change (company_id, at, kind, actor_id, membership_id, app_id, before, after)
  select $1, $2, 'TOGGLE', $3, membership_id, app_id, not granted, granted
  from change
)
update company
set access_version = access_version + 1
where id = $1;
-- $1 = 018b514d-43a0-7000-ac2b-7ed4c4760a71
-- $2 = <moment>
-- $3 = 018b514d-43a0-7000-bed6-ee291da75f8d
-- $4 = [018b6b1b-2a5a-7f68-b0fc-4ed82705a509, 018b6b1b-2a5a-7f68-b0fc-4ed82705a509]
-- $5 = [DISCOUNTS, PURCHASES]
-- $6 = [False, True]

with viewer as materialized (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $6::bytea and k.expires_at > now() and k.kind = 'SESSION'
),
p0 as materialized (
  select t2.id, t2.position, '{"app":"' || t2.id::text || '","granted":' k0
  from app t2
  order by t2.rank, t2.id
)
select
  s.d::varchar,
  s.h::varchar,
  s.id,
  case when s.h is not null then (select w.language from account w where w.id = s.account_id) end
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
      from json_to_recordset($5::json) e(code text, message text, field json)
    ), '')
    || ']}}' d,
    nullif(coalesce(l0.h, '') || ';' || coalesce(l1.h, ''), ';') h,
    v.id,
    v.account_id
  from (select 1) one
    left join viewer v on true
    left join lateral (
      select
        case when a0.g0 then '{"version":' || c0.access_version::text || '}' else 'null' end j,
        case when not (a0.g0) then
          '0:' || encode(uuid_send(c0.id), 'hex') || ':' || array_to_string(array[a0.g0], '')
        end h
      from membership m0
        join company c0 on c0.id = m0.company_id
        cross join lateral (
          select b.o g0
          from (
            select (c0.mask & m0.mask) e, coalesce(m0.role = 'OWNER', false) o offset 0
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
                  where get_bit(c1.mask, t2.position) = 1 and t2.id = any($4::text[])
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
            select (c1.mask & m1.mask) e, coalesce(m1.role = 'OWNER', false) o offset 0
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
-- $1 = 018b514d-43a0-7000-ac2b-7ed4c4760a71
-- $2 = [018b6b1b2a5a7f68b0fc4ed82705a509]
-- $3 = [null]
-- $4 = [DISCOUNTS, PURCHASES]
-- $5 = []
-- $6 = <hash of a token>

COMMIT;
