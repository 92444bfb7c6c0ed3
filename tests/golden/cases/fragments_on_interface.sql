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
            '{"__typename":"CreditNote","number":' || json_scalar(t1.number)::text
            || ',"totalIncl":"' || t1.total_incl::text
            || '","discount":' || case when a0.g0 then
              coalesce('"' || t1.discount::text || '"', 'null') || ',"id":"crn_'
            else 'null,"id":"crn_' end
            || encode(uuid_send(t1.id), 'hex')
            || '"}' j,
            case when not (a0.g0 and a0.g1) and m0.company_id is not null then
              concat('0:', m0.company_id, ':', a0.g0, a0.g1)
            end h
          from document t1
            join membership m0
            join company c0 on c0.id = m0.company_id on t1.company_id = m0.company_id
            cross join lateral (
              select get_bit(b.e, 41) = 1 g0, get_bit(b.e, 4) = 1 g1
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
                offset 0
              ) b
              offset 0
            ) a0
          where
            t1.id = p.id
            and p.kind = 'crn'
            and t1.kind = 'CREDIT_NOTE'
            and m0.account_id = v.account_id
            and m0.company_id = c0.id
            and m0.accepted_at is not null
            and m0.removed_at is null
            and (m0.until is null or m0.until > now())
            and a0.g1
          union all
          select
            '{"__typename":"Customer","name":' || json_scalar(t2.name)::text
            || ',"id":"cus_' || encode(uuid_send(t2.id), 'hex')
            || '"}' j,
            null h
          from contact t2
            join membership m1
            join company c1 on c1.id = m1.company_id on t2.company_id = m1.company_id
          where
            t2.id = p.id
            and p.kind = 'cus'
            and t2.is_customer
            and t2.deleted_at is null
            and m1.account_id = v.account_id
            and m1.company_id = c1.id
            and m1.accepted_at is not null
            and m1.removed_at is null
            and (m1.until is null or m1.until > now())
            and true
          union all
          select
            '{"__typename":"Invoice","number":' || json_scalar(t3.number)::text
            || ',"totalIncl":"' || t3.total_incl::text
            || '","dueDate":' || coalesce('"' || t3.due_date::text || '"', 'null')
            || ',"id":"inv_' || encode(uuid_send(t3.id), 'hex')
            || '"}' j,
            case when not (a2.g0) and m2.company_id is not null then
              concat('2:', m2.company_id, ':', a2.g0)
            end h
          from document t3
            join membership m2
            join company c2 on c2.id = m2.company_id on t3.company_id = m2.company_id
            cross join lateral (
              select get_bit(b.e, 3) = 1 g0
              from (
                select
                  (
                    (
                      case when c2.trial_ends_at is null or c2.trial_ends_at <= now() then
                        c2.plan_mask
                      else c2.mask end
                    ) & (
                      case when m2.lent_until is null
                      or m2.lent_until > now()
                      or m2.role is distinct from 'EMPLOYEE' then
                        m2.mask
                      else m2.mask & ~ m2.lent end
                    )
                  ) e,
                  coalesce(m2.role = 'OWNER', false) o
              ) b
              offset 0
            ) a2
          where
            t3.id = p.id
            and p.kind = 'inv'
            and t3.kind = 'INVOICE'
            and m2.account_id = v.account_id
            and m2.company_id = c2.id
            and m2.accepted_at is not null
            and m2.removed_at is null
            and (m2.until is null or m2.until > now())
            and a2.g0
          union all
          select
            '{"__typename":"Quote","number":' || json_scalar(t4.number)::text
            || ',"totalIncl":"' || t4.total_incl::text
            || '","expirationDate":' || coalesce('"' || t4.expiration_date::text || '"', 'null')
            || ',"id":"quo_' || encode(uuid_send(t4.id), 'hex')
            || '"}' j,
            case when not (a3.g0) and m3.company_id is not null then
              concat('3:', m3.company_id, ':', a3.g0)
            end h
          from document t4
            join membership m3
            join company c3 on c3.id = m3.company_id on t4.company_id = m3.company_id
            cross join lateral (
              select get_bit(b.e, 2) = 1 g0
              from (
                select
                  (
                    (
                      case when c3.trial_ends_at is null or c3.trial_ends_at <= now() then
                        c3.plan_mask
                      else c3.mask end
                    ) & (
                      case when m3.lent_until is null
                      or m3.lent_until > now()
                      or m3.role is distinct from 'EMPLOYEE' then
                        m3.mask
                      else m3.mask & ~ m3.lent end
                    )
                  ) e,
                  coalesce(m3.role = 'OWNER', false) o
              ) b
              offset 0
            ) a3
          where
            t4.id = p.id
            and p.kind = 'quo'
            and t4.kind = 'QUOTE'
            and m3.account_id = v.account_id
            and m3.company_id = c3.id
            and m3.accepted_at is not null
            and m3.removed_at is null
            and (m3.until is null or m3.until > now())
            and a3.g0
        ) x on true
    ) l0 on true
) s;
-- $1 = [018c8bffaea7760c8319dd91aceeda23, 018ca17871bc79d0945aa20114a2625e, 01a208be342e779c8cbbfd94fb94a649, 018c1fa513c273488…
-- $2 = [inv, crn, quo, cus]
-- $3 = <hash of a token>
