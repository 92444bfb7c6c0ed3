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
        '{"customers":' || (
          select
            '{"nodes":[' || coalesce(string_agg(r.j0, ',' order by r.rn), '')
            || '],"pageInfo":{"endCursor":' || case when count(*) > 0 then
              '"' || translate(
                encode(
                  convert_to(
                    json_build_array(
                      '4fcd53',
                      ((array_agg(r.k0 order by r.rn desc))[1])::text,
                      ((array_agg(r.k1 order by r.rn desc))[1])::text,
                      ((array_agg(r.k2 order by r.rn desc))[1])::text
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
                '{"city":' || coalesce(json_scalar(t1.city)::text, 'null')
                || ',"name":' || json_scalar(t1.name)::text
                || '}' j0,
                reading_key(t1.city) collate "C" k0,
                t1.name_key k1,
                t1.id k2
              from (
                select t1.*
                from contact t1
                where
                  t1.company_id = $1::uuid
                  and t1.is_customer
                  and t1.deleted_at is null
                  and (
                    (reading_key(t1.city) collate "C" is not null)
                    or (reading_key(t1.city) collate "C" is null and t1.name_key > $3::text)
                    or (
                      reading_key(t1.city) collate "C" is null
                      and t1.name_key = $3::text
                      and t1.id < $4::uuid
                    )
                  )
                order by reading_key(t1.city) collate "C" desc, t1.name_key, t1.id desc
                limit $2::int4
              ) t1
            ) x
          ) r
        )
        || '}' j,
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
-- $2 = 3
-- $3 = Christian Hanquet
-- $4 = 018c157c-483d-7908-8629-fffb11edf332
-- $5 = <hash of a token>
