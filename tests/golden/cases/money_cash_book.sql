with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $13::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select s.d::varchar, s.h::varchar, s.id, null::text, s.account_id
from (
  select '{"data":{"company":' || coalesce(l0.j, 'null') || '}}' d, l0.h h, v.id, v.account_id
  from (select 1) one
    left join viewer v on true
    left join lateral (
      select
        '{"first":' || case when a0.g0 then
          (
            select '{"nodes":[' || coalesce(string_agg(r.j0, ','), '') || ']}'
            from (
              select
                '{"date":"' || t1.date::text
                || '","label":' || json_scalar(t1.label)::text
                || ',"in":"' || t1.amount_in::text
                || '","out":"' || t1.amount_out::text
                || '","balance":"' || t1.balance::text
                || '","payment":' || case when a0.g1 then
                  coalesce((
                    select '{"amount":"' || t2.amount::text || '"}'
                    from payment t2
                    where t2.company_id = $1::uuid and t2.id = t1.payment_id
                  ), 'null')
                  || '}'
                else 'null}' end j0
              from cash_book_entry t1
              where t1.company_id = $1::uuid
              order by t1.date, t1.id
              limit $2::int4
            ) r
          )
          || ',"deposits":' || (
            select
              '{"totalCount":' || (
                select count(*)::text
                from cash_book_entry t3
                where
                  t3.company_id = $1::uuid
                  and (
                    left(folded(t3.label), 600) collate "C" >= $3::text
                    and left(folded(t3.label), 600) collate "C" < $4::text
                    and folded(t3.label) collate "C" like $5::text
                  )
              )
              || ',"nodes":[' || coalesce(string_agg(r.j0, ','), '')
              || ']}'
            from (
              select
                '{"date":"' || t3.date::text
                || '","label":' || json_scalar(t3.label)::text
                || ',"in":"' || t3.amount_in::text
                || '","out":"' || t3.amount_out::text
                || '","balance":"' || t3.balance::text
                || '","payment":' || case when a0.g1 then
                  coalesce((
                    select
                      '{"amount":"' || t4.amount::text
                      || '","counterpartyName":' || coalesce(json_scalar(t4.counterparty_name)::text, 'null')
                      || ',"allocations":[' || coalesce((
                        select
                          string_agg(
                            '{"amount":"' || t5.amount::text || '"}', ',' order by t5.amount desc, t5.id desc
                          )
                        from payment_allocation t5
                        where t5.company_id = $1::uuid and t5.payment_id = t4.id
                      ), '')
                      || ']}'
                    from payment t4
                    where t4.company_id = $1::uuid and t4.id = t3.payment_id
                  ), 'null')
                  || ',"account":'
                else 'null,"account":' end
                || case when a0.g2 then
                  coalesce((
                    select '{"name":' || json_scalar(t6.name)::text || '}'
                    from payment_account t6
                    where t6.company_id = $1::uuid and t6.id = t3.account_id
                  ), 'null')
                  || '}'
                else 'null}' end j0
              from cash_book_entry t3
              where
                t3.company_id = $1::uuid
                and (
                  left(folded(t3.label), 600) collate "C" >= $3::text
                  and left(folded(t3.label), 600) collate "C" < $4::text
                  and folded(t3.label) collate "C" like $5::text
                )
              order by t3.date desc, t3.id desc
              limit $6::int4
            ) r
          )
          || ',"payments":'
        else 'null,"deposits":null,"payments":' end
        || case when a0.g1 then
          (
            select '{"nodes":[' || coalesce(string_agg(r.j0, ','), '') || ']}'
            from (
              select
                '{"date":"' || t7.date::text
                || '","amount":"' || t7.amount::text
                || '","counterpartyName":' || coalesce(json_scalar(t7.counterparty_name)::text, 'null')
                || ',"statement":' || coalesce(json_scalar(t7.statement)::text, 'null')
                || '}' j0
              from payment t7
              where
                t7.company_id = $1::uuid
                and t7.amount < $7::numeric
                and (
                  (
                    t7.counterparty_name is not null
                    and folded(t7.counterparty_name) collate "C" like $8::text
                  )
                  or (
                    t7.counterparty_iban is not null
                    and bare_number(t7.counterparty_iban) collate "C" like $9::text
                  )
                  or (t7.statement is not null and folded(t7.statement) collate "C" like $10::text)
                  or (
                    t7.structured_communication is not null
                    and bare_number(t7.structured_communication) collate "C" like $11::text
                  )
                )
              order by t7.date desc, t7.id desc
              limit $12::int4
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
          select get_bit(b.e, 7) = 1 g0, get_bit(b.e, 5) = 1 g1, get_bit(b.e, 6) = 1 g2
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
-- $2 = 3
-- $3 = versement
-- $4 = versement􏿿
-- $5 = versement%
-- $6 = 2
-- $7 = 0
-- $8 = %tva%
-- $9 = %tva%
-- $10 = %tva%
-- $11 = %tva%
-- $12 = 1
-- $13 = <hash of a token>
