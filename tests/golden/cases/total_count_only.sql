with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $6::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select s.d::varchar, s.h::varchar, s.id, null::text, s.account_id
from (
  select '{"data":{"company":' || coalesce(l0.j, 'null') || '}}' d, l0.h h, v.id, v.account_id
  from (select 1, $3::int4, $4::int4) one
    left join viewer v on true
    left join lateral (
      select
        '{"invoices":' || case when a0.g0 then
          (
            select
              '{"totalCount":' || (
                select count(*)::text
                from document t1
                where t1.company_id = $1::uuid and t1.kind = 'INVOICE' and t1.date >= $2::date
              )
              || '}'
          )
          || ',"documents":'
        else 'null,"documents":' end
        || (
          select
            '{"totalCount":' || (
              select count(*)::text
              from document t2
              where
                t2.company_id = $1::uuid
                and t2.kind = any(
                  array_remove(
                    array[
                      case when a0.g1 then 'QUOTE' end,
                      case when a0.g2 then 'CREDIT_NOTE' end,
                      case when a0.g0 then 'INVOICE' end,
                      case when a0.g3 then 'CASH_TICKET' end,
                      case when a0.g4 then 'ORDER_CONFIRMATION' end,
                      case when a0.g5 then 'DELIVERY_NOTE' end,
                      case when a0.g6 then 'PAYMENT_REQUEST' end,
                      case when a0.g7 then 'PURCHASE' end,
                      case when a0.g8 then 'PURCHASE_ORDER' end,
                      case when a0.g9 then 'PURCHASE_SLIP' end
                    ],
                    null
                  )
                )
            )
            || '}'
        )
        || ',"quotes":' || case when a0.g1 then
          (
            select
              '{"totalCount":' || (
                select count(*)::text from document t3 where t3.company_id = $1::uuid and t3.kind = 'QUOTE'
              )
              || ',"nodes":[' || coalesce(string_agg(r.j0, ','), '')
              || ']}'
            from (
              select '{"number":' || json_scalar(t3.number)::text || '}' j0
              from document t3
              where t3.company_id = $1::uuid and t3.kind = 'QUOTE'
              order by t3.date desc, t3.id desc
              limit $5::int4
            ) r
          )
          || '}'
        else 'null}' end j,
        case when not (
          a0.g0
          and a0.g1
          and a0.g2
          and a0.g3
          and a0.g4
          and a0.g5
          and a0.g6
          and a0.g7
          and a0.g8
          and a0.g9
        )
        and c0.id is not null then
          concat('0:', c0.id, ':', a0.g0, a0.g1, a0.g2, a0.g3, a0.g4, a0.g5, a0.g6, a0.g7, a0.g8, a0.g9)
        end h
      from membership m0
        join company c0 on c0.id = m0.company_id
        cross join lateral (
          select
            get_bit(b.e, 3) = 1 g0,
            get_bit(b.e, 2) = 1 g1,
            get_bit(b.e, 4) = 1 g2,
            get_bit(b.e, 45) = 1 g3,
            get_bit(b.e, 21) = 1 g4,
            get_bit(b.e, 15) = 1 g5,
            get_bit(b.e, 25) = 1 g6,
            get_bit(b.e, 10) = 1 g7,
            get_bit(b.e, 33) = 1 g8,
            get_bit(b.e, 16) = 1 g9
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
-- $2 = 2026-01-01
-- $3 = 50
-- $4 = 50
-- $5 = 0
-- $6 = <hash of a token>
