with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $3::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select s.d::varchar, s.h::varchar, s.id, null::text, s.account_id
from (
  select
    '{"data":{"viewer":' || case when v.account_id is not null then
      '{"account":' || coalesce((
        select '{"email":' || json_scalar(t1.email)::text || '}' from account t1 where t1.id = v.account_id
      ), 'null')
      || ',"companies":' || l0.j
      || '}}}'
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
          from membership m0
            join company c0 on c0.id = m0.company_id
          where
            m0.account_id = v.account_id
            and m0.company_id = c0.id
            and m0.accepted_at is not null
            and m0.removed_at is null
            and (m0.until is null or m0.until > now())
        )
        || ',"nodes":[' || coalesce(string_agg(r.j0, ','), '')
        || ']}' j,
        case when count(r.h) > 0 then string_agg(coalesce(r.h, ''), ',') end h
      from (
        select
          '{"name":' || json_scalar(m0.company_name)::text
          || ',"legalForm":' || case when a0.g0 then
            coalesce(json_scalar(c0.legal_form)::text, 'null') || ',"customers":'
          else 'null,"customers":' end
          || (
            select '{"nodes":[' || coalesce(string_agg(r.j0, ','), '') || ']}'
            from (
              select
                '{"number":' || json_scalar(t2.number)::text
                || ',"discount":' || case when a0.g1 then
                  coalesce('"' || t2.discount::text || '"', 'null') || '}'
                else 'null}' end j0
              from contact t2
              where t2.company_id = m0.company_id and t2.is_customer and t2.deleted_at is null
              order by reading_key(t2.number) collate "C", t2.id
              limit $2::int4
            ) r
          )
          || '}' j0,
          case when not (a0.g0 and a0.g1) and m0.company_id is not null then
            concat('0:', m0.company_id, ':', a0.g0, a0.g1)
          end h
        from (
          select row_number() over () n, x.*
          from (
            select
              c0.legal_form c0_legal_form,
              c0.plan c0_plan,
              c0.trial_ends_at c0_trial_ends_at,
              c0.mask c0_mask,
              c0.plan_mask c0_plan_mask,
              m0.company_id m0_company_id,
              m0.company_name m0_company_name,
              m0.role m0_role,
              m0.mask m0_mask,
              m0.lent m0_lent,
              m0.lent_until m0_lent_until
            from membership m0
              join company c0 on c0.id = m0.company_id
            where
              m0.account_id = v.account_id
              and m0.company_id = c0.id
              and m0.accepted_at is not null
              and m0.removed_at is null
              and (m0.until is null or m0.until > now())
            order by m0.company_name_key desc, m0.company_id desc
            limit $1::int4
          ) x
        ) p
          cross join lateral (
            select
              p.c0_legal_form legal_form,
              p.c0_plan plan,
              p.c0_trial_ends_at trial_ends_at,
              p.c0_mask mask,
              p.c0_plan_mask plan_mask
          ) c0
          cross join lateral (
            select
              p.m0_company_id company_id,
              p.m0_company_name company_name,
              p.m0_role role,
              p.m0_mask mask,
              p.m0_lent lent,
              p.m0_lent_until lent_until
          ) m0
          cross join lateral (
            select get_bit(b.e, 49) = 1 g0, get_bit(b.e, 41) = 1 g1
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
              offset 0
            ) b
            offset 0
          ) a0
        order by p.n
      ) r
    ) l0 on true
) s;
-- $1 = 3
-- $2 = 1
-- $3 = <hash of a token>
