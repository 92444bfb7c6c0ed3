with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $8::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select s.d::varchar, s.h::varchar, s.id, null::text, s.account_id
from (
  select '{"data":{"company":' || coalesce(l0.j, 'null') || '}}' d, l0.h h, v.id, v.account_id
  from (select 1) one
    left join viewer v on true
    left join lateral (
      select
        '{"orderConfirmations":' || case when a0.g0 then
          (
            select '{"nodes":[' || coalesce(string_agg(r.j0, ','), '') || ']}'
            from (
              select
                '{"status":"' || t1.status::text
                || '","quote":' || case when a0.g1 then
                  coalesce((
                    select
                      '{"number":' || json_scalar(t2.number)::text
                      || ',"orderConfirmation":' || coalesce((
                        select '{"number":' || json_scalar(t3.number)::text || '}'
                        from document t3
                        where
                          t3.company_id = $1::uuid
                          and t3.kind = 'ORDER_CONFIRMATION'
                          and t3.id = (
                            select t4.id
                            from document t4
                            where
                              t4.company_id = $1::uuid
                              and t4.source_document_id = t2.id
                              and t4.kind = 'ORDER_CONFIRMATION'
                            order by t4.date desc, t4.id desc
                            limit 1
                          )
                      ), 'null')
                      || '}'
                    from document t2
                    where t2.company_id = $1::uuid and t2.kind = 'QUOTE' and t2.id = t1.source_document_id
                  ), 'null')
                  || ',"deliveryNotes":'
                else 'null,"deliveryNotes":' end
                || case when a0.g2 then
                  '[' || coalesce((
                    select
                      string_agg(
                        '{"number":' || json_scalar(t5.number)::text
                        || ',"status":"' || t5.status::text
                        || case when t5.prices_shown then
                          '","pricesShown":true}'
                        else '","pricesShown":false}' end,
                        ',' order by t5.date desc, t5.id desc
                      )
                    from document t5
                    where
                      t5.company_id = $1::uuid and t5.kind = 'DELIVERY_NOTE' and t5.source_document_id = t1.id
                  ), '')
                  || ']}'
                else 'null}' end j0
              from document t1
              where
                t1.company_id = $1::uuid
                and t1.kind = 'ORDER_CONFIRMATION'
                and (
                  left(folded(t1.number), 600) collate "C" = $2::text
                  and folded(t1.number) collate "C" = $3::text
                )
              order by t1.date desc, t1.id desc
              limit $4::int4
            ) r
          )
          || ',"invoices":'
        else 'null,"invoices":' end
        || case when a0.g3 then
          (
            select '{"nodes":[' || coalesce(string_agg(r.j0, ','), '') || ']}'
            from (
              select
                '{"totalExcl":"' || t6.total_excl::text
                || '","fromDeliveryNotes":' || case when a0.g2 then
                  '[' || coalesce((
                    select
                      string_agg(
                        '{"number":' || json_scalar(t7.number)::text
                        || ',"date":"' || t7.date::text
                        || '","totalExcl":"' || t7.total_excl::text
                        || '","invoicedBy":' || coalesce((
                          select '{"number":' || json_scalar(t8.number)::text || '}'
                          from document t8
                          where t8.company_id = $1::uuid and t8.kind = 'INVOICE' and t8.id = t7.invoiced_by_id
                        ), 'null')
                        || ',"orderConfirmation":' || case when a0.g0 then
                          coalesce((
                            select '{"number":' || json_scalar(t9.number)::text || '}'
                            from document t9
                            where
                              t9.company_id = $1::uuid
                              and t9.kind = 'ORDER_CONFIRMATION'
                              and t9.id = t7.source_document_id
                          ), 'null')
                          || '}'
                        else 'null}' end,
                        ',' order by t7.date desc, t7.id desc
                      )
                    from document t7
                    where t7.company_id = $1::uuid and t7.kind = 'DELIVERY_NOTE' and t7.invoiced_by_id = t6.id
                  ), '')
                  || ']}'
                else 'null}' end j0
              from document t6
              where
                t6.company_id = $1::uuid
                and t6.kind = 'INVOICE'
                and (
                  left(folded(t6.number), 600) collate "C" = $5::text
                  and folded(t6.number) collate "C" = $6::text
                )
              order by t6.date desc, t6.id desc
              limit $7::int4
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
          select get_bit(b.e, 21) = 1 g0, get_bit(b.e, 2) = 1 g1, get_bit(b.e, 15) = 1 g2, get_bit(b.e, 3) = 1 g3
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
-- $1 = 1edd6ad90ade4c1e95fc7cecdd9c1de9
-- $2 = c2024/00001
-- $3 = c2024/00001
-- $4 = 50
-- $5 = 2025/00373
-- $6 = 2025/00373
-- $7 = 50
-- $8 = <hash of a token>
