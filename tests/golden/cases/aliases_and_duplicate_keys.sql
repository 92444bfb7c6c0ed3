with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $3::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select s.d::varchar, s.h::varchar, s.id, null::text, s.account_id
from (
  select '{"data":{"company":' || coalesce(l0.j, 'null') || '}}' d, null h, v.id, v.account_id
  from (select 1) one
    left join viewer v on true
    left join lateral (
      select
        '{"title":' || json_scalar(c0.name)::text
        || ',"name":' || json_scalar(c0.name)::text
        || ',"products":' || (
          select '{"nodes":[' || coalesce(string_agg(r.j0, ','), '') || ']}'
          from (
            select
              '{"name":' || json_scalar(t1.name)::text
              || ',"price":"' || t1.price::text
              || '","again":"' || t1.price::text
              || '","group":' || coalesce((
                select '{"name":' || json_scalar(t2.name)::text || '}'
                from product_group t2
                where t2.company_id = $1::uuid and t2.id = t1.group_id
              ), 'null')
              || '}' j0
            from product t1
            where t1.company_id = $1::uuid and t1.deleted_at is null
            order by t1.name_key, t1.id
            limit $2::int4
          ) r
        )
        || ',"id":"com_' || encode(uuid_send(c0.id), 'hex')
        || '"}' j,
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
-- $2 = 1
-- $3 = <hash of a token>
