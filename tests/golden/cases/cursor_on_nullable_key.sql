with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $4::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select
  s.d::varchar,
  s.h::varchar,
  s.id,
  case when s.h is not null then (select w.language from account w where w.id = s.account_id) end,
  s.account_id
from (
  select '{"data":{"company":' || coalesce(l0.j, 'null') || '}}' d, l0.h h, v.id, v.account_id
  from (select 1) one
    left join viewer v on true
    left join lateral (
      select
        '{"invoices":' || case when a0.g0 and a0.g1 then
          (
            select
              '{"nodes":[' || coalesce(string_agg(r.j0, ',' order by r.rn) filter (where r.rn <= $2::int4), '')
              || '],"pageInfo":{"hasNextPage":' || (count(*) > $2::int4)::text
              || ',"endCursor":' || case when count(*) filter (where r.rn <= $2::int4) > 0 then
                '"' || translate(
                  encode(
                    convert_to(
                      json_build_array(
                        'aec415',
                        ((array_agg(r.k0 order by r.rn desc) filter (where r.rn <= $2::int4))[1])::text,
                        ((array_agg(r.k1 order by r.rn desc) filter (where r.rn <= $2::int4))[1])::text
                      )::text,
                      'UTF8'
                    ),
                    'base64'
                  ),
                  E'+/=\n',
                  '-_'
                ) || '"'
              else 'null' end
              || '}}'
            from (
              select row_number() over () rn, x.*
              from (
                select
                  '{"number":' || json_scalar(t1.number)::text
                  || ',"discount":' || coalesce('"' || t1.discount::text || '"', 'null')
                  || '}' j0,
                  t1.discount k0,
                  t1.id k1
                from (
                  select t1.*
                  from document t1
                  where
                    t1.company_id = $1::uuid
                    and t1.kind = 'INVOICE'
                    and ((t1.discount is not null) or (t1.discount is null and t1.id < $3::uuid))
                  order by t1.discount desc, t1.id desc
                  limit $2::int4 + 1
                ) t1
              ) x
            ) r
          )
          || '}'
        else 'null}' end j,
        case when not (a0.g0 and a0.g1) and c0.id is not null then concat('0:', c0.id, ':', a0.g0, a0.g1) end h
      from membership m0
        join company c0 on c0.id = m0.company_id
        cross join lateral (
          select get_bit(b.e, 3) = 1 g0, get_bit(b.e, 41) = 1 g1
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
-- $2 = 2
-- $3 = 01a20741-6ff0-7664-b8b9-8253988b284a
-- $4 = <hash of a token>
