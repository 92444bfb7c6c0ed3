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
        '{"agendaSettings":' || case when a0.g0 then
          coalesce((
            select
              '{"startHour":' || t1.agenda_start_hour::text
              || ',"endHour":' || t1.agenda_end_hour::text
              || case when t1.agenda_show_weekends then
                ',"showWeekends":true}'
              else ',"showWeekends":false}' end
            from company_settings t1
            where t1.company_id = $1::uuid
          ), 'null')
          || ',"agendaEvents":' || (
            select
              '{"totalCount":' || (
                select count(*)::text
                from agenda_event t2
                where
                  t2.company_id = $1::uuid
                  and case when t2.kind = 'TASK' then
                    a0.g1
                  when t2.kind = 'WORK_ORDER' then
                    a0.g2
                  else true end
                  and t2.end > $2::timestamptz
                  and t2.start < $3::timestamptz
              )
              || ',"nodes":[' || coalesce(string_agg(r.j0, ','), '')
              || ']}'
            from (
              select
                '{"kind":"' || t2.kind::text
                || '","title":' || json_scalar(t2.title)::text
                || ',"start":' || json_scalar(t2.start)::text
                || ',"end":' || json_scalar(t2.end)::text
                || ',"users":[' || coalesce((
                  select
                    string_agg(
                      '{"firstName":' || json_scalar(t3.first_name)::text
                      || ',"agendaColor":' || coalesce(json_scalar(t3.agenda_color)::text, 'null')
                      || '}',
                      ',' order by t3.last_name_key, t3.id
                    )
                  from membership t3
                  where
                    t3.company_id = $1::uuid
                    and not t3.external
                    and exists (
                      select
                      from agenda_event_user t4
                      where t4.company_id = $1::uuid and t4.event_id = t2.id and t4.membership_id = t3.id
                    )
                ), '')
                || '],"customer":' || coalesce((
                  select '{"city":' || coalesce(json_scalar(t5.city)::text, 'null') || '}'
                  from contact t5
                  where t5.company_id = $1::uuid and t5.is_customer and t5.id = t2.customer_id
                ), 'null')
                || ',"task":' || case when a0.g1 then
                  coalesce((
                    select '{"status":"' || t6.status::text || '"}'
                    from task t6
                    where t6.company_id = $1::uuid and t6.id = t2.task_id
                  ), 'null')
                  || ',"workOrder":'
                else 'null,"workOrder":' end
                || case when a0.g2 then
                  coalesce((
                    select '{"number":' || json_scalar(t7.number)::text || '}'
                    from work_order t7
                    where t7.company_id = $1::uuid and t7.id = t2.work_order_id
                  ), 'null')
                  || '}'
                else 'null}' end j0
              from agenda_event t2
              where
                t2.company_id = $1::uuid
                and case when t2.kind = 'TASK' then a0.g1 when t2.kind = 'WORK_ORDER' then a0.g2 else true end
                and t2.end > $2::timestamptz
                and t2.start < $3::timestamptz
              order by t2.start, t2.id
              limit $4::int4
            ) r
          )
          || '}'
        else 'null,"agendaEvents":null}' end j,
        case when not (a0.g0 and a0.g1 and a0.g2) and c0.id is not null then
          concat('0:', c0.id, ':', a0.g0, a0.g1, a0.g2)
        end h
      from membership m0
        join company c0 on c0.id = m0.company_id
        cross join lateral (
          select get_bit(b.e, 13) = 1 g0, get_bit(b.e, 44) = 1 g1, get_bit(b.e, 34) = 1 g2
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
-- $2 = <moment>
-- $3 = <moment>
-- $4 = 50
-- $5 = <hash of a token>
