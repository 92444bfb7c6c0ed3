with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $7::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select s.d::varchar, s.h::varchar, s.id, null::text, s.account_id
from (
  select '{"data":{"company":' || coalesce(l0.j, 'null') || '}}' d, l0.h h, v.id, v.account_id
  from (select 1) one
    left join viewer v on true
    left join lateral (
      select
        '{"timeRounding":' || case when a0.g0 then
          coalesce(
            (
              select t1.time_rounding from company_settings t1 where t1.company_id = $1::uuid
            )::text,
            'null'
          )
          || ',"kilometreRate":'
        else 'null,"kilometreRate":' end
        || case when a0.g1 then
          coalesce(
            '"' || (
              select t2.kilometre_rate from company_settings t2 where t2.company_id = $1::uuid
            )::text || '"',
            'null'
          )
          || ',"workOrders":' || (
            select '{"nodes":[' || coalesce(string_agg(r.j0, ','), '') || ']}'
            from (
              select
                '{"number":' || json_scalar(t3.number)::text
                || ',"title":' || json_scalar(t3.title)::text
                || ',"plannedStart":' || coalesce(json_scalar(t3.planned_start)::text, 'null')
                || ',"kilometres":' || coalesce('"' || t3.kilometres::text || '"', 'null')
                || ',"customer":' || coalesce((
                  select '{"name":' || json_scalar(t4.name)::text || '}'
                  from contact t4
                  where t4.company_id = $1::uuid and t4.is_customer and t4.id = t3.customer_id
                ), 'null')
                || ',"quote":' || case when a0.g2 then
                  coalesce((
                    select '{"number":' || json_scalar(t5.number)::text || '}'
                    from document t5
                    where t5.company_id = $1::uuid and t5.kind = 'QUOTE' and t5.id = t3.quote_id
                  ), 'null')
                  || ',"assignees":['
                else 'null,"assignees":[' end
                || coalesce((
                  select
                    string_agg(
                      '{"firstName":' || json_scalar(t6.first_name)::text || '}',
                      ',' order by t6.last_name_key, t6.id
                    )
                  from membership t6
                  where
                    t6.company_id = $1::uuid
                    and not t6.external
                    and exists (
                      select
                      from work_order_assignee t7
                      where
                        t7.company_id = $1::uuid and t7.work_order_id = t3.id and t7.membership_id = t6.id
                    )
                ), '')
                || '],"materials":[' || coalesce((
                  select
                    string_agg(
                      '{"name":' || json_scalar(t8.name)::text
                      || ',"quantity":"' || t8.quantity::text
                      || '","price":"' || t8.price::text
                      || '","product":' || coalesce((
                        select
                          '{"number":' || json_scalar(t9.number)::text
                          || ',"purchasePrice":' || case when a0.g3 then
                            coalesce('"' || t9.purchase_price::text || '"', 'null') || '}'
                          else 'null}' end
                        from product t9
                        where t9.company_id = $1::uuid and t9.id = t8.product_id
                      ), 'null')
                      || '}',
                      ',' order by t8.position
                    )
                  from work_order_material t8
                  where t8.company_id = $1::uuid and t8.work_order_id = t3.id
                ), '')
                || '],"maintenance":' || case when a0.g4 then
                  coalesce((
                    select '{"name":' || json_scalar(t10.name)::text || '}'
                    from maintenance_plan t10
                    where t10.company_id = $1::uuid and t10.source_work_order_id = t3.id
                  ), 'null')
                  || ',"timeEntries":'
                else 'null,"timeEntries":' end
                || case when a0.g0 then
                  (
                    select '{"nodes":[' || coalesce(string_agg(r.j0, ','), '') || ']}'
                    from (
                      select
                        '{"start":' || json_scalar(t11.start)::text
                        || ',"end":' || coalesce(json_scalar(t11.end)::text, 'null')
                        || case when t11.billed then
                          ',"billed":true,"user":'
                        else ',"billed":false,"user":' end
                        || coalesce((
                          select
                            '{"firstName":' || json_scalar(t12.first_name)::text
                            || ',"hourlyRate":' || coalesce('"' || t12.hourly_rate::text || '"', 'null')
                            || ',"hourlyCost":' || case when a0.g5 then
                              coalesce('"' || t12.hourly_cost::text || '"', 'null') || '}'
                            else 'null}' end
                          from membership t12
                          where t12.company_id = $1::uuid and not t12.external and t12.id = t11.user_id
                        ), 'null')
                        || '}' j0
                      from time_entry t11
                      where t11.company_id = $1::uuid and t11.work_order_id = t3.id
                      order by t11.start desc, t11.id desc
                      limit $6::int4
                    ) r
                  )
                  || '}'
                else 'null}' end j0
              from work_order t3
              where
                t3.company_id = $1::uuid
                and (folded(t3.number) collate "C" like $2::text or folded(t3.title) collate "C" like $3::text)
                and t3.status = any($4::text[])
              order by reading_key(t3.number) collate "C" desc, t3.id desc
              limit $5::int4
            ) r
          )
          || '}'
        else 'null,"workOrders":null}' end j,
        case when not (a0.g0 and a0.g1 and a0.g2 and a0.g3 and a0.g4 and a0.g5) and c0.id is not null then
          concat('0:', c0.id, ':', a0.g0, a0.g1, a0.g2, a0.g3, a0.g4, a0.g5)
        end h
      from membership m0
        join company c0 on c0.id = m0.company_id
        cross join lateral (
          select
            get_bit(b.e, 27) = 1 g0,
            get_bit(b.e, 34) = 1 g1,
            get_bit(b.e, 2) = 1 g2,
            get_bit(b.e, 10) = 1 g3,
            get_bit(b.e, 32) = 1 g4,
            b.o g5
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
-- $2 = %pompe%
-- $3 = %pompe%
-- $4 = [DONE]
-- $5 = 3
-- $6 = 2
-- $7 = <hash of a token>
