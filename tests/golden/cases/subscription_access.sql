with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = any($3::bytea[]) and k.expires_at > now() and k.kind = 'SESSION'
  limit 1
)
select
  s.d::varchar,
  s.h::varchar,
  s.id,
  (select w.language from account w where w.id = s.account_id),
  s.account_id,
  s.term,
  array(
    select o.token_hash
    from credential o
    where
      o.token_hash = any($3::bytea[])
      and o.expires_at > now()
      and o.kind = 'SESSION'
      and o.account_id = s.account_id
  ) known
from (
  select
    '{"data":{"accessChanged":' || coalesce(l0.j, 'null') || '}}' d,
    null h,
    v.id,
    v.account_id,
    extract(epoch from l0.term - now())::float8 term
  from (select 1) one
    left join viewer v on true
    left join lateral (
      select
        '{"role":' || coalesce('"' || m0.role::text || '"', 'null')
        || case when m0.external then ',"external":true,"until":' else ',"external":false,"until":' end
        || coalesce(json_scalar(m0.until)::text, 'null')
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
              t1.position
            ) = 1
          from app t1
          where t1.id = $2::text
        ) then
          ',"can":true}'
        else ',"can":false}' end j,
        null h,
        least(
          m0.until,
          case when m0.lent_until > now() then m0.lent_until end,
          case when c0.trial_ends_at > now() then c0.trial_ends_at end
        ) term
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
-- $3 = [<hash of a token>]
