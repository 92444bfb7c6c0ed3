with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $9::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select s.d::varchar, s.h::varchar, s.id, null::text, s.account_id
from (
  select '{"data":{"company":' || coalesce(l0.j, 'null') || '}}' d, l0.h h, v.id, v.account_id
  from (select 1) one
    left join viewer v on true
    left join lateral (
      select
        '{"projectPhases":' || case when a0.g0 then
          (
            select '{"nodes":[' || coalesce(string_agg(r.j0, ','), '') || ']}'
            from (
              select
                '{"rank":' || t1.rank::text
                || ',"name":' || json_scalar(t1.name)::text
                || ',"colour":' || json_scalar(t1.colour)::text
                || '}' j0
              from project_phase t1
              where t1.company_id = $1::uuid
              order by t1.rank, t1.id
              limit $2::int4
            ) r
          )
          || ',"projects":' || (
            select
              '{"totalCount":' || (
                select count(*)::text from project t2 where t2.company_id = $1::uuid and t2.archived = $3::bool
              )
              || ',"nodes":[' || coalesce(string_agg(r.j0, ','), '')
              || ']}'
            from (
              select
                '{"number":' || json_scalar(t2.number)::text
                || ',"name":' || json_scalar(t2.name)::text
                || ',"phase":' || coalesce((
                  select '{"name":' || json_scalar(t3.name)::text || '}'
                  from project_phase t3
                  where t3.company_id = $1::uuid and t3.id = t2.phase_id
                ), 'null')
                || ',"budget":' || coalesce('"' || t2.budget::text || '"', 'null')
                || ',"documents":' || (
                  select
                    '{"totalCount":' || (
                      select count(*)::text
                      from document t4
                      where
                        t4.company_id = $1::uuid
                        and t4.project_id = t2.id
                        and t4.kind = any(
                          array_remove(
                            array[
                              case when a0.g1 then 'QUOTE' end,
                              case when a0.g2 then 'CREDIT_NOTE' end,
                              case when a0.g3 then 'INVOICE' end,
                              case when a0.g4 then 'CASH_TICKET' end,
                              case when a0.g5 then 'ORDER_CONFIRMATION' end,
                              case when a0.g6 then 'DELIVERY_NOTE' end,
                              case when a0.g7 then 'PAYMENT_REQUEST' end,
                              case when a0.g8 then 'PURCHASE' end,
                              case when a0.g9 then 'PURCHASE_ORDER' end,
                              case when a0.g10 then 'PURCHASE_SLIP' end
                            ],
                            null
                          )
                        )
                    )
                    || ',"nodes":[' || coalesce(string_agg(r.j0, ','), '')
                    || ']}'
                  from (
                    select
                      '{"__typename":' || case when t4.kind = 'QUOTE' then
                        '"Quote"'
                      when t4.kind = 'CREDIT_NOTE' then
                        '"CreditNote"'
                      when t4.kind = 'INVOICE' then
                        '"Invoice"'
                      when t4.kind = 'CASH_TICKET' then
                        '"CashTicket"'
                      when t4.kind = 'ORDER_CONFIRMATION' then
                        '"OrderConfirmation"'
                      when t4.kind = 'DELIVERY_NOTE' then
                        '"DeliveryNote"'
                      when t4.kind = 'PAYMENT_REQUEST' then
                        '"PaymentRequest"'
                      when t4.kind = 'PURCHASE' then
                        '"Purchase"'
                      when t4.kind = 'PURCHASE_ORDER' then
                        '"PurchaseOrder"'
                      else '"PurchaseSlip"' end
                      || ',"number":' || json_scalar(t4.number)::text
                      || ',"totalIncl":"' || t4.total_incl::text
                      || '","project":' || coalesce((
                        select '{"number":' || json_scalar(t5.number)::text || '}'
                        from project t5
                        where t5.company_id = $1::uuid and t5.id = t4.project_id
                      ), 'null')
                      || '}' j0
                    from unnest(
                      array_remove(
                        array[
                          case when a0.g1 then 'QUOTE' end,
                          case when a0.g2 then 'CREDIT_NOTE' end,
                          case when a0.g3 then 'INVOICE' end,
                          case when a0.g4 then 'CASH_TICKET' end,
                          case when a0.g5 then 'ORDER_CONFIRMATION' end,
                          case when a0.g6 then 'DELIVERY_NOTE' end,
                          case when a0.g7 then 'PAYMENT_REQUEST' end,
                          case when a0.g8 then 'PURCHASE' end,
                          case when a0.g9 then 'PURCHASE_ORDER' end,
                          case when a0.g10 then 'PURCHASE_SLIP' end
                        ],
                        null
                      )
                    ) kk(k),
                    lateral (
                      select *
                      from document t4
                      where t4.company_id = $1::uuid and t4.project_id = t2.id and t4.kind = kk.k
                      order by t4.date desc, t4.id desc
                      limit $5::int4
                    ) t4
                    order by t4.date desc, t4.id desc
                    limit $5::int4
                  ) r
                )
                || ',"tasks":' || case when a0.g11 then
                  (
                    select
                      '{"totalCount":' || (
                        select count(*)::text
                        from task t6
                        where t6.company_id = $1::uuid and t6.project_id = t2.id
                      )
                      || ',"nodes":[' || coalesce(string_agg(r.j0, ','), '')
                      || ']}'
                    from (
                      select
                        '{"title":' || json_scalar(t6.title)::text
                        || ',"status":"' || t6.status::text
                        || '","deadline":' || coalesce('"' || t6.deadline::text || '"', 'null')
                        || '}' j0
                      from task t6
                      where t6.company_id = $1::uuid and t6.project_id = t2.id
                      order by t6.deadline, t6.id
                      limit $6::int4
                    ) r
                  )
                  || ',"timeEntries":'
                else 'null,"timeEntries":' end
                || case when a0.g12 then
                  (
                    select
                      '{"totalCount":' || (
                        select count(*)::text
                        from time_entry t7
                        where t7.company_id = $1::uuid and t7.project_id = t2.id
                      )
                      || ',"nodes":[' || coalesce(string_agg(r.j0, ','), '')
                      || ']}'
                    from (
                      select
                        '{"start":' || json_scalar(t7.start)::text
                        || ',"user":' || coalesce((
                          select '{"lastName":' || json_scalar(t8.last_name)::text || '}'
                          from membership t8
                          where t8.company_id = $1::uuid and not t8.external and t8.id = t7.user_id
                        ), 'null')
                        || '}' j0
                      from time_entry t7
                      where t7.company_id = $1::uuid and t7.project_id = t2.id
                      order by t7.start desc, t7.id desc
                      limit $7::int4
                    ) r
                  )
                  || ',"workOrders":'
                else 'null,"workOrders":' end
                || case when a0.g13 then
                  (
                    select
                      '{"totalCount":' || (
                        select count(*)::text
                        from work_order t9
                        where t9.company_id = $1::uuid and t9.project_id = t2.id
                      )
                      || ',"nodes":[' || coalesce(string_agg(r.j0, ','), '')
                      || ']}'
                    from (
                      select
                        '{"number":' || json_scalar(t9.number)::text
                        || ',"quote":' || case when a0.g1 then
                          coalesce((
                            select '{"number":' || json_scalar(t10.number)::text || '}'
                            from document t10
                            where t10.company_id = $1::uuid and t10.kind = 'QUOTE' and t10.id = t9.quote_id
                          ), 'null')
                          || '}'
                        else 'null}' end j0
                      from work_order t9
                      where t9.company_id = $1::uuid and t9.project_id = t2.id
                      order by t9.planned_start desc, t9.id desc
                      limit $8::int4
                    ) r
                  )
                  || '}'
                else 'null}' end j0
              from project t2
              where t2.company_id = $1::uuid and t2.archived = $3::bool
              order by reading_key(t2.number) collate "C", t2.id
              limit $4::int4
            ) r
          )
          || '}'
        else 'null,"projects":null}' end j,
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
          and a0.g11
          and a0.g12
          and a0.g13
        )
        and c0.id is not null then
          concat(
            '0:',
            c0.id,
            ':',
            a0.g0,
            a0.g1,
            a0.g2,
            a0.g3,
            a0.g4,
            a0.g5,
            a0.g6,
            a0.g7,
            a0.g8,
            a0.g9,
            a0.g10,
            a0.g11,
            a0.g12,
            a0.g13
          )
        end h
      from membership m0
        join company c0 on c0.id = m0.company_id
        cross join lateral (
          select
            get_bit(b.e, 37) = 1 g0,
            get_bit(b.e, 2) = 1 g1,
            get_bit(b.e, 4) = 1 g2,
            get_bit(b.e, 3) = 1 g3,
            get_bit(b.e, 45) = 1 g4,
            get_bit(b.e, 21) = 1 g5,
            get_bit(b.e, 15) = 1 g6,
            get_bit(b.e, 25) = 1 g7,
            get_bit(b.e, 10) = 1 g8,
            get_bit(b.e, 33) = 1 g9,
            get_bit(b.e, 16) = 1 g10,
            get_bit(b.e, 44) = 1 g11,
            get_bit(b.e, 27) = 1 g12,
            get_bit(b.e, 34) = 1 g13
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
-- $2 = 50
-- $3 = True
-- $4 = 2
-- $5 = 3
-- $6 = 50
-- $7 = 1
-- $8 = 1
-- $9 = <hash of a token>
