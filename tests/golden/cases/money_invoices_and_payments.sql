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
                || ',"status":"' || case when t1.due_date < (select (now() at time zone 'Europe/Brussels')::date) then
                  case when t1.status = 'SENT' then 'OVERDUE' else t1.status end
                when t1.status = 'OVERDUE' then
                  'SENT'
                else t1.status end::text
                || '","totalIncl":"' || t1.total_incl::text
                || '","amountPaid":' || case when a0.g1 then
                  coalesce(
                    '"' || (
                      select coalesce(sum(t2.amount), 0.00)
                      from payment_allocation t2
                      where t2.company_id = $1::uuid and t2.invoice_id = t1.id
                    )::text || '"',
                    'null'
                  )
                  || ',"amountDue":' || coalesce(
                    '"' || (
                      t1.total_incl - (
                        select coalesce(sum(t3.amount), 0.00)
                        from payment_allocation t3
                        where t3.company_id = $1::uuid and t3.invoice_id = t1.id
                      )
                    )::text || '"',
                    'null'
                  )
                  || ',"payments":[' || coalesce((
                    select
                      string_agg(
                        '{"date":"' || t4.date::text
                        || '","amount":"' || t4.amount::text
                        || '","structuredCommunication":' || coalesce(
                          json_scalar(t4.structured_communication)::text, 'null'
                        )
                        || ',"account":' || case when a0.g2 then
                          coalesce((
                            select '{"name":' || json_scalar(t6.name)::text || '}'
                            from payment_account t6
                            where t6.company_id = $1::uuid and t6.id = t4.account_id
                          ), 'null')
                          || ',"allocations":['
                        else 'null,"allocations":[' end
                        || coalesce((
                          select
                            string_agg(
                              '{"amount":"' || t7.amount::text
                              || '","invoice":' || coalesce((
                                select '{"number":' || json_scalar(t8.number)::text || '}'
                                from document t8
                                where
                                  t8.company_id = $1::uuid and t8.kind = 'INVOICE' and t8.id = t7.invoice_id
                              ), 'null')
                              || '}',
                              ',' order by t7.amount desc, t7.id desc
                            )
                          from payment_allocation t7
                          where t7.company_id = $1::uuid and t7.payment_id = t4.id
                        ), '')
                        || ']}',
                        ',' order by t4.date desc, t4.id desc
                      )
                    from payment t4
                    where
                      t4.company_id = $1::uuid
                      and exists (
                        select
                        from payment_allocation t5
                        where t5.company_id = $1::uuid and t5.invoice_id = t1.id and t5.payment_id = t4.id
                      )
                  ), '')
                  || ']}'
                else 'null,"amountDue":null,"payments":null}' end j0
              from document t1
              where
                t1.company_id = $1::uuid
                and t1.kind = 'INVOICE'
                and (
                  left(folded(t1.number), 600) collate "C" = any($2::text[])
                  and folded(t1.number) collate "C" = any($3::text[])
                )
              order by reading_key(t1.number) collate "C", t1.id
              limit $4::int4
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
          select get_bit(b.e, 3) = 1 g0, get_bit(b.e, 5) = 1 g1, get_bit(b.e, 6) = 1 g2
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
-- $2 = [2026/00377, 2026/00420, 2026/00421]
-- $3 = [2026/00377, 2026/00420, 2026/00421]
-- $4 = 50
-- $5 = <hash of a token>
