with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $7::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select s.d::varchar, s.h::varchar, s.id, null::text, s.account_id
from (
  select
    '{"data":{"a":' || coalesce(l0.j, 'null')
    || ',"b":' || coalesce(l1.j, 'null')
    || ',"node":' || coalesce(l2.j, 'null')
    || ',"viewer":' || case when v.account_id is not null then
      '{"account":' || coalesce((
        select '{"firstName":' || json_scalar(t4.first_name)::text || '}'
        from account t4
        where t4.id = v.account_id
      ), 'null')
      || ',"sessions":[' || coalesce((
        select
          string_agg(
            '{"userAgent":' || coalesce(json_scalar(t5.user_agent)::text, 'null')
            || case when (t5.id = v.id) then ',"current":true}' else ',"current":false}' end,
            ',' order by t5.created_at desc, t5.id desc
          )
        from credential t5
        where t5.kind = 'SESSION' and t5.account_id = v.account_id and t5.expires_at > now()
      ), '')
      || ']}}}'
    else 'null}}' end d,
    nullif(coalesce(l0.h, '') || ';' || coalesce(l1.h, '') || ';' || coalesce(l2.h, ''), ';;') h,
    v.id,
    v.account_id
  from (select 1, $6::int4) one
    left join viewer v on true
    left join lateral (
      select
        '{"name":' || json_scalar(c0.name)::text
        || ',"invoices":' || case when a0.g0 then
          (
            select '{"nodes":[' || coalesce(string_agg(r.j0, ','), '') || ']}'
            from (
              select '{"number":' || json_scalar(t1.number)::text || '}' j0
              from document t1
              where t1.company_id = $1::uuid and t1.kind = 'INVOICE'
              order by t1.date desc, t1.id desc
              limit $2::int4
            ) r
          )
          || '}'
        else 'null}' end j,
        case when not (a0.g0) and c0.id is not null then concat('0:', c0.id, ':', a0.g0) end h
      from membership m0
        join company c0 on c0.id = m0.company_id
        cross join lateral (
          select get_bit(b.e, 3) = 1 g0
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
      offset 0
    ) l0 on true
    left join lateral (
      select
        '{"name":' || json_scalar(c1.name)::text
        || ',"invoices":' || case when a1.g0 then
          (
            select '{"nodes":[' || coalesce(string_agg(r.j0, ','), '') || ']}'
            from (
              select '{"number":' || json_scalar(t2.number)::text || '}' j0
              from document t2
              where t2.company_id = $3::uuid and t2.kind = 'INVOICE'
              order by t2.date desc, t2.id desc
              limit $4::int4
            ) r
          )
          || '}'
        else 'null}' end j,
        case when not (a1.g0) and c1.id is not null then concat('1:', c1.id, ':', a1.g0) end h
      from membership m1
        join company c1 on c1.id = m1.company_id
        cross join lateral (
          select get_bit(b.e, 3) = 1 g0
          from (
            select
              (
                (
                  case when c1.trial_ends_at is null or c1.trial_ends_at <= now() then
                    c1.plan_mask
                  else c1.mask end
                ) & (
                  case when m1.lent_until is null or m1.lent_until > now() or m1.role is distinct from 'EMPLOYEE' then
                    m1.mask
                  else m1.mask & ~ m1.lent end
                )
              ) e,
              coalesce(m1.role = 'OWNER', false) o
          ) b
          offset 0
        ) a1
      where
        m1.account_id = v.account_id
        and m1.company_id = $3::uuid
        and c1.id = $3::uuid
        and m1.accepted_at is not null
        and m1.removed_at is null
        and (m1.until is null or m1.until > now())
      offset 0
    ) l1 on true
    left join lateral (
      select
        '{"id":"com_' || encode(uuid_send(c2.id), 'hex')
        || '","quotes":' || case when a2.g0 then
          (
            select
              '{"totalCount":' || (
                select count(*)::text from document t3 where t3.company_id = $5::uuid and t3.kind = 'QUOTE'
              )
              || '}'
          )
          || '}'
        else 'null}' end j,
        case when not (a2.g0) and c2.id is not null then concat('2:', c2.id, ':', a2.g0) end h
      from membership m2
        join company c2 on c2.id = m2.company_id
        cross join lateral (
          select get_bit(b.e, 2) = 1 g0
          from (
            select
              (
                (
                  case when c2.trial_ends_at is null or c2.trial_ends_at <= now() then
                    c2.plan_mask
                  else c2.mask end
                ) & (
                  case when m2.lent_until is null or m2.lent_until > now() or m2.role is distinct from 'EMPLOYEE' then
                    m2.mask
                  else m2.mask & ~ m2.lent end
                )
              ) e,
              coalesce(m2.role = 'OWNER', false) o
          ) b
          offset 0
        ) a2
      where
        true
        and m2.account_id = v.account_id
        and m2.company_id = $5::uuid
        and c2.id = $5::uuid
        and m2.accepted_at is not null
        and m2.removed_at is null
        and (m2.until is null or m2.until > now())
        and true
      offset 0
    ) l2 on true
) s;
-- $1 = 514c94de889b4144be3fe722f52193db
-- $2 = 1
-- $3 = 1edd6ad90ade4c1e95fc7cecdd9c1de9
-- $4 = 1
-- $5 = 514c94de889b4144be3fe722f52193db
-- $6 = 1
-- $7 = <hash of a token>
