with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $2::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select s.d::varchar, s.h::varchar, s.id, null::text, s.account_id
from (
  select
    '{"data":{"viewer":' || case when v.account_id is not null then
      '{"accessChanges":' || l0.j || '}}}'
    else 'null}}' end d,
    l0.h h,
    v.id,
    v.account_id
  from (select 1) one
    left join viewer v on true
    left join lateral (
      select
        '{"totalCount":' || (
          select count(*)::text
          from access_change t1
            join membership o on o.company_id = t1.company_id and o.id = t1.membership_id
          where t1.company_id = o.company_id and o.account_id = v.account_id and o.accepted_at is not null
        )
        || ',"nodes":[' || coalesce(string_agg(r.j0, ','), '')
        || ']}' j,
        case when count(r.h) > 0 then string_agg(coalesce(r.h, ''), ',') end h
      from (
        select
          '{"at":' || json_scalar(t1.at)::text
          || ',"kind":"' || t1.kind::text
          || '","companyId":"com_' || encode(uuid_send(t1.company_id), 'hex')
          || '","until":' || coalesce(json_scalar(t1.until)::text, 'null')
          || ',"actor":' || coalesce((
            select
              '{"firstName":' || json_scalar(
                case when t2.id = v.account_id then
                  t2.first_name
                else (
                  select t4.first_name
                  from membership t4
                  where t4.company_id = c0.id and t4.account_id = t2.id
                  order by t4.removed_at desc nulls first
                  limit 1
                )
                end
              )::text
              || '}'
            from account t2
            where
              t2.id = t1.actor_id
              and exists (
                select from membership t3 where t3.company_id = c0.id and t3.account_id = t2.id
              )
              and (t2.id = v.account_id or coalesce(m0.role = 'OWNER', false))
          ), 'null')
          || ',"externalUser":' || case when a0.g0 then
            coalesce((
              select
                '{"email":' || json_scalar((select t6.email from account t6 where t6.id = t5.account_id))::text
                || '}'
              from membership t5
              where t5.company_id = c0.id and t5.external and t5.id = t1.membership_id
            ), 'null')
            || '}'
          else 'null}' end j0,
          case when not (a0.g0) and c0.id is not null then concat('0:', c0.id, ':', a0.g0) end h
        from (
          select row_number() over () n, x.*
          from (
            select
              t1.company_id t1_company_id,
              t1.at t1_at,
              t1.kind t1_kind,
              t1.actor_id t1_actor_id,
              t1.membership_id t1_membership_id,
              t1.until t1_until
            from access_change t1
              join membership o on o.company_id = t1.company_id and o.id = t1.membership_id
            where t1.company_id = o.company_id and o.account_id = v.account_id and o.accepted_at is not null
            order by t1.at desc, t1.id desc
            limit $1::int4
          ) x
        ) q
          cross join lateral (
            select
              q.t1_company_id company_id,
              q.t1_at at,
              q.t1_kind kind,
              q.t1_actor_id actor_id,
              q.t1_membership_id membership_id,
              q.t1_until until
          ) t1
          left join lateral (
            select
              c0.id c0_id,
              c0.plan c0_plan,
              c0.trial_ends_at c0_trial_ends_at,
              c0.mask c0_mask,
              c0.plan_mask c0_plan_mask,
              m0.role m0_role,
              m0.mask m0_mask,
              m0.lent m0_lent,
              m0.lent_until m0_lent_until
            from membership m0
              join company c0 on c0.id = m0.company_id
            where
              m0.account_id = v.account_id
              and m0.company_id = t1.company_id
              and m0.accepted_at is not null
              and m0.removed_at is null
              and (m0.until is null or m0.until > now())
          ) p on true
          cross join lateral (
            select
              p.c0_id id,
              p.c0_plan plan,
              p.c0_trial_ends_at trial_ends_at,
              p.c0_mask mask,
              p.c0_plan_mask plan_mask
          ) c0
          cross join lateral (
            select p.m0_role role, p.m0_mask mask, p.m0_lent lent, p.m0_lent_until lent_until
          ) m0
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
                    case when m0.lent_until is null
                    or m0.lent_until > now()
                    or m0.role is distinct from 'EMPLOYEE' then
                      m0.mask
                    else m0.mask & ~ m0.lent end
                  )
                ) e,
                coalesce(m0.role = 'OWNER', false) o
            ) b
            offset 0
          ) a0
        order by q.n
      ) r
    ) l0 on true
) s;
-- $1 = 3
-- $2 = <hash of a token>
