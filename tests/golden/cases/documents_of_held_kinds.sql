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
        '{"documents":' || (
          select
            '{"totalCount":' || (
              select count(*)::text
              from document t1
              where
                t1.company_id = $1::uuid
                and t1.kind = any(
                  array_remove(
                    array[
                      case when a0.g0 then 'QUOTE' end,
                      case when a0.g1 then 'CREDIT_NOTE' end,
                      case when a0.g2 then 'INVOICE' end,
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
            || ',"pageInfo":{"hasNextPage":' || (count(*) > $2::int4)::text
            || ',"endCursor":' || case when count(*) filter (where r.rn <= $2::int4) > 0 then
              '"' || translate(
                encode(
                  convert_to(
                    json_build_array(
                      '9f090e',
                      ((array_agg(r.k0 order by r.rn desc) filter (where r.rn <= $2::int4))[1])::text,
                      ((array_agg(r.k1 order by r.rn desc) filter (where r.rn <= $2::int4))[1])::text
                    )::text,
                    'UTF8'
                  ),
                  'base64'
                ),
                E'+/=\n',
                '-_'
              ) || '"'
            else 'null' end
            || '},"nodes":[' || coalesce(
              string_agg(r.j0, ',' order by r.rn) filter (where r.rn <= $2::int4), ''
            )
            || ']}'
          from (
            select row_number() over () rn, x.*
            from (
              select
                '{"__typename":' || case when t1.kind = 'QUOTE' then
                  '"Quote"'
                when t1.kind = 'CREDIT_NOTE' then
                  '"CreditNote"'
                when t1.kind = 'INVOICE' then
                  '"Invoice"'
                when t1.kind = 'CASH_TICKET' then
                  '"CashTicket"'
                when t1.kind = 'ORDER_CONFIRMATION' then
                  '"OrderConfirmation"'
                when t1.kind = 'DELIVERY_NOTE' then
                  '"DeliveryNote"'
                when t1.kind = 'PAYMENT_REQUEST' then
                  '"PaymentRequest"'
                when t1.kind = 'PURCHASE' then
                  '"Purchase"'
                when t1.kind = 'PURCHASE_ORDER' then
                  '"PurchaseOrder"'
                else '"PurchaseSlip"' end
                || ',"kind":"' || t1.kind::text
                || '","number":' || json_scalar(t1.number)::text
                || ',"totalIncl":"' || t1.total_incl::text || '"'
                || case when t1.kind = 'QUOTE' then
                  ',"expirationDate":' || coalesce('"' || t1.expiration_date::text || '"', 'null')
                when t1.kind = 'INVOICE' then
                  ',"dueDate":' || coalesce('"' || t1.due_date::text || '"', 'null')
                else '' end
                || '}' j0,
                t1.date k0,
                t1.id k1
              from (
                select t1.*
                from unnest(
                  array_remove(
                    array[
                      case when a0.g0 then 'QUOTE' end,
                      case when a0.g1 then 'CREDIT_NOTE' end,
                      case when a0.g2 then 'INVOICE' end,
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
                ) kk(k),
                lateral (
                  select *
                  from document t1
                  where t1.company_id = $1::uuid and t1.kind = kk.k
                  order by t1.date desc, t1.id desc
                  limit $2::int4 + 1
                ) t1
                order by t1.date desc, t1.id desc
                limit $2::int4 + 1
              ) t1
            ) x
          ) r
        )
        || '}' j,
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
            get_bit(b.e, 2) = 1 g0,
            get_bit(b.e, 4) = 1 g1,
            get_bit(b.e, 3) = 1 g2,
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
-- $2 = 4
-- $3 = <hash of a token>
