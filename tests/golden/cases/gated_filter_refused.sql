with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $11::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select
  s.d::varchar,
  s.h::varchar,
  s.id,
  case when s.h is not null then (select w.language from account w where w.id = s.account_id) end,
  s.account_id
from (
  select '{"data":{"company":' || coalesce(l0.j, 'null') || '}}' d, l0.h h, v.id, v.account_id
  from (select 1) one
    left join viewer v on true
    left join lateral (
      select
        '{"name":' || json_scalar(c0.name)::text
        || ',"invoices":' || case when a0.g0 and a0.g1 then
          (
            select
              '{"totalCount":' || (
                select count(*)::text
                from document t1
                where t1.company_id = $1::uuid and t1.kind = 'INVOICE' and t1.discount > $2::numeric
              )
              || ',"nodes":[' || coalesce(string_agg(r.j0, ','), '')
              || ']}'
            from (
              select '{"number":' || json_scalar(t1.number)::text || '}' j0
              from document t1
              where t1.company_id = $1::uuid and t1.kind = 'INVOICE' and t1.discount > $2::numeric
              order by t1.date desc, t1.id desc
              limit $3::int4
            ) r
          )
          || ',"literal":' || (
            select '{"nodes":[' || coalesce(string_agg(r.j0, ','), '') || ']}'
            from (
              select '{"number":' || json_scalar(t2.number)::text || '}' j0
              from document t2
              where
                t2.company_id = $1::uuid
                and t2.kind = 'INVOICE'
                and t2.date >= $4::date
                and t2.discount >= $5::numeric
              order by t2.date desc, t2.id desc
              limit $6::int4
            ) r
          )
          || ',"unfiltered":'
        else 'null,"literal":null,"unfiltered":' end
        || case when a0.g0 then
          (
            select '{"nodes":[' || coalesce(string_agg(r.j0, ','), '') || ']}'
            from (
              select '{"number":' || json_scalar(t3.number)::text || '}' j0
              from document t3
              where
                t3.company_id = $1::uuid
                and t3.kind = 'INVOICE'
                and (
                  folded(t3.number) collate "C" like $7::text
                  or (t3.customer_name is not null and folded(t3.customer_name) collate "C" like $8::text)
                  or (t3.supplier_name is not null and folded(t3.supplier_name) collate "C" like $9::text)
                )
              order by t3.date desc, t3.id desc
              limit $10::int4
            ) r
          )
          || '}'
        else 'null}' end j,
        case when not (a0.g0 and a0.g1) and c0.id is not null then concat('0:', c0.id, ':', a0.g0, a0.g1) end h
      from membership m0
        join company c0 on c0.id = m0.company_id
        cross join lateral (
          select get_bit(b.e, 3) = 1 g0, get_bit(b.e, 41) = 1 g1
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
    ) l0 on true
) s;
-- $1 = 514c94de889b4144be3fe722f52193db
-- $2 = 20
-- $3 = 1
-- $4 = 2026-11-01
-- $5 = 25
-- $6 = 1
-- $7 = %2026/00416%
-- $8 = %2026/00416%
-- $9 = %2026/00416%
-- $10 = 1
-- $11 = <hash of a token>
