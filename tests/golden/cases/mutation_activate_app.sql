with viewer as (
  select k.id, k.account_id, u.language language, k.read_only, u.confirmed
  from credential k
    join account u on u.id = k.account_id
  where k.token_hash = $8::bytea and k.expires_at > now() and k.kind = 'SESSION'
),
judged as materialized (
  select
    v.account_id,
    v.confirmed,
    v.language,
    v.account_id = any($2::uuid[]) spent,
    x.*,
    case when v.read_only then
      'FORBIDDEN'
    when x.company_id is null then
      'NOT_FOUND'
    when x.role is distinct from 'OWNER' then
      'FORBIDDEN'
    when x.version <> $3::int4 then
      'VERSION_CONFLICT'
    when $4::bool then
      'PROBLEMS'
    end outcome
  from viewer v
    left join lateral (
      select
        c.id company_id,
        null::uuid row_id,
        c.access_version,
        c.trial_ends_at,
        (c.access_version + coalesce(c.trial_ends_at <= now(), false)::int) version,
        c.mask active,
        (case when c.trial_ends_at is null or c.trial_ends_at <= now() then c.plan_mask else c.mask end) awake,
        c.plan,
        coalesce(c.trial_ends_at > now(), false) in_trial,
        m.role,
        (
          greatest(
            clock_timestamp(),
            (
              select max(h.at) + interval '2 microseconds' from access_change h where h.company_id = $1::uuid
            )
          )
        ) at,
        exists (
          select from membership l where l.company_id = $1::uuid and l.lent_until <= now()
        ) has_lapsed
      from membership m
        join company c on c.id = m.company_id
      where
        m.account_id = v.account_id
        and m.company_id = $1::uuid
        and c.id = $1::uuid
        and m.accepted_at is not null
        and m.removed_at is null
        and (m.until is null or m.until > now())
    ) x on true
),
asked as materialized (
  select
    a.n,
    a.app,
    get_bit(j.active, a.position) = 0 changes,
    true given,
    a.position,
    case when get_bit(j.awake, a.position) = 0
    and not j.in_trial
    and j.plan <> all(string_to_array(a.plans, ' ')) then
      a.app
    end problem
  from judged j
    cross join unnest($5::text[], $6::int4[], $7::text[])
  with ordinality a(app, position, plans, n)
  where j.outcome is null
),
found as materialized (
  select f.*, f.count > 0 and j.spent stops
  from judged j
    cross join (
      select
        (array_agg(a.problem order by a.n) filter (where a.problem is not null))[1:20] problems,
        coalesce(bool_or(a.changes), false) changes,
        (count(*) filter (where a.changes and a.given))::int4 count
      from asked a
    ) f
),
locked as materialized (
  select c.id, set_config('synchronous_commit', 'remote_apply', true)
  from judged j
    cross join found f
    join company c on c.id = j.company_id and c.id = $1::uuid
  where
    j.outcome is null
    and f.problems is null
    and f.changes
    and not f.stops
    and not j.has_lapsed
    and c.access_version = j.access_version for no key
  update of c skip locked
),
raised as materialized (
  update company c
  set
    access_version = c.access_version + 1,
    mask = c.mask | (
      select bit_or(set_bit(repeat('0', 256)::bit(256), a.position, 1)) from asked a where a.changes
    )
  from locked l
  where c.id = l.id and c.id = $1::uuid
  returning c.id, c.access_version, c.trial_ends_at
),
standing as materialized (
  select r.*
  from raised r
  union all
  select j.company_id, j.access_version, j.trial_ends_at
  from judged j
    cross join found f
  where j.outcome is null and f.problems is null and not f.changes and not j.has_lapsed
),
changing as materialized (
  select a.*, r.id company_id, j.account_id, j.at
  from asked a
    cross join judged j
    cross join raised r
  where a.changes
),
activated as materialized (
  insert into company_app (company_id, app_id, valid, activated_by)
  select $1::uuid, w.app, tstzrange(w.at, null), w.account_id
  from changing w
),
trail as materialized (
  insert into access_change (company_id, at, kind, actor_id, app_id, before, after)
  select $1::uuid, w.at, 'APP_ACTIVATED', w.account_id, w.app, false, true
  from changing w
)
select
  s.d::varchar,
  s.h::varchar,
  s.id,
  case when s.h is not null then s.language end,
  s.account_id,
  (pg_current_xact_id_if_assigned()::text::int8 + 1) position,
  o.*
from (
  select '{"data":null}' d, null h, v.id, v.account_id, v.language
  from (select 1) one
    left join viewer v on true
) s
  left join (
    select
      j.company_id,
      j.row_id,
      j.confirmed,
      j.language,
      f.problems,
      f.count,
      case when j.outcome is not null then
        j.outcome
      when f.stops then
        'RATE_LIMITED'
      when f.problems is not null then
        'FOUND'
      when j.has_lapsed then
        'RACED'
      when not f.changes then
        'UNCHANGED'
      when r.id is null then
        'RACED'
      end outcome
    from judged j
      cross join found f
      left join raised r on true
  ) o on true;
-- $1 = 514c94de889b4144be3fe722f52193db
-- $2 = []
-- $3 = null
-- $4 = False
-- $5 = [CASH_TICKETS]
-- $6 = [45]
-- $7 = [FREE PRO PREMIUM]
-- $8 = <hash of a token>

with viewer as (
  select k.id, k.account_id, u.language language
  from credential k
    join account u on u.id = k.account_id
  where k.token_hash = $7::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select
  s.d::varchar,
  s.h::varchar,
  s.id,
  case when s.h is not null then s.language end,
  s.account_id,
  pg_snapshot_xmax(pg_current_snapshot())::text::int8 position
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
    v.account_id,
    v.language
  from (select 1) one
    left join viewer v on true
    left join lateral (
      select
        case when (
          select
            get_bit(
              (
                (
                  case when c0.trial_ends_at is null or c0.trial_ends_at <= now() then
                    c0.plan_mask
                  else c0.mask end
                ) & (
                  case when m0.lent_until is null
                  or m0.lent_until > now()
                  or m0.role is distinct from 'EMPLOYEE' then
                    m0.mask
                  else m0.mask & ~ m0.lent end
                )
              ),
              t3.position
            ) = 1
          from app t3
          where t3.id = $5::text
        ) then
          '{"access":{"can":true}}'
        else '{"access":{"can":false}}' end j,
        null h
      from membership m0
        join company c0 on c0.id = m0.company_id
      where
        m0.account_id = v.account_id
        and m0.company_id = $4::uuid
        and c0.id = $4::uuid
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

with viewer as (
  select k.id, k.account_id, u.language language, k.read_only, u.confirmed
  from credential k
    join account u on u.id = k.account_id
  where k.token_hash = $7::bytea and k.expires_at > now() and k.kind = 'SESSION'
),
judged as materialized (
  select
    v.account_id,
    v.confirmed,
    v.language,
    v.account_id = any($2::uuid[]) spent,
    x.*,
    case when v.read_only then
      'FORBIDDEN'
    when x.company_id is null then
      'NOT_FOUND'
    when x.role is distinct from 'OWNER' then
      'FORBIDDEN'
    when x.version <> $3::int4 then
      'VERSION_CONFLICT'
    when $4::bool then
      'PROBLEMS'
    end outcome
  from viewer v
    left join lateral (
      select
        c.id company_id,
        null::uuid row_id,
        c.access_version,
        c.trial_ends_at,
        (c.access_version + coalesce(c.trial_ends_at <= now(), false)::int) version,
        c.mask active,
        (case when c.trial_ends_at is null or c.trial_ends_at <= now() then c.plan_mask else c.mask end) awake,
        c.plan,
        coalesce(c.trial_ends_at > now(), false) in_trial,
        m.role,
        (
          greatest(
            clock_timestamp(),
            (
              select max(h.at) + interval '2 microseconds' from access_change h where h.company_id = $1::uuid
            )
          )
        ) at,
        exists (
          select from membership l where l.company_id = $1::uuid and l.lent_until <= now()
        ) has_lapsed
      from membership m
        join company c on c.id = m.company_id
      where
        m.account_id = v.account_id
        and m.company_id = $1::uuid
        and c.id = $1::uuid
        and m.accepted_at is not null
        and m.removed_at is null
        and (m.until is null or m.until > now())
    ) x on true
),
asked as materialized (
  select
    a.n,
    a.app,
    a.n = 1 changes,
    false given,
    a.position,
    case when (get_bit(j.active, a.position) = 1) = (a.n > 1) then a.app end problem
  from judged j
    cross join unnest($5::text[], $6::int4[])
  with ordinality a(app, position, n)
  where j.outcome is null
),
found as materialized (
  select f.*, f.count > 0 and j.spent stops
  from judged j
    cross join (
      select
        (array_agg(a.problem order by a.n) filter (where a.problem is not null))[1:20] problems,
        coalesce(bool_or(a.changes), false) changes,
        (count(*) filter (where a.changes and a.given))::int4 count
      from asked a
    ) f
),
locked as materialized (
  select c.id, set_config('synchronous_commit', 'remote_apply', true)
  from judged j
    cross join found f
    join company c on c.id = j.company_id and c.id = $1::uuid
  where
    j.outcome is null
    and f.problems is null
    and f.changes
    and not f.stops
    and not j.has_lapsed
    and c.access_version = j.access_version for no key
  update of c skip locked
),
raised as materialized (
  update company c
  set
    access_version = c.access_version + 1,
    mask = c.mask & ~ (
      select bit_or(set_bit(repeat('0', 256)::bit(256), a.position, 1)) from asked a where a.changes
    )
  from locked l
  where c.id = l.id and c.id = $1::uuid
  returning c.id, c.access_version, c.trial_ends_at
),
standing as materialized (
  select r.*
  from raised r
  union all
  select j.company_id, j.access_version, j.trial_ends_at
  from judged j
    cross join found f
  where j.outcome is null and f.problems is null and not f.changes and not j.has_lapsed
),
changing as materialized (
  select a.*, r.id company_id, j.account_id, j.at
  from asked a
    cross join judged j
    cross join raised r
  where a.changes
),
deactivated as materialized (
  update company_app o
  set
    valid = tstzrange(
      lower(o.valid),
      greatest(w.at, (lower(o.valid) at time zone 'UTC' + interval '1 microsecond') at time zone 'UTC')
    ),
    deactivated_by = w.account_id
  from changing w
  where o.company_id = $1::uuid and o.app_id = w.app and upper_inf(o.valid)
),
trail as materialized (
  insert into access_change (company_id, at, kind, actor_id, app_id, before, after)
  select $1::uuid, w.at, 'APP_DEACTIVATED', w.account_id, w.app, true, false
  from changing w
)
select
  s.d::varchar,
  s.h::varchar,
  s.id,
  case when s.h is not null then s.language end,
  s.account_id,
  (pg_current_xact_id_if_assigned()::text::int8 + 1) position,
  o.*
from (
  select '{"data":null}' d, null h, v.id, v.account_id, v.language
  from (select 1) one
    left join viewer v on true
) s
  left join (
    select
      j.company_id,
      j.row_id,
      j.confirmed,
      j.language,
      f.problems,
      f.count,
      case when j.outcome is not null then
        j.outcome
      when f.stops then
        'RATE_LIMITED'
      when f.problems is not null then
        'FOUND'
      when j.has_lapsed then
        'RACED'
      when not f.changes then
        'UNCHANGED'
      when r.id is null then
        'RACED'
      end outcome
    from judged j
      cross join found f
      left join raised r on true
  ) o on true;
-- $1 = 514c94de889b4144be3fe722f52193db
-- $2 = []
-- $3 = null
-- $4 = False
-- $5 = [CASH_TICKETS]
-- $6 = [45]
-- $7 = <hash of a token>

with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $4::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select
  s.d::varchar,
  s.h::varchar,
  s.id,
  case when s.h is not null then (select w.language from account w where w.id = s.account_id) end,
  s.account_id,
  pg_snapshot_xmax(pg_current_snapshot())::text::int8 position
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
    l0.h h,
    v.id,
    v.account_id
  from (select 1) one
    left join viewer v on true
    left join lateral (
      select
        case when (
          select
            get_bit(
              (
                (
                  case when c0.trial_ends_at is null or c0.trial_ends_at <= now() then
                    c0.plan_mask
                  else c0.mask end
                ) & (
                  case when m0.lent_until is null
                  or m0.lent_until > now()
                  or m0.role is distinct from 'EMPLOYEE' then
                    m0.mask
                  else m0.mask & ~ m0.lent end
                )
              ),
              t1.position
            ) = 1
          from app t1
          where t1.id = $2::text
        ) then
          '{"access":{"can":true},"plan":'
        else '{"access":{"can":false},"plan":' end
        || case when a0.g0 then coalesce('"' || c0.plan::text || '"', 'null') || '}' else 'null}' end j,
        case when not (a0.g0) and c0.id is not null then concat('0:', c0.id, ':', a0.g0) end h
      from membership m0
        join company c0 on c0.id = m0.company_id
        cross join lateral (
          select b.o g0
          from (
            select
              (
                (
                  case when c0.trial_ends_at is null or c0.trial_ends_at <= now() then
                    c0.plan_mask
                  else c0.mask end
                ) & (
                  case when m0.lent_until is null or m0.lent_until > now() or m0.role is distinct from 'EMPLOYEE' then
                    m0.mask
                  else m0.mask & ~ m0.lent end
                )
              ) e,
              coalesce(m0.role = 'OWNER', false) o
          ) b
          offset 0
        ) a0
      where
        m0.account_id = v.account_id
        and m0.company_id = $1::uuid
        and c0.id = $1::uuid
        and m0.accepted_at is not null
        and m0.removed_at is null
        and (m0.until is null or m0.until > now())
    ) l0 on true
) s;
-- $1 = 514c94de-889b-4144-be3f-e722f52193db
-- $2 = CASH_TICKETS
-- $3 = []
-- $4 = <hash of a token>
