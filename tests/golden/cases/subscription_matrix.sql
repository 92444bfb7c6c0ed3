with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = any($2::bytea[]) and k.expires_at > now() and k.kind = 'SESSION'
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
      o.token_hash = any($2::bytea[])
      and o.expires_at > now()
      and o.kind = 'SESSION'
      and o.account_id = s.account_id
  ) known
from (
  select
    '{"data":{"changed":' || coalesce(l0.j, 'null') || '}}' d,
    l0.h h,
    v.id,
    v.account_id,
    extract(epoch from l0.term - now())::float8 term
  from (select 1) one
    left join viewer v on true
    left join lateral (
      select
        case when a0.g0 then
          '{"version":' || (c0.access_version + coalesce(c0.trial_ends_at <= now(), false)::int)::text
          || ',"rows":[' || coalesce((
            select
              string_agg(
                '{"user":' || case when not t1.external then
                  '{"email":' || coalesce(
                    json_scalar((select t2.email from account t2 where t2.id = t1.account_id))::text, 'null'
                  )
                  || ',"agendaColor":' || case when a0.g1 then
                    coalesce(json_scalar(t1.agenda_color)::text, 'null') || '}}'
                  else 'null}}' end
                else 'null}' end,
                ',' order by t1.external, t1.created_at, t1.id
              )
            from membership t1
            where t1.company_id = $1::uuid and t1.removed_at is null
          ), '')
          || ']}'
        else 'null' end j,
        case when not (a0.g0 and a0.g1) and c0.id is not null then concat('0:', c0.id, ':', a0.g0, a0.g1) end h,
        least(
          m0.until,
          case when m0.lent_until > now() then m0.lent_until end,
          case when c0.trial_ends_at > now() then c0.trial_ends_at end
        ) term
      from membership m0
        join company c0 on c0.id = m0.company_id
        cross join lateral (
          select b.o g0, get_bit(b.e, 13) = 1 g1
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
    ) l0 on true
) s;
-- $1 = 514c94de889b4144be3fe722f52193db
-- $2 = [<hash of a token>]
