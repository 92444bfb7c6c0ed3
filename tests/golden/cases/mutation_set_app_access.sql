with viewer as (
  select k.id, k.account_id, u.language language, k.read_only, u.confirmed
  from credential k
    join account u on u.id = k.account_id
  where k.token_hash = $11::bytea and k.expires_at > now() and k.kind = 'SESSION'
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
    a.position,
    a.given,
    p.id member,
    get_bit(p.toggles, a.position) <> a.given::int changes,
    (a.n - 1)::text
    || ' ' || case when p.id is null or p.external <> a.external then
      'NOT_FOUND'
    when p.external or p.role = 'OWNER' then
      'NOT_TOGGLEABLE'
    when a.flaw = 'ALWAYS_VISIBLE' then
      a.flaw
    when get_bit(j.awake, a.position) = 1 then
      a.flaw
    when get_bit(j.active, a.position) = 1 then
      'PLAN_REQUIRED'
    else 'APP_NOT_ACTIVE' end problem
  from judged j
    cross join unnest($5::uuid[], $6::bool[], $7::text[], $8::int4[], $9::bool[], $10::text[])
  with ordinality a(person, external, app, position, given, flaw, n)
    left join lateral (
      select p.*
      from membership p
      where p.company_id = $1::uuid and p.id = a.person and p.removed_at is null
      offset 0
    ) p on true
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
  set access_version = c.access_version + 1
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
ended as materialized (
  update app_grant g
  set
    valid = tstzrange(
      lower(g.valid),
      greatest(w.at, (lower(g.valid) at time zone 'UTC' + interval '1 microsecond') at time zone 'UTC')
    ),
    revoked_by = w.account_id
  from changing w
  where
    not w.given
    and upper_inf(g.valid)
    and (g.company_id, g.membership_id, g.app_id) >= ($1::uuid, w.member, w.app)
    and (g.company_id, g.membership_id, g.app_id) <= ($1::uuid, w.member, w.app)
),
begun as materialized (
  insert into app_grant (company_id, membership_id, app_id, valid, granted_by)
  select $1::uuid, w.member, w.app, tstzrange(w.at, null), w.account_id
  from changing w
  where w.given
),
kept as materialized (
  update membership m
  set toggles = (m.toggles & ~ s.ended) | s.begun, lent = m.lent & ~ (s.begun | s.ended)
  from (
    select
      b.member,
      bit_or(case when b.given then b.bit else b.nothing end) begun,
      bit_or(case when b.given then b.nothing else b.bit end) ended
    from (
      select w.*, e.nothing, set_bit(e.nothing, w.position, 1) bit
      from changing w
        cross join (select repeat('0', 256)::bit(256) nothing) e
    ) b
    group by b.member
  ) s
  where m.company_id = $1::uuid and m.id = s.member and m.id = any(array(select w.member from changing w))
),
trail as materialized (
  insert into access_change (company_id, at, kind, actor_id, membership_id, app_id, before, after)
  select $1::uuid, w.at, 'TOGGLE', w.account_id, w.member, w.app, not w.given, w.given
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
-- $3 = 97
-- $4 = False
-- $5 = [51104fc7bba542e7a8f3b81128a50d29, 51104fc7bba542e7a8f3b81128a50d29]
-- $6 = [False, False]
-- $7 = [DISCOUNTS, PURCHASES]
-- $8 = [41, 10]
-- $9 = [False, True]
-- $10 = [null, null]
-- $11 = <hash of a token>

with viewer as (
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
  case when s.h is not null then (select w.language from account w where w.id = s.account_id) end,
  s.account_id,
  pg_snapshot_xmax(pg_current_snapshot())::text::int8 position
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
                        case when (
                          (
                            get_bit(
                              (
                                case when t1.lent_until is null
                                or t1.lent_until > now()
                                or t1.role is distinct from 'EMPLOYEE' then
                                  t1.mask
                                else t1.mask & ~ t1.lent end
                              ),
                              t2.position
                            ) = 1
                          )
                          and t1.accepted_at is not null
                          and (t1.until is null or t1.until > now())
                        ) then
                          'true,"effective":true}'
                        else 'true,"effective":false}' end
                      else
                        case when (
                          (
                            get_bit(
                              (
                                case when t1.lent_until is null
                                or t1.lent_until > now()
                                or t1.role is distinct from 'EMPLOYEE' then
                                  t1.mask
                                else t1.mask & ~ t1.lent end
                              ),
                              t2.position
                            ) = 1
                          )
                          and t1.accepted_at is not null
                          and (t1.until is null or t1.until > now())
                        ) then
                          'false,"effective":true}'
                        else 'false,"effective":false}' end
                      end,
                      ','
                    )
                  from p0 t2
                  where
                    get_bit(
                      (
                        case when c1.trial_ends_at is null or c1.trial_ends_at <= now() then
                          c1.plan_mask
                        else c1.mask end
                      ),
                      t2.position
                    ) = 1
                    and t2.id = any($4::text[])
                ), '')
                || ']}',
                ',' order by t1.external, t1.created_at, t1.id
              )
            from membership t1
            where
              t1.company_id = $1::uuid
              and t1.removed_at is null
              and t1.id = any(case when t1.external then $3::uuid[] else $2::uuid[] end)
          ), '')
          || ']}}'
        else 'null}' end j,
        case when not (a1.g0) and c1.id is not null then concat('1:', c1.id, ':', a1.g0) end h
      from membership m1
        join company c1 on c1.id = m1.company_id
        cross join lateral (
          select b.o g0
          from (
            select
              (
                (
                  case when c1.trial_ends_at is null or c1.trial_ends_at <= now() then
                    c1.plan_mask
                  else c1.mask end
                ) & (
                  case when m1.lent_until is null or m1.lent_until > now() or m1.role is distinct from 'EMPLOYEE' then
                    m1.mask
                  else m1.mask & ~ m1.lent end
                )
              ) e,
              coalesce(m1.role = 'OWNER', false) o
          ) b
          offset 0
        ) a1
      where
        m1.account_id = v.account_id
        and m1.company_id = $1::uuid
        and c1.id = $1::uuid
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
