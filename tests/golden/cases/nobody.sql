with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $5::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select s.d::varchar, s.h::varchar, s.id, null::text, s.account_id
from (
  select
    '{"data":{"viewer":' || case when v.account_id is not null then
      '{"account":' || coalesce((
        select '{"email":' || json_scalar(t1.email)::text || '}' from account t1 where t1.id = v.account_id
      ), 'null')
      || '},"company":'
    else 'null,"company":' end
    || coalesce(l0.j, 'null')
    || ',"node":' || coalesce(l1.j, 'null')
    || ',"nodes":' || coalesce(l2.j, 'null')
    || '}}' d,
    null h,
    v.id,
    v.account_id
  from (select 1) one
    left join viewer v on true
    left join lateral (
      select '{"name":' || json_scalar(c0.name)::text || '}' j, null h
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
      select '{"id":"com_' || encode(uuid_send(c1.id), 'hex') || '"}' j, null h
      from membership m1
        join company c1 on c1.id = m1.company_id
      where
        true
        and m1.account_id = v.account_id
        and m1.company_id = $2::uuid
        and c1.id = $2::uuid
        and m1.accepted_at is not null
        and m1.removed_at is null
        and (m1.until is null or m1.until > now())
        and true
      offset 0
    ) l1 on true
    left join lateral (
      select
        '[' || coalesce(string_agg(coalesce(x.j, 'null'), ',' order by p.n), '') || ']' j,
        case when count(x.h) > 0 then string_agg(coalesce(x.h, ''), ',' order by p.n) end h
      from unnest($3::uuid[], $4::text[])
      with ordinality p(id, kind, n)
        left join lateral (
          select '{"id":"com_' || encode(uuid_send(m2.company_id), 'hex') || '"}' j, null h
          from membership m2
            join company c2 on c2.id = m2.company_id
          where
            m2.company_id = p.id
            and p.kind = 'com'
            and m2.account_id = v.account_id
            and m2.company_id = c2.id
            and m2.accepted_at is not null
            and m2.removed_at is null
            and (m2.until is null or m2.until > now())
            and true
        ) x on true
      offset 0
    ) l2 on true
) s;
-- $1 = 514c94de889b4144be3fe722f52193db
-- $2 = 514c94de889b4144be3fe722f52193db
-- $3 = [514c94de889b4144be3fe722f52193db]
-- $4 = [com]
-- $5 = null
