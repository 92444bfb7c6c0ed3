with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $9::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select s.d::varchar, s.h::varchar, s.id, null::text, s.account_id
from (
  select '{"data":{"company":' || coalesce(l0.j, 'null') || '}}' d, l0.h h, v.id, v.account_id
  from (select 1, $6::int4, $8::int4) one
    left join viewer v on true
    left join lateral (
      select
        '{"invoices":' || case when a0.g0 then
          (
            select
              '{"totalCount":' || (
                select count(*)::text
                from document t1
                where
                  t1.company_id = $1::uuid
                  and t1.kind = 'INVOICE'
                  and t1.customer_id = $2::uuid
                  and case when t1.due_date < (select (now() at time zone 'Europe/Brussels')::date) then
                    case when t1.status = 'SENT' then 'OVERDUE' else t1.status end
                  when t1.status = 'OVERDUE' then
                    'SENT'
                  else t1.status end = any($3::text[])
              )
              || ',"nodes":[' || coalesce(string_agg(r.j0, ','), '')
              || ']}'
            from (
              select
                '{"number":' || json_scalar(t1.number)::text
                || ',"customerName":' || coalesce(json_scalar(t1.customer_name)::text, 'null')
                || '}' j0
              from document t1
              where
                t1.company_id = $1::uuid
                and t1.kind = 'INVOICE'
                and t1.customer_id = $2::uuid
                and case when t1.due_date < (select (now() at time zone 'Europe/Brussels')::date) then
                  case when t1.status = 'SENT' then 'OVERDUE' else t1.status end
                when t1.status = 'OVERDUE' then
                  'SENT'
                else t1.status end = any($3::text[])
              order by t1.date desc, t1.id desc
              limit $4::int4
            ) r
          )
          || ',"several":' || (
            select
              '{"totalCount":' || (
                select count(*)::text
                from document t2
                where t2.company_id = $1::uuid and t2.kind = 'INVOICE' and t2.customer_id = any($5::uuid[])
              )
              || '}'
          )
          || ',"without":'
        else 'null,"several":null,"without":' end
        || case when a0.g1 then
          (
            select
              '{"totalCount":' || (
                select count(*)::text
                from document t3
                where t3.company_id = $1::uuid and t3.kind = 'QUOTE' and (t3.customer_id is null) = $7::bool
              )
              || '}'
          )
          || '}'
        else 'null}' end j,
        case when not (a0.g0 and a0.g1) and c0.id is not null then concat('0:', c0.id, ':', a0.g0, a0.g1) end h
      from membership m0
        join company c0 on c0.id = m0.company_id
        cross join lateral (
          select get_bit(b.e, 3) = 1 g0, get_bit(b.e, 2) = 1 g1
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
-- $2 = 018c06271b3c7e00bcff9c7ca94ca725
-- $3 = [PAID, SENT, OVERDUE]
-- $4 = 2
-- $5 = [018c06271b3c7e00bcff9c7ca94ca725, null]
-- $6 = 2
-- $7 = True
-- $8 = 2
-- $9 = <hash of a token>
