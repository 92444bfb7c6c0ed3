with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $6::bytea and k.expires_at > now() and k.kind = 'SESSION'
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
    || ',"viewer":' || case when v.account_id is not null then
      '{"companies":' || l1.j || '}}}'
    else 'null}}' end d,
    nullif(coalesce(l0.h, '') || ';' || coalesce(l1.h, ''), ';') h,
    v.id,
    v.account_id
  from (select 1, $2::int4, $5::int4) one
    left join viewer v on true
    left join lateral (
      select
        '{"plan":' || case when a0.g0 then
          coalesce('"' || c0.plan::text || '"', 'null') || ',"creditNotes":'
        else 'null,"creditNotes":' end
        || case when a0.g1 then
          (
            select
              '{"totalCount":' || (
                select count(*)::text
                from document t1
                where t1.company_id = $1::uuid and t1.kind = 'CREDIT_NOTE'
              )
              || '}'
          )
          || ',"customers":'
        else 'null,"customers":' end
        || (
          select '{"nodes":[' || coalesce(string_agg(r.j0, ','), '') || ']}'
          from (
            select
              '{"number":' || json_scalar(t2.number)::text
              || ',"discount":' || case when a0.g2 then
                coalesce('"' || t2.discount::text || '"', 'null') || '}'
              else 'null}' end j0
            from contact t2
            where t2.company_id = $1::uuid and t2.is_customer and t2.deleted_at is null
            order by reading_key(t2.number) collate "C", t2.id
            limit $3::int4
          ) r
        )
        || '}' j,
        case when not (a0.g0 and a0.g1 and a0.g2) and c0.id is not null then
          concat('0:', c0.id, ':', a0.g0, a0.g1, a0.g2)
        end h
      from membership m0
        join company c0 on c0.id = m0.company_id
        cross join lateral (
          select b.o g0, get_bit(b.e, 4) = 1 g1, get_bit(b.e, 41) = 1 g2
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
            offset 0
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
        '{"nodes":[' || coalesce(string_agg(r.j0, ','), '') || ']}' j,
        case when count(r.h) > 0 then string_agg(coalesce(r.h, ''), ',') end h
      from (
        select
          '{"name":' || json_scalar(m1.company_name)::text
          || ',"creditNotes":' || case when a1.g0 then
            (
              select
                '{"totalCount":' || (
                  select count(*)::text
                  from document t3
                  where t3.company_id = m1.company_id and t3.kind = 'CREDIT_NOTE'
                )
                || '}'
            )
            || '}'
          else 'null}' end j0,
          case when not (a1.g0) and m1.company_id is not null then
            concat('1:', m1.company_id, ':', a1.g0)
          end h
        from (
          select row_number() over () n, x.*
          from (
            select
              c1.plan c1_plan,
              c1.trial_ends_at c1_trial_ends_at,
              c1.mask c1_mask,
              c1.plan_mask c1_plan_mask,
              m1.company_id m1_company_id,
              m1.company_name m1_company_name,
              m1.role m1_role,
              m1.mask m1_mask,
              m1.lent m1_lent,
              m1.lent_until m1_lent_until
            from membership m1
              join company c1 on c1.id = m1.company_id
            where
              m1.account_id = v.account_id
              and m1.company_id = c1.id
              and m1.accepted_at is not null
              and m1.removed_at is null
              and (m1.until is null or m1.until > now())
            order by m1.company_name_key, m1.company_id
            limit $4::int4
          ) x
        ) p
          cross join lateral (
            select p.c1_plan plan, p.c1_trial_ends_at trial_ends_at, p.c1_mask mask, p.c1_plan_mask plan_mask
          ) c1
          cross join lateral (
            select
              p.m1_company_id company_id,
              p.m1_company_name company_name,
              p.m1_role role,
              p.m1_mask mask,
              p.m1_lent lent,
              p.m1_lent_until lent_until
          ) m1
          cross join lateral (
            select get_bit(b.e, 4) = 1 g0
            from (
              select
                (
                  (
                    case when c1.trial_ends_at is null or c1.trial_ends_at <= now() then
                      c1.plan_mask
                    else c1.mask end
                  ) & (
                    case when m1.lent_until is null
                    or m1.lent_until > now()
                    or m1.role is distinct from 'EMPLOYEE' then
                      m1.mask
                    else m1.mask & ~ m1.lent end
                  )
                ) e,
                coalesce(m1.role = 'OWNER', false) o
            ) b
            offset 0
          ) a1
        order by p.n
      ) r
      offset 0
    ) l1 on true
) s;
-- $1 = 514c94de889b4144be3fe722f52193db
-- $2 = 1
-- $3 = 2
-- $4 = 2
-- $5 = 1
-- $6 = <hash of a token>
