with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $8::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select s.d::varchar, s.h::varchar, s.id, null::text, s.account_id
from (
  select '{"data":{"company":' || coalesce(l0.j, 'null') || '}}' d, l0.h h, v.id, v.account_id
  from (select 1, $7::int4) one
    left join viewer v on true
    left join lateral (
      select
        '{"glAccounts":' || case when a0.g0 then
          (
            select
              '{"totalCount":' || (
                select count(*)::text
                from gl_account t1
                where
                  t1.company_id = $1::uuid
                  and (
                    left(folded(t1.code), 600) collate "C" >= $2::text
                    and left(folded(t1.code), 600) collate "C" < $3::text
                    and folded(t1.code) collate "C" like $4::text
                  )
              )
              || ',"nodes":[' || coalesce(string_agg(r.j0, ',' order by r.rn), '')
              || '],"pageInfo":{"endCursor":' || case when count(*) > 0 then
                '"' || translate(
                  encode(
                    convert_to(
                      json_build_array(
                        'd741b0',
                        ((array_agg(r.k0 order by r.rn desc))[1])::text,
                        ((array_agg(r.k1 order by r.rn desc))[1])::text
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
                  '{"id":"gla_' || encode(uuid_send(t1.id), 'hex')
                  || '","code":' || json_scalar(t1.code)::text
                  || ',"name":' || json_scalar(t1.name)::text
                  || '}' j0,
                  reading_key(t1.code) collate "C" k0,
                  t1.id k1
                from (
                  select t1.*
                  from gl_account t1
                  where
                    t1.company_id = $1::uuid
                    and (
                      left(folded(t1.code), 600) collate "C" >= $2::text
                      and left(folded(t1.code), 600) collate "C" < $3::text
                      and folded(t1.code) collate "C" like $4::text
                    )
                  order by reading_key(t1.code) collate "C", t1.id
                  limit $5::int4
                ) t1
              ) x
            ) r
          )
          || ',"productGroups":'
        else 'null,"productGroups":' end
        || (
          select '{"nodes":[' || coalesce(string_agg(r.j0, ','), '') || ']}'
          from (
            select
              '{"name":' || json_scalar(t2.name)::text
              || ',"glAccount":' || case when a0.g0 then
                coalesce(json_scalar(t2.gl_account)::text, 'null') || '}'
              else 'null}' end j0
            from product_group t2
            where t2.company_id = $1::uuid and t2.deleted_at is null
            order by t2.name_key, t2.id
            limit $6::int4
          ) r
        )
        || ',"currencies":' || case when a0.g1 then
          (
            select
              '{"totalCount":' || (
                select count(*)::text from currency t3 where t3.company_id = $1::uuid
              )
              || '}'
          )
          || '}'
        else 'null}' end j,
        case when not (a0.g0 and a0.g1) and c0.id is not null then concat('0:', c0.id, ':', a0.g0, a0.g1) end h
      from membership m0
        join company c0 on c0.id = m0.company_id
        cross join lateral (
          select get_bit(b.e, 20) = 1 g0, get_bit(b.e, 14) = 1 g1
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
-- $2 = 7001
-- $3 = 7001􏿿
-- $4 = 7001%
-- $5 = 3
-- $6 = 2
-- $7 = 50
-- $8 = <hash of a token>
