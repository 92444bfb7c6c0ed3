with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $5::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select s.d::varchar, s.h::varchar, s.id, null::text, s.account_id
from (
  select '{"data":{"company":' || coalesce(l0.j, 'null') || '}}' d, l0.h h, v.id, v.account_id
  from (select 1) one
    left join viewer v on true
    left join lateral (
      select
        '{"invoices":' || case when a0.g0 then
          (
            select '{"nodes":[' || coalesce(string_agg(r.j0, ','), '') || ']}'
            from (
              select
                '{"number":' || json_scalar(t1.number)::text
                || ',"totalIncl":"' || t1.total_incl::text
                || '","discount":' || case when a0.g1 then
                  coalesce('"' || t1.discount::text || '"', 'null') || ',"totalProfit":'
                else 'null,"totalProfit":' end
                || case when a0.g2 then
                  coalesce('"' || t1.total_profit::text || '"', 'null') || ',"lines":['
                else 'null,"lines":[' end
                || coalesce((
                  select
                    string_agg(
                      '{"name":' || json_scalar(t2.name)::text
                      || ',"discount":' || case when a0.g1 then
                        coalesce('"' || t2.discount::text || '"', 'null') || '}'
                      else 'null}' end,
                      ',' order by t2.position
                    )
                  from document_line t2
                  where
                    t2.company_id = $1::uuid
                    and case when t2.type = 'SECTION' then a0.g3 else true end
                    and t2.document_id = t1.id
                ), '')
                || ']}' j0
              from document t1
              where
                t1.company_id = $1::uuid
                and t1.kind = 'INVOICE'
                and (
                  left(folded(t1.number), 600) collate "C" = any($2::text[])
                  and folded(t1.number) collate "C" = any($3::text[])
                )
              order by t1.date desc, t1.id desc
              limit $4::int4
            ) r
          )
          || '}'
        else 'null}' end j,
        case when not (a0.g0 and a0.g1 and a0.g2 and a0.g3) and c0.id is not null then
          concat('0:', c0.id, ':', a0.g0, a0.g1, a0.g2, a0.g3)
        end h
      from membership m0
        join company c0 on c0.id = m0.company_id
        cross join lateral (
          select get_bit(b.e, 3) = 1 g0, get_bit(b.e, 41) = 1 g1, get_bit(b.e, 10) = 1 g2, get_bit(b.e, 17) = 1 g3
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
-- $2 = [2026/00416, 2026/00422]
-- $3 = [2026/00416, 2026/00422]
-- $4 = 2
-- $5 = <hash of a token>
