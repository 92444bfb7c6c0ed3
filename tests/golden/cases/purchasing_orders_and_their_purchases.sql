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
  select '{"data":{"company":' || coalesce(l0.j, 'null') || '}}' d, l0.h h, v.id, v.account_id
  from (select 1) one
    left join viewer v on true
    left join lateral (
      select
        '{"purchaseOrders":' || case when a0.g0 then
          (
            select '{"nodes":[' || coalesce(string_agg(r.j0, ','), '') || ']}'
            from (
              select
                '{"number":' || json_scalar(t1.number)::text
                || ',"expectedDate":' || coalesce('"' || t1.expected_date::text || '"', 'null')
                || ',"supplierName":' || coalesce(json_scalar(t1.supplier_name)::text, 'null')
                || ',"supplier":' || case when a0.g1 then
                  coalesce((
                    select
                      '{"id":"sup_' || encode(uuid_send(t2.id), 'hex')
                      || '","name":' || json_scalar(t2.name)::text
                      || '}'
                    from contact t2
                    where t2.company_id = $1::uuid and t2.is_supplier and t2.id = t1.supplier_id
                  ), 'null')
                  || ',"purchase":' || coalesce((
                    select
                      '{"number":' || json_scalar(t3.number)::text
                      || ',"status":"' || case when t3.due_date < (select (now() at time zone 'Europe/Brussels')::date) then
                        case when t3.status = 'OPEN' then 'OVERDUE' else t3.status end
                      when t3.status = 'OVERDUE' then
                        'OPEN'
                      else t3.status end::text
                      || '","purchaseOrder":' || coalesce((
                        select '{"number":' || json_scalar(t5.number)::text || '}'
                        from document t5
                        where
                          t5.company_id = $1::uuid
                          and t5.kind = 'PURCHASE_ORDER'
                          and t5.id = t3.source_document_id
                      ), 'null')
                      || '}'
                    from document t3
                    where
                      t3.company_id = $1::uuid
                      and t3.kind = 'PURCHASE'
                      and t3.id = (
                        select t4.id
                        from document t4
                        where
                          t4.company_id = $1::uuid
                          and t4.source_document_id = t1.id
                          and t4.kind = 'PURCHASE'
                        order by t4.date desc, t4.id desc
                        limit 1
                      )
                  ), 'null')
                  || ',"lines":['
                else 'null,"purchase":null,"lines":[' end
                || coalesce((
                  select
                    string_agg(
                      '{"name":' || json_scalar(t6.name)::text
                      || ',"quantity":"' || t6.quantity::text
                      || '","price":"' || t6.price::text
                      || '","purchasePrice":' || case when a0.g1 then
                        coalesce('"' || t6.purchase_price::text || '"', 'null') || '}'
                      else 'null}' end,
                      ',' order by t6.position
                    )
                  from document_line t6
                  where
                    t6.company_id = $1::uuid
                    and case when t6.type = 'SECTION' then a0.g2 else true end
                    and t6.document_id = t1.id
                ), '')
                || ']}' j0
              from document t1
              where t1.company_id = $1::uuid and t1.kind = 'PURCHASE_ORDER' and t1.status = any($2::text[])
              order by t1.expected_date, t1.id
              limit $3::int4
            ) r
          )
          || ',"documents":' || (
            select
              '{"totalCount":' || (
                select count(*)::text
                from document t7
                where
                  t7.company_id = $1::uuid
                  and t7.kind = any(
                    array(
                      select k
                      from unnest(
                        array_remove(
                          array[
                            case when a0.g3 then 'QUOTE' end,
                            case when a0.g4 then 'CREDIT_NOTE' end,
                            case when a0.g5 then 'INVOICE' end,
                            case when a0.g6 then 'CASH_TICKET' end,
                            case when a0.g7 then 'ORDER_CONFIRMATION' end,
                            case when a0.g8 then 'DELIVERY_NOTE' end,
                            case when a0.g9 then 'PAYMENT_REQUEST' end,
                            case when a0.g1 then 'PURCHASE' end,
                            case when a0.g0 then 'PURCHASE_ORDER' end,
                            case when a0.g10 then 'PURCHASE_SLIP' end
                          ],
                          null
                        )
                      ) k
                      where k = any($4::text[])
                    )
                  )
              )
              || ',"nodes":[' || coalesce(string_agg(r.j0, ','), '')
              || ']}'
            from (
              select
                '{"kind":"' || t7.kind::text
                || '","number":' || json_scalar(t7.number)::text
                || ',"customer":' || coalesce((
                  select '{"name":' || json_scalar(t8.name)::text || '}'
                  from contact t8
                  where t8.company_id = $1::uuid and t8.is_customer and t8.id = t7.customer_id
                ), 'null')
                || '}' j0
              from unnest(
                array(
                  select k
                  from unnest(
                    array_remove(
                      array[
                        case when a0.g3 then 'QUOTE' end,
                        case when a0.g4 then 'CREDIT_NOTE' end,
                        case when a0.g5 then 'INVOICE' end,
                        case when a0.g6 then 'CASH_TICKET' end,
                        case when a0.g7 then 'ORDER_CONFIRMATION' end,
                        case when a0.g8 then 'DELIVERY_NOTE' end,
                        case when a0.g9 then 'PAYMENT_REQUEST' end,
                        case when a0.g1 then 'PURCHASE' end,
                        case when a0.g0 then 'PURCHASE_ORDER' end,
                        case when a0.g10 then 'PURCHASE_SLIP' end
                      ],
                      null
                    )
                  ) k
                  where k = any($4::text[])
                )
              ) kk(k),
              lateral (
                select *
                from document t7
                where t7.company_id = $1::uuid and t7.kind = kk.k
                order by t7.date desc, t7.id desc
                limit $5::int4
              ) t7
              order by t7.date desc, t7.id desc
              limit $5::int4
            ) r
          )
          || '}'
        else 'null,"documents":null}' end j,
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
          and a0.g10
        )
        and c0.id is not null then
          concat(
            '0:', c0.id, ':', a0.g0, a0.g1, a0.g2, a0.g3, a0.g4, a0.g5, a0.g6, a0.g7, a0.g8, a0.g9, a0.g10
          )
        end h
      from membership m0
        join company c0 on c0.id = m0.company_id
        cross join lateral (
          select
            get_bit(b.e, 33) = 1 g0,
            get_bit(b.e, 10) = 1 g1,
            get_bit(b.e, 17) = 1 g2,
            get_bit(b.e, 2) = 1 g3,
            get_bit(b.e, 4) = 1 g4,
            get_bit(b.e, 3) = 1 g5,
            get_bit(b.e, 45) = 1 g6,
            get_bit(b.e, 21) = 1 g7,
            get_bit(b.e, 15) = 1 g8,
            get_bit(b.e, 25) = 1 g9,
            get_bit(b.e, 16) = 1 g10
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
-- $2 = [RECEIVED]
-- $3 = 2
-- $4 = [PURCHASE_ORDER]
-- $5 = 2
-- $6 = <hash of a token>
