with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $3::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select s.d::varchar, s.h::varchar, s.id, null::text, s.account_id
from (
  select '{"data":{"company":' || coalesce(l0.j, 'null') || '}}' d, l0.h h, v.id, v.account_id
  from (select 1) one
    left join viewer v on true
    left join lateral (
      select
        '{"plan":' || case when a0.g0 then
          coalesce('"' || c0.plan::text || '"', 'null')
          || ',"accessChanges":' || (
            select
              '{"totalCount":' || (
                select count(*)::text from access_change t1 where t1.company_id = $1::uuid
              )
              || ',"nodes":[' || coalesce(string_agg(r.j0, ','), '')
              || ']}'
            from (
              select
                '{"at":' || json_scalar(t1.at)::text
                || ',"kind":"' || t1.kind::text
                || '","app":' || coalesce('"' || t1.app_id::text || '"', 'null')
                || ',"before":' || coalesce(t1.before::text, 'null')
                || ',"after":' || coalesce(t1.after::text, 'null')
                || ',"actor":' || coalesce((
                  select
                    '{"firstName":' || json_scalar(
                      case when t2.id = v.account_id then
                        t2.first_name
                      else (
                        select t4.first_name
                        from membership t4
                        where t4.company_id = $1::uuid and t4.account_id = t2.id
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
                      select from membership t3 where t3.company_id = $1::uuid and t3.account_id = t2.id
                    )
                ), 'null')
                || ',"user":' || coalesce((
                  select '{"firstName":' || json_scalar(t5.first_name)::text || '}'
                  from membership t5
                  where t5.company_id = $1::uuid and not t5.external and t5.id = t1.membership_id
                ), 'null')
                || '}' j0
              from access_change t1
              where t1.company_id = $1::uuid
              order by t1.at desc, t1.id desc
              limit $2::int4
            ) r
          )
          || '}'
        else 'null,"accessChanges":null}' end j,
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
-- $1 = 514c94de889b4144be3fe722f52193db
-- $2 = 3
-- $3 = <hash of a token>
