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
        '{"cashTickets":' || case when a0.g0 then
          (
            select
              '{"totalCount":' || (
                select count(*)::text
                from document t1
                where
                  t1.company_id = $1::uuid
                  and t1.kind = 'CASH_TICKET'
                  and t1.payment_method = any($2::text[])
                  and t1.status = any($3::text[])
              )
              || ',"nodes":[' || coalesce(string_agg(r.j0, ','), '')
              || ']}'
            from (
              select
                '{"number":' || json_scalar(t1.number)::text
                || ',"vatType":"' || t1.vat_type::text
                || '","totalIncl":"' || t1.total_incl::text
                || '","paymentMethod":' || coalesce('"' || t1.payment_method::text || '"', 'null')
                || ',"ticketPrintUrl":' || coalesce(json_scalar(t1.ticket_print_url)::text, 'null')
                || ',"customer":' || coalesce((
                  select '{"name":' || json_scalar(t2.name)::text || '}'
                  from contact t2
                  where t2.company_id = $1::uuid and t2.is_customer and t2.id = t1.customer_id
                ), 'null')
                || ',"lines":[' || coalesce((
                  select
                    string_agg(
                      '{"name":' || json_scalar(t3.name)::text
                      || ',"quantity":"' || t3.quantity::text
                      || '","price":"' || t3.price::text
                      || '"}',
                      ',' order by t3.position
                    )
                  from document_line t3
                  where
                    t3.company_id = $1::uuid
                    and case when t3.type = 'SECTION' then a0.g1 else true end
                    and t3.document_id = t1.id
                ), '')
                || ']}' j0
              from document t1
              where
                t1.company_id = $1::uuid
                and t1.kind = 'CASH_TICKET'
                and t1.payment_method = any($2::text[])
                and t1.status = any($3::text[])
              order by t1.total_incl desc, t1.id desc
              limit $4::int4
            ) r
          )
          || ',"cashBook":'
        else 'null,"cashBook":' end
        || case when a0.g2 then
          (
            select '{"nodes":[' || coalesce(string_agg(r.j0, ','), '') || ']}'
            from (
              select
                '{"in":"' || t4.amount_in::text
                || '","ticket":' || case when a0.g0 then
                  coalesce((
                    select
                      '{"number":' || json_scalar(t5.number)::text
                      || ',"totalIncl":"' || t5.total_incl::text
                      || '","paymentMethod":' || coalesce('"' || t5.payment_method::text || '"', 'null')
                      || '}'
                    from document t5
                    where t5.company_id = $1::uuid and t5.kind = 'CASH_TICKET' and t5.id = t4.ticket_id
                  ), 'null')
                  || '}'
                else 'null}' end j0
              from cash_book_entry t4
              where
                t4.company_id = $1::uuid
                and (
                  left(folded(t4.label), 600) collate "C" >= $5::text
                  and left(folded(t4.label), 600) collate "C" < $6::text
                  and folded(t4.label) collate "C" like $7::text
                )
              order by t4.date desc, t4.id desc
              limit $8::int4
            ) r
          )
          || '}'
        else 'null}' end j,
        case when not (a0.g0 and a0.g1 and a0.g2) and c0.id is not null then
          concat('0:', c0.id, ':', a0.g0, a0.g1, a0.g2)
        end h
      from membership m0
        join company c0 on c0.id = m0.company_id
        cross join lateral (
          select get_bit(b.e, 45) = 1 g0, get_bit(b.e, 17) = 1 g1, get_bit(b.e, 7) = 1 g2
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
-- $2 = [CARD, MOBILE]
-- $3 = [PAID]
-- $4 = 1
-- $5 = ventes
-- $6 = ventes􏿿
-- $7 = ventes%
-- $8 = 1
-- $9 = <hash of a token>
