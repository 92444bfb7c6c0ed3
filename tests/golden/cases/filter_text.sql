with viewer as materialized (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $8::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select
  s.d::varchar,
  s.h::varchar,
  s.id,
  case when s.h is not null then (select w.language from account w where w.id = s.account_id) end
from (
  select '{"data":{"company":' || coalesce(l0.j, 'null') || '}}' d, null h, v.id, v.account_id
  from (select 1, $7::int4) one
    left join viewer v on true
    left join lateral (
      select
        '{"customers":' || (
          select
            '{"totalCount":' || (
              select count(*)::text
              from contact t1
              where
                t1.company_id = c0.id
                and t1.is_customer
                and lower(t1.city) = (select lower($2::text))
                and starts_with(lower(t1.name), (select lower($3::text)))
            )
            || ',"nodes":[' || coalesce(string_agg(r.j0, ','), '')
            || ']}'
          from (
            select
              '{"name":' || json_scalar(t1.name)::text
              || ',"city":' || coalesce(json_scalar(t1.city)::text, 'null')
              || '}' j0
            from contact t1
            where
              t1.company_id = c0.id
              and t1.is_customer
              and lower(t1.city) = (select lower($2::text))
              and starts_with(lower(t1.name), (select lower($3::text)))
            order by t1.name, t1.id
            limit $4::int4
          ) r
        )
        || ',"literal":' || (
          select
            '{"totalCount":' || (
              select count(*)::text
              from contact t2
              where
                t2.company_id = c0.id
                and t2.is_customer
                and lower(t2.city) = any(select lower(u) from unnest($5::text[]) u)
                and (
                  strpos(lower(t2.number), (select lower($6::text))) > 0
                  or strpos(lower(t2.name), (select lower($6::text))) > 0
                  or strpos(lower(t2.city), (select lower($6::text))) > 0
                )
            )
            || '}'
        )
        || '}' j,
        null h
      from membership m0
        join company c0 on c0.id = m0.company_id
      where
        m0.account_id = v.account_id
        and m0.company_id = $1::uuid
        and m0.accepted_at is not null
        and m0.removed_at is null
        and (m0.until is null or m0.until > now())
    ) l0 on true
) s;
-- $1 = 018b514d43a07000ac2b7ed4c4760a71
-- $2 = HUY
-- $3 = ad
-- $4 = 2
-- $5 = [AMAY, wanze]
-- $6 = er
-- $7 = 2
-- $8 = <hash of a token>
