with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $5::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select s.d::varchar, s.h::varchar, s.id, null::text, s.account_id
from (
  select '{"data":{"company":' || coalesce(l0.j, 'null') || '}}' d, null h, v.id, v.account_id
  from (select 1) one
    left join viewer v on true
    left join lateral (
      select
        '{"access":{"role":' || coalesce('"' || m0.role::text || '"', 'null')
        || case when m0.external then ',"external":true,"until":' else ',"external":false,"until":' end
        || coalesce(json_scalar(m0.until)::text, 'null')
        || ',"apps":' || array_to_json(
          array(
            select t1.id
            from (
              select
                (
                  (
                    case when c0.trial_ends_at is null or c0.trial_ends_at <= now() then
                      c0.plan_mask
                    else c0.mask end
                  ) & (
                    case when m0.lent_until is null
                    or m0.lent_until > now()
                    or m0.role is distinct from 'EMPLOYEE' then
                      m0.mask
                    else m0.mask & ~ m0.lent end
                  )
                ) e
              offset 0
            ) b,
            app t1
            where get_bit(b.e, t1.position) = 1
            order by t1.rank
          )
        )::text
        || case when (
          select
            get_bit(
              (
                (
                  case when c0.trial_ends_at is null or c0.trial_ends_at <= now() then
                    c0.plan_mask
                  else c0.mask end
                ) & (
                  case when m0.lent_until is null
                  or m0.lent_until > now()
                  or m0.role is distinct from 'EMPLOYEE' then
                    m0.mask
                  else m0.mask & ~ m0.lent end
                )
              ),
              t2.position
            ) = 1
          from app t2
          where t2.id = $2::text
        ) then
          ',"can":true,"stock":'
        else ',"can":false,"stock":' end
        || case when (
          select
            get_bit(
              (
                (
                  case when c0.trial_ends_at is null or c0.trial_ends_at <= now() then
                    c0.plan_mask
                  else c0.mask end
                ) & (
                  case when m0.lent_until is null
                  or m0.lent_until > now()
                  or m0.role is distinct from 'EMPLOYEE' then
                    m0.mask
                  else m0.mask & ~ m0.lent end
                )
              ),
              t3.position
            ) = 1
          from app t3
          where t3.id = $3::text
        ) then
          'true,"always":'
        else 'false,"always":' end
        || case when (
          select
            get_bit(
              (
                (
                  case when c0.trial_ends_at is null or c0.trial_ends_at <= now() then
                    c0.plan_mask
                  else c0.mask end
                ) & (
                  case when m0.lent_until is null
                  or m0.lent_until > now()
                  or m0.role is distinct from 'EMPLOYEE' then
                    m0.mask
                  else m0.mask & ~ m0.lent end
                )
              ),
              t4.position
            ) = 1
          from app t4
          where t4.id = $4::text
        ) then
          'true}}'
        else 'false}}' end j,
        null h
      from membership m0
        join company c0 on c0.id = m0.company_id
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
-- $2 = DISCOUNTS
-- $3 = STOCK
-- $4 = CUSTOMERS
-- $5 = <hash of a token>
