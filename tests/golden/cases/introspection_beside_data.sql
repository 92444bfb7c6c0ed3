with viewer as materialized (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $1::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select v.id, h.apps, h.owner, null::text
from (select 1) one
  left join viewer v on true
  left join lateral (
    select
      bit_or(
        (
          (
            case when c0.trial_ends_at is null or c0.trial_ends_at <= now() then c0.plan_mask else c0.mask end
          ) & (
            case when m0.lent_until is null or m0.lent_until > now() or m0.role is distinct from 'EMPLOYEE' then
              m0.mask
            else m0.mask & ~ m0.lent end
          )
        )
      )::text apps,
      bool_or((coalesce(m0.role = 'OWNER', false) or m0.stands_in)) owner
    from membership m0
      join company c0 on c0.id = m0.company_id
    where
      m0.account_id = v.account_id
      and m0.company_id = c0.id
      and m0.accepted_at is not null
      and m0.removed_at is null
      and (m0.until is null or m0.until > now())
  ) h on true;
-- $1 = <hash of a token>

with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $3::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select s.d::varchar, s.h::varchar, s.id, null::text, s.account_id
from (
  select
    '{"data":{"company":' || coalesce(l0.j, 'null')
    || ',"__type":' || $2::text
    || ',"__typename":"Query"}}' d,
    null h,
    v.id,
    v.account_id
  from (select 1) one
    left join viewer v on true
    left join lateral (
      select '{"__typename":"Company","name":' || json_scalar(c0.name)::text || '}' j, null h
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
-- $2 = {"kind":"OBJECT","fields":[{"name":"hasNextPage","type":{"name":null}},{"name":"hasPreviousPage","type":{"name":null}},{…
-- $3 = <hash of a token>
