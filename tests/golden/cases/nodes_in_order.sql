with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $3::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select s.d::varchar, s.h::varchar, s.id, null::text, s.account_id
from (
  select '{"data":{"nodes":' || coalesce(l0.j, 'null') || '}}' d, l0.h h, v.id, v.account_id
  from (select 1) one
    left join viewer v on true
    left join lateral (
      select
        '[' || coalesce(string_agg(coalesce(x.j, 'null'), ',' order by p.n), '') || ']' j,
        case when count(x.h) > 0 then string_agg(coalesce(x.h, ''), ',' order by p.n) end h
      from unnest($1::uuid[], $2::text[])
      with ordinality p(id, kind, n)
        left join lateral (
          select
            '{"__typename":"Invoice","id":"inv_' || encode(uuid_send(t1.id), 'hex')
            || '","number":' || json_scalar(t1.number)::text
            || '}' j,
            case when not (a0.g0) and m0.company_id is not null then
              concat('0:', m0.company_id, ':', a0.g0)
            end h
          from document t1
            join membership m0
            join company c0 on c0.id = m0.company_id on t1.company_id = m0.company_id
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
                      case when m0.lent_until is null
                      or m0.lent_until > now()
                      or m0.role is distinct from 'EMPLOYEE' then
                        m0.mask
                      else m0.mask & ~ m0.lent end
                    )
                  ) e,
                  coalesce(m0.role = 'OWNER', false) o
              ) b
              offset 0
            ) a0
          where
            t1.id = p.id
            and p.kind = 'inv'
            and t1.kind = 'INVOICE'
            and m0.account_id = v.account_id
            and m0.company_id = c0.id
            and m0.accepted_at is not null
            and m0.removed_at is null
            and (m0.until is null or m0.until > now())
            and a0.g0
          union all
          select
            '{"__typename":"Product","id":"pro_' || encode(uuid_send(t2.id), 'hex')
            || '","name":' || json_scalar(t2.name)::text
            || '}' j,
            null h
          from product t2
            join membership m1
            join company c1 on c1.id = m1.company_id on t2.company_id = m1.company_id
          where
            t2.id = p.id
            and p.kind = 'pro'
            and t2.deleted_at is null
            and m1.account_id = v.account_id
            and m1.company_id = c1.id
            and m1.accepted_at is not null
            and m1.removed_at is null
            and (m1.until is null or m1.until > now())
            and true
        ) x on true
    ) l0 on true
) s;
-- $1 = [018b51a80dd07000b6e34dd61d1aac2f, 01a207f2f3fe7548a11e30fab435ecfd, 00000000000000000000000000000000, null, 01a207f2f3f…
-- $2 = [pro, inv, pro, null, inv]
-- $3 = <hash of a token>
