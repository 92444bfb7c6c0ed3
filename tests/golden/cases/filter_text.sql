with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $14::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select s.d::varchar, s.h::varchar, s.id, null::text, s.account_id
from (
  select '{"data":{"company":' || coalesce(l0.j, 'null') || '}}' d, null h, v.id, v.account_id
  from (select 1, $13::int4) one
    left join viewer v on true
    left join lateral (
      select
        '{"customers":' || (
          select
            '{"totalCount":' || (
              select count(*)::text
              from contact t1
              where
                t1.company_id = $1::uuid
                and t1.is_customer
                and t1.deleted_at is null
                and (
                  left(folded(t1.city), 600) collate "C" = $2::text
                  and folded(t1.city) collate "C" = $3::text
                )
                and (
                  left(folded(t1.name), 600) collate "C" >= $4::text
                  and left(folded(t1.name), 600) collate "C" < $5::text
                  and folded(t1.name) collate "C" like $6::text
                )
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
              t1.company_id = $1::uuid
              and t1.is_customer
              and t1.deleted_at is null
              and (
                left(folded(t1.city), 600) collate "C" = $2::text
                and folded(t1.city) collate "C" = $3::text
              )
              and (
                left(folded(t1.name), 600) collate "C" >= $4::text
                and left(folded(t1.name), 600) collate "C" < $5::text
                and folded(t1.name) collate "C" like $6::text
              )
            order by t1.name_key, t1.id
            limit $7::int4
          ) r
        )
        || ',"literal":' || (
          select
            '{"totalCount":' || (
              select count(*)::text
              from contact t2
              where
                t2.company_id = $1::uuid
                and t2.is_customer
                and t2.deleted_at is null
                and (
                  left(folded(t2.city), 600) collate "C" = any($8::text[])
                  and folded(t2.city) collate "C" = any($9::text[])
                )
                and (
                  folded(t2.number) collate "C" ~ $10::text
                  or folded(t2.name) collate "C" ~ $11::text
                  or (t2.city is not null and folded(t2.city) collate "C" ~ $12::text)
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
        and c0.id = $1::uuid
        and m0.accepted_at is not null
        and m0.removed_at is null
        and (m0.until is null or m0.until > now())
    ) l0 on true
) s;
-- $1 = 514c94de889b4144be3fe722f52193db
-- $2 = huy
-- $3 = huy
-- $4 = ad
-- $5 = ad􏿿
-- $6 = ad%
-- $7 = 2
-- $8 = [amay, wanze]
-- $9 = [amay, wanze]
-- $10 = (^|[ -/:-@[-`{-~])am
-- $11 = (^|[ -/:-@[-`{-~])am
-- $12 = (^|[ -/:-@[-`{-~])am
-- $13 = 2
-- $14 = <hash of a token>
