with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $7::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select s.d::varchar, s.h::varchar, s.id, null::text, s.account_id
from (
  select '{"data":{"company":' || coalesce(l0.j, 'null') || '}}' d, l0.h h, v.id, v.account_id
  from (select 1, $6::int4) one
    left join viewer v on true
    left join lateral (
      select
        '{"qrKind":' || case when a0.g0 then
          coalesce(
            '"' || (
              select t1.qr_kind from company_settings t1 where t1.company_id = $1::uuid
            )::text || '"',
            'null'
          )
          || ',"invoices":'
        else 'null,"invoices":' end
        || case when a0.g1 then
          (
            select '{"nodes":[' || coalesce(string_agg(r.j0, ','), '') || ']}'
            from (
              select
                '{"number":' || json_scalar(t2.number)::text
                || ',"qrPayload":' || case when a0.g0 then
                  coalesce(
                    json_scalar(case when t2.status in ('SENT', 'OVERDUE') then t2.qr_payload end)::text,
                    'null'
                  )
                  || ',"twikeyTransactionId":'
                else 'null,"twikeyTransactionId":' end
                || case when a0.g2 then
                  coalesce(json_scalar(t2.twikey_transaction_id)::text, 'null') || ',"collectionCase":'
                else 'null,"collectionCase":' end
                || case when a0.g3 then
                  coalesce((
                    select '{"status":"' || t3.status::text || '"}'
                    from collection_case t3
                    where t3.company_id = $1::uuid and t3.invoice_id = t2.id
                  ), 'null')
                  || ',"customer":'
                else 'null,"customer":' end
                || coalesce((
                  select
                    '{"openBalance":' || coalesce(
                      '"' || (
                        select
                          case when min(t5.currency collate "C") filter (where true and not (a0.g4)) is not distinct from max(t5.currency collate "C") filter (where true and not (a0.g4)) then
                            coalesce(
                              sum(
                                case when a0.g4 then
                                  round(t5.total_incl * t5.exchange_rate, 2)
                                else t5.total_incl end
                              ) filter (where true),
                              0.00
                            )
                          end
                        from document t5
                        where
                          t5.company_id = $1::uuid
                          and t5.customer_id = t4.id
                          and t5.kind = 'INVOICE'
                          and t5.status in ('SENT', 'OVERDUE')
                      )::text || '"',
                      'null'
                    )
                    || ',"twikeyState":' || case when a0.g2 then
                      coalesce('"' || t4.twikey_state::text || '"', 'null') || '}'
                    else 'null}' end
                  from contact t4
                  where t4.company_id = $1::uuid and t4.is_customer and t4.id = t2.customer_id
                ), 'null')
                || '}' j0
              from document t2
              where
                t2.company_id = $1::uuid
                and t2.kind = 'INVOICE'
                and (
                  left(folded(t2.number), 600) collate "C" = any($2::text[])
                  and folded(t2.number) collate "C" = any($3::text[])
                )
              order by t2.date desc, t2.id desc
              limit $4::int4
            ) r
          )
          || ',"paymentAccounts":'
        else 'null,"paymentAccounts":' end
        || case when a0.g5 then
          (
            select '{"nodes":[' || coalesce(string_agg(r.j0, ','), '') || ']}'
            from (
              select
                '{"name":' || json_scalar(t6.name)::text
                || ',"kind":"' || t6.kind::text
                || '","iban":' || coalesce(json_scalar(t6.iban)::text, 'null')
                || ',"bic":' || coalesce(json_scalar(t6.bic)::text, 'null')
                || ',"glAccountCode":' || coalesce(json_scalar(t6.gl_account_code)::text, 'null')
                || ',"glAccount":' || case when a0.g6 then
                  coalesce(json_scalar(t6.gl_account)::text, 'null') || ',"journalCode":'
                else 'null,"journalCode":' end
                || coalesce(json_scalar(t6.journal_code)::text, 'null')
                || ',"openingBalance":"' || t6.opening_balance::text
                || '","currentBalance":"' || t6.current_balance::text
                || '"}' j0
              from payment_account t6
              where t6.company_id = $1::uuid
              order by t6.current_balance desc, t6.id desc
              limit $5::int4
            ) r
          )
          || ',"receiptsJournal":'
        else 'null,"receiptsJournal":' end
        || case when a0.g7 then
          (
            select
              '{"totalCount":' || (
                select count(*)::text from daily_receipt t7 where t7.company_id = $1::uuid
              )
              || '}'
          )
          || '}'
        else 'null}' end j,
        case when not (a0.g0 and a0.g1 and a0.g2 and a0.g3 and a0.g4 and a0.g5 and a0.g6 and a0.g7)
        and c0.id is not null then
          concat('0:', c0.id, ':', a0.g0, a0.g1, a0.g2, a0.g3, a0.g4, a0.g5, a0.g6, a0.g7)
        end h
      from membership m0
        join company c0 on c0.id = m0.company_id
        cross join lateral (
          select
            get_bit(b.e, 8) = 1 g0,
            get_bit(b.e, 3) = 1 g1,
            get_bit(b.e, 46) = 1 g2,
            get_bit(b.e, 39) = 1 g3,
            get_bit(b.e, 14) = 1 g4,
            get_bit(b.e, 6) = 1 g5,
            get_bit(b.e, 20) = 1 g6,
            get_bit(b.e, 29) = 1 g7
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
-- $2 = [2026/00377, 2026/00421]
-- $3 = [2026/00377, 2026/00421]
-- $4 = 50
-- $5 = 50
-- $6 = 50
-- $7 = <hash of a token>
