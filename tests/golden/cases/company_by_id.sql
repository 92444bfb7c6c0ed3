with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $5::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select s.d::varchar, s.h::varchar, s.id, null::text, s.account_id
from (
  select
    '{"data":{"company":' || coalesce(l0.j, 'null')
    || ',"other":' || coalesce(l1.j, 'null')
    || ',"unknown":' || coalesce(l2.j, 'null')
    || ',"noCompany":' || coalesce(l3.j, 'null')
    || '}}' d,
    null h,
    v.id,
    v.account_id
  from (select 1) one
    left join viewer v on true
    left join lateral (
      select
        '{"id":"com_' || encode(uuid_send(c0.id), 'hex')
        || '","name":' || json_scalar(c0.name)::text
        || ',"vatNumber":' || coalesce(json_scalar(c0.vat_number)::text, 'null')
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
      offset 0
    ) l0 on true
    left join lateral (
      select '{"name":' || json_scalar(c1.name)::text || '}' j, null h
      from membership m1
        join company c1 on c1.id = m1.company_id
      where
        m1.account_id = v.account_id
        and m1.company_id = $2::uuid
        and c1.id = $2::uuid
        and m1.accepted_at is not null
        and m1.removed_at is null
        and (m1.until is null or m1.until > now())
      offset 0
    ) l1 on true
    left join lateral (
      select '{"name":' || json_scalar(c2.name)::text || '}' j, null h
      from membership m2
        join company c2 on c2.id = m2.company_id
      where
        m2.account_id = v.account_id
        and m2.company_id = $3::uuid
        and c2.id = $3::uuid
        and m2.accepted_at is not null
        and m2.removed_at is null
        and (m2.until is null or m2.until > now())
      offset 0
    ) l2 on true
    left join lateral (
      select '{"name":' || json_scalar(c3.name)::text || '}' j, null h
      from membership m3
        join company c3 on c3.id = m3.company_id
      where
        m3.account_id = v.account_id
        and m3.company_id = $4::uuid
        and c3.id = $4::uuid
        and m3.accepted_at is not null
        and m3.removed_at is null
        and (m3.until is null or m3.until > now())
      offset 0
    ) l3 on true
) s;
-- $1 = 514c94de889b4144be3fe722f52193db
-- $2 = 1edd6ad90ade4c1e95fc7cecdd9c1de9
-- $3 = 00000000000000000000000000000000
-- $4 = null
-- $5 = <hash of a token>
