with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $5::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select s.d::varchar, s.h::varchar, s.id, null::text, s.account_id
from (
  select '{"data":{"company":' || coalesce(l0.j, 'null') || '}}' d, l0.h h, v.id, v.account_id
  from (select 1) one
    left join viewer v on true
    left join lateral (
      select
        '{"invoices":' || case when a0.g0 then
          (
            select
              '{"edges":[' || coalesce(string_agg(r.j0, ',' order by r.rn) filter (where r.rn <= $2::int4), '')
              || '],"pageInfo":{"hasNextPage":' || (count(*) > $2::int4)::text
              || ',"hasPreviousPage":true,"startCursor":' || case when count(*) filter (where r.rn <= $2::int4) > 0 then
                '"' || translate(
                  encode(
                    convert_to(
                      json_build_array(
                        '9f090e',
                        ((array_agg(r.k0 order by r.rn) filter (where r.rn <= $2::int4))[1])::text,
                        ((array_agg(r.k1 order by r.rn) filter (where r.rn <= $2::int4))[1])::text
                      )::text,
                      'UTF8'
                    ),
                    'base64'
                  ),
                  E'+/=\n',
                  '-_'
                ) || '"'
              else 'null' end
              || ',"endCursor":' || case when count(*) filter (where r.rn <= $2::int4) > 0 then
                '"' || translate(
                  encode(
                    convert_to(
                      json_build_array(
                        '9f090e',
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
                  '{"cursor":"' || translate(
                    encode(
                      convert_to(json_build_array('9f090e', (t1.date)::text, (t1.id)::text)::text, 'UTF8'),
                      'base64'
                    ),
                    E'+/=\n',
                    '-_'
                  )
                  || '","node":{"number":' || json_scalar(t1.number)::text
                  || ',"date":"' || t1.date::text
                  || '"}}' j0,
                  t1.date k0,
                  t1.id k1
                from (
                  select t1.*
                  from document t1
                  where
                    t1.company_id = $1::uuid
                    and t1.kind = 'INVOICE'
                    and (t1.date, t1.id) < ($3::date, $4::uuid)
                  order by t1.date desc, t1.id desc
                  limit $2::int4 + 1
                ) t1
              ) x
            ) r
          )
          || '}'
        else 'null}' end j,
        case when not (a0.g0) and c0.id is not null then concat('0:', c0.id, ':', a0.g0) end h
      from membership m0
        join company c0 on c0.id = m0.company_id
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
-- $2 = 2
-- $3 = 2026-11-23
-- $4 = 01a20741-6ff0-7664-b8b9-8253988b284a
-- $5 = <hash of a token>
