with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $4::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select s.d::varchar, s.h::varchar, s.id, null::text, s.account_id
from (
  select '{"data":{"company":' || coalesce(l0.j, 'null') || '}}' d, l0.h h, v.id, v.account_id
  from (select 1) one
    left join viewer v on true
    left join lateral (
      select
        '{' || substr(
          case when a0.g0 then
            ',"plan":' || coalesce('"' || c0.plan::text || '"', 'null') || ',"name":'
          else ',"name":' end
          || json_scalar(c0.name)::text
          || case when a0.g1 then
            ',"invoices":' || (
              select
                '{"totalCount":' || (
                  select count(*)::text
                  from document t1
                  where t1.company_id = $1::uuid and t1.kind = 'INVOICE'
                )
                || ',"nodes":[' || coalesce(string_agg(r.j0, ','), '')
                || ']}'
              from (
                select
                  '{"number":' || json_scalar(t1.number)::text
                  || case when a0.g2 then
                    ',"discount":' || coalesce('"' || t1.discount::text || '"', 'null') || '}'
                  else '}' end j0
                from document t1
                where t1.company_id = $1::uuid and t1.kind = 'INVOICE'
                order by t1.date desc, t1.id desc
                limit $2::int4
              ) r
            )
          else '' end
          || case when a0.g3 then
            ',"quotes":' || (
              select '{"nodes":[' || coalesce(string_agg(r.j0, ','), '') || ']}'
              from (
                select
                  '{' || substr(
                    case when a0.g2 then
                      ',"discount":' || coalesce('"' || t2.discount::text || '"', 'null') || ',"number":'
                    else ',"number":' end
                    || json_scalar(t2.number)::text
                    || case when a0.g2 then
                      ',"totalDiscount":' || coalesce('"' || t2.total_discount::text || '"', 'null')
                    else '' end,
                    2
                  )
                  || '}' j0
                from document t2
                where t2.company_id = $1::uuid and t2.kind = 'QUOTE'
                order by t2.date desc, t2.id desc
                limit $3::int4
              ) r
            )
          else '' end,
          2
        )
        || '}' j,
        case when not (a0.g0 and a0.g1 and a0.g2 and a0.g3) and c0.id is not null then
          concat('0:', c0.id, ':', a0.g0, a0.g1, a0.g2, a0.g3)
        end h
      from membership m0
        join company c0 on c0.id = m0.company_id
        cross join lateral (
          select b.o g0, get_bit(b.e, 3) = 1 g1, get_bit(b.e, 41) = 1 g2, get_bit(b.e, 2) = 1 g3
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
-- $2 = 2
-- $3 = 2
-- $4 = <hash of a token>
