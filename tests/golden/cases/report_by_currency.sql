with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $4::bytea and k.expires_at > now() and k.kind = 'SESSION'
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
        '{"report":' || case when a0.g0 and a0.g1 then
          coalesce((
            select
              '{"count":' || (
                select count(*)
                from document t2
                where
                  t2.company_id = $1::uuid
                  and t2.kind = 'INVOICE'
                  and t2.status <> 'DRAFT'
                  and t2.date between $2::date
                  and $3::date
              )::text
              || ',"totalsByCurrency":[' || coalesce((
                select
                  string_agg(
                    '{"currency":' || case when a0.g2 then
                      coalesce(json_scalar(t4.currency)::text, 'null') || ',"count":'
                    else 'null,"count":' end
                    || t4.count::text
                    || ',"total":"' || t4.total::text
                    || '","tax":' || coalesce('"' || t4.tax::text || '"', 'null')
                    || '}',
                    ',' order by t4.at
                  )
                from (
                  select
                    t3.currency as currency,
                    count(*) as count,
                    sum(t3.total_excl) as total,
                    sum(t3.total_vat) as tax,
                    row_number() over (order by count(*) desc, min(uuid_send(t3.id))) as at
                  from document t3
                  where
                    t3.company_id = $1::uuid
                    and t3.kind = 'INVOICE'
                    and t3.status <> 'DRAFT'
                    and t3.date between $2::date
                    and $3::date
                  group by t3.currency
                ) t4
              ), '')
              || '],"rows":[' || coalesce((
                select
                  string_agg(
                    '{"month":' || json_scalar(t6.month)::text
                    || ',"totalsByCurrency":[' || coalesce((
                      select
                        string_agg(
                          '{"currency":' || case when a0.g2 then
                            coalesce(json_scalar(t8.currency)::text, 'null') || ',"total":"'
                          else 'null,"total":"' end
                          || t8.total::text
                          || '"}',
                          ',' order by t8.at
                        )
                      from (
                        select
                          t7.currency as currency,
                          count(*) as count,
                          sum(t7.total_excl) as total,
                          sum(t7.total_vat) as tax,
                          row_number() over (order by count(*) desc, min(uuid_send(t7.id))) as at
                        from document t7
                        where
                          t7.company_id = $1::uuid
                          and t7.kind = 'INVOICE'
                          and t7.status <> 'DRAFT'
                          and t7.date between greatest($2::date, (t6.month || '-01')::date)
                          and least($3::date, ((t6.month || '-01')::date + interval '1 month')::date - 1)
                        group by t7.currency
                      ) t8
                    ), '')
                    || ']}',
                    ',' order by t6.month
                  )
                from (
                  select
                    to_char(t5.date, 'YYYY-MM') as month,
                    count(*) as count,
                    round(
                      case when min(t5.currency collate "C") filter (where true and not (a0.g2)) is not distinct from max(t5.currency collate "C") filter (where true and not (a0.g2)) then
                        coalesce(
                          sum(
                            case when a0.g2 then
                              round(t5.total_excl * t5.exchange_rate, 2)
                            else t5.total_excl end
                          ) filter (where true),
                          0.00
                        )
                      end,
                      2
                    ) as total
                  from document t5
                  where
                    t5.company_id = $1::uuid
                    and t5.kind = 'INVOICE'
                    and t5.status <> 'DRAFT'
                    and t5.date between $2::date
                    and $3::date
                  group by 1
                ) t6
              ), '')
              || ']}'
            from company_settings t1
            where t1.company_id = $1::uuid and $2::date <= $3::date
          ), 'null')
          || '}'
        else 'null}' end j,
        case when not (a0.g0 and a0.g1 and a0.g2) and c0.id is not null then
          concat('0:', c0.id, ':', a0.g0, a0.g1, a0.g2)
        end h
      from membership m0
        join company c0 on c0.id = m0.company_id
        cross join lateral (
          select get_bit(b.e, 61) = 1 g0, get_bit(b.e, 3) = 1 g1, get_bit(b.e, 14) = 1 g2
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
-- $2 = 2026-09-10
-- $3 = 2026-10-20
-- $4 = <hash of a token>
