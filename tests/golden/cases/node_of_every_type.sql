with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $12::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select s.d::varchar, s.h::varchar, s.id, null::text, s.account_id
from (
  select
    '{"data":{"company":' || coalesce(l0.j, 'null')
    || ',"customer":' || coalesce(l1.j, 'null')
    || ',"person":' || coalesce(l2.j, 'null')
    || ',"product":' || coalesce(l3.j, 'null')
    || ',"group":' || coalesce(l4.j, 'null')
    || ',"quote":' || coalesce(l5.j, 'null')
    || ',"invoice":' || coalesce(l6.j, 'null')
    || ',"creditNote":' || coalesce(l7.j, 'null')
    || ',"user":' || coalesce(l8.j, 'null')
    || ',"external":' || coalesce(l9.j, 'null')
    || ',"wrongPrefix":' || coalesce(l10.j, 'null')
    || ',"noId":null}}' d,
    nullif(
      coalesce(l0.h, '')
      || ';' || coalesce(l1.h, '')
      || ';' || coalesce(l2.h, '')
      || ';' || coalesce(l3.h, '')
      || ';' || coalesce(l4.h, '')
      || ';' || coalesce(l5.h, '')
      || ';' || coalesce(l6.h, '')
      || ';' || coalesce(l7.h, '')
      || ';' || coalesce(l8.h, '')
      || ';' || coalesce(l9.h, '')
      || ';' || coalesce(l10.h, ''),
      ';;;;;;;;;;'
    ) h,
    v.id,
    v.account_id
  from (select 1) one
    left join viewer v on true
    left join lateral (
      select
        '{"id":"com_' || encode(uuid_send(c0.id), 'hex') || '","name":' || json_scalar(c0.name)::text || '}' j,
        null h
      from membership m0
        join company c0 on c0.id = m0.company_id
      where
        true
        and m0.account_id = v.account_id
        and m0.company_id = $1::uuid
        and c0.id = $1::uuid
        and m0.accepted_at is not null
        and m0.removed_at is null
        and (m0.until is null or m0.until > now())
        and true
      offset 0
    ) l0 on true
    left join lateral (
      select
        '{"id":"cus_' || encode(uuid_send(t1.id), 'hex') || '","name":' || json_scalar(t1.name)::text || '}' j,
        null h
      from contact t1
        join membership m1
        join company c1 on c1.id = m1.company_id on t1.company_id = m1.company_id
      where
        t1.id = $2::uuid
        and true
        and t1.is_customer
        and t1.deleted_at is null
        and m1.account_id = v.account_id
        and m1.company_id = c1.id
        and m1.accepted_at is not null
        and m1.removed_at is null
        and (m1.until is null or m1.until > now())
        and true
      offset 0
    ) l1 on true
    left join lateral (
      select
        '{"id":"cop_' || encode(uuid_send(t2.id), 'hex')
        || '","firstName":' || json_scalar(t2.first_name)::text
        || '}' j,
        null h
      from contact_person t2
        join membership m2
        join company c2 on c2.id = m2.company_id on t2.company_id = m2.company_id
      where
        t2.id = $3::uuid
        and true
        and t2.deleted_at is null
        and m2.account_id = v.account_id
        and m2.company_id = c2.id
        and m2.accepted_at is not null
        and m2.removed_at is null
        and (m2.until is null or m2.until > now())
        and true
      offset 0
    ) l2 on true
    left join lateral (
      select
        '{"id":"pro_' || encode(uuid_send(t3.id), 'hex')
        || '","number":' || json_scalar(t3.number)::text
        || '}' j,
        null h
      from product t3
        join membership m3
        join company c3 on c3.id = m3.company_id on t3.company_id = m3.company_id
      where
        t3.id = $4::uuid
        and true
        and t3.deleted_at is null
        and m3.account_id = v.account_id
        and m3.company_id = c3.id
        and m3.accepted_at is not null
        and m3.removed_at is null
        and (m3.until is null or m3.until > now())
        and true
      offset 0
    ) l3 on true
    left join lateral (
      select
        '{"id":"prg_' || encode(uuid_send(t4.id), 'hex') || '","name":' || json_scalar(t4.name)::text || '}' j,
        null h
      from product_group t4
        join membership m4
        join company c4 on c4.id = m4.company_id on t4.company_id = m4.company_id
      where
        t4.id = $5::uuid
        and true
        and t4.deleted_at is null
        and m4.account_id = v.account_id
        and m4.company_id = c4.id
        and m4.accepted_at is not null
        and m4.removed_at is null
        and (m4.until is null or m4.until > now())
        and true
      offset 0
    ) l4 on true
    left join lateral (
      select
        '{"id":"quo_' || encode(uuid_send(t5.id), 'hex')
        || '","number":' || json_scalar(t5.number)::text
        || '}' j,
        case when not (a5.g0) and m5.company_id is not null then concat('5:', m5.company_id, ':', a5.g0) end h
      from document t5
        join membership m5
        join company c5 on c5.id = m5.company_id on t5.company_id = m5.company_id
        cross join lateral (
          select get_bit(b.e, 2) = 1 g0
          from (
            select
              (
                (
                  case when c5.trial_ends_at is null or c5.trial_ends_at <= now() then
                    c5.plan_mask
                  else c5.mask end
                ) & (
                  case when m5.lent_until is null or m5.lent_until > now() or m5.role is distinct from 'EMPLOYEE' then
                    m5.mask
                  else m5.mask & ~ m5.lent end
                )
              ) e,
              coalesce(m5.role = 'OWNER', false) o
          ) b
          offset 0
        ) a5
      where
        t5.id = $6::uuid
        and true
        and t5.kind = 'QUOTE'
        and m5.account_id = v.account_id
        and m5.company_id = c5.id
        and m5.accepted_at is not null
        and m5.removed_at is null
        and (m5.until is null or m5.until > now())
        and a5.g0
      offset 0
    ) l5 on true
    left join lateral (
      select
        '{"id":"inv_' || encode(uuid_send(t6.id), 'hex')
        || '","number":' || json_scalar(t6.number)::text
        || ',"discount":' || case when a6.g0 then
          coalesce('"' || t6.discount::text || '"', 'null') || '}'
        else 'null}' end j,
        case when not (a6.g0 and a6.g1) and m6.company_id is not null then
          concat('6:', m6.company_id, ':', a6.g0, a6.g1)
        end h
      from document t6
        join membership m6
        join company c6 on c6.id = m6.company_id on t6.company_id = m6.company_id
        cross join lateral (
          select get_bit(b.e, 41) = 1 g0, get_bit(b.e, 3) = 1 g1
          from (
            select
              (
                (
                  case when c6.trial_ends_at is null or c6.trial_ends_at <= now() then
                    c6.plan_mask
                  else c6.mask end
                ) & (
                  case when m6.lent_until is null or m6.lent_until > now() or m6.role is distinct from 'EMPLOYEE' then
                    m6.mask
                  else m6.mask & ~ m6.lent end
                )
              ) e,
              coalesce(m6.role = 'OWNER', false) o
            offset 0
          ) b
          offset 0
        ) a6
      where
        t6.id = $7::uuid
        and true
        and t6.kind = 'INVOICE'
        and m6.account_id = v.account_id
        and m6.company_id = c6.id
        and m6.accepted_at is not null
        and m6.removed_at is null
        and (m6.until is null or m6.until > now())
        and a6.g1
      offset 0
    ) l6 on true
    left join lateral (
      select
        '{"id":"crn_' || encode(uuid_send(t7.id), 'hex')
        || '","number":' || json_scalar(t7.number)::text
        || '}' j,
        case when not (a7.g0) and m7.company_id is not null then concat('7:', m7.company_id, ':', a7.g0) end h
      from document t7
        join membership m7
        join company c7 on c7.id = m7.company_id on t7.company_id = m7.company_id
        cross join lateral (
          select get_bit(b.e, 4) = 1 g0
          from (
            select
              (
                (
                  case when c7.trial_ends_at is null or c7.trial_ends_at <= now() then
                    c7.plan_mask
                  else c7.mask end
                ) & (
                  case when m7.lent_until is null or m7.lent_until > now() or m7.role is distinct from 'EMPLOYEE' then
                    m7.mask
                  else m7.mask & ~ m7.lent end
                )
              ) e,
              coalesce(m7.role = 'OWNER', false) o
          ) b
          offset 0
        ) a7
      where
        t7.id = $8::uuid
        and true
        and t7.kind = 'CREDIT_NOTE'
        and m7.account_id = v.account_id
        and m7.company_id = c7.id
        and m7.accepted_at is not null
        and m7.removed_at is null
        and (m7.until is null or m7.until > now())
        and a7.g0
      offset 0
    ) l7 on true
    left join lateral (
      select
        '{"id":"usr_' || encode(uuid_send(t8.id), 'hex')
        || '","firstName":' || json_scalar(t8.first_name)::text
        || ',"role":' || case when a8.g0 then
          coalesce('"' || t8.role::text || '"', 'null') || '}'
        else 'null}' end j,
        case when not (a8.g0) and m8.company_id is not null then concat('8:', m8.company_id, ':', a8.g0) end h
      from membership t8
        join membership m8
        join company c8 on c8.id = m8.company_id on t8.company_id = m8.company_id
        cross join lateral (
          select b.s g0
          from (
            select
              (
                (
                  case when c8.trial_ends_at is null or c8.trial_ends_at <= now() then
                    c8.plan_mask
                  else c8.mask end
                ) & (
                  case when m8.lent_until is null or m8.lent_until > now() or m8.role is distinct from 'EMPLOYEE' then
                    m8.mask
                  else m8.mask & ~ m8.lent end
                )
              ) e,
              coalesce(m8.role = 'OWNER', false) o,
              (coalesce(m8.role = 'OWNER', false) or m8.stands_in) s
          ) b
          offset 0
        ) a8
      where
        t8.id = $9::uuid
        and true
        and not t8.external
        and t8.removed_at is null
        and m8.account_id = v.account_id
        and m8.company_id = c8.id
        and m8.accepted_at is not null
        and m8.removed_at is null
        and (m8.until is null or m8.until > now())
        and true
      offset 0
    ) l8 on true
    left join lateral (
      select
        '{"id":"ext_' || encode(uuid_send(t9.id), 'hex')
        || '","officeName":' || coalesce(
          json_scalar((
            select t10.office_name from account t10 where t10.id = t9.account_id
          ))::text,
          'null'
        )
        || '}' j,
        case when not (a9.g0) and m9.company_id is not null then concat('9:', m9.company_id, ':', a9.g0) end h
      from membership t9
        join membership m9
        join company c9 on c9.id = m9.company_id on t9.company_id = m9.company_id
        cross join lateral (
          select b.o g0
          from (
            select
              (
                (
                  case when c9.trial_ends_at is null or c9.trial_ends_at <= now() then
                    c9.plan_mask
                  else c9.mask end
                ) & (
                  case when m9.lent_until is null or m9.lent_until > now() or m9.role is distinct from 'EMPLOYEE' then
                    m9.mask
                  else m9.mask & ~ m9.lent end
                )
              ) e,
              coalesce(m9.role = 'OWNER', false) o
          ) b
          offset 0
        ) a9
      where
        t9.id = $10::uuid
        and true
        and t9.external
        and t9.removed_at is null
        and m9.account_id = v.account_id
        and m9.company_id = c9.id
        and m9.accepted_at is not null
        and m9.removed_at is null
        and (m9.until is null or m9.until > now())
        and a9.g0
      offset 0
    ) l9 on true
    left join lateral (
      select
        '{"id":"inv_' || encode(uuid_send(t11.id), 'hex') || '"}' j,
        case when not (a10.g0) and m10.company_id is not null then
          concat('10:', m10.company_id, ':', a10.g0)
        end h
      from document t11
        join membership m10
        join company c10 on c10.id = m10.company_id on t11.company_id = m10.company_id
        cross join lateral (
          select get_bit(b.e, 3) = 1 g0
          from (
            select
              (
                (
                  case when c10.trial_ends_at is null or c10.trial_ends_at <= now() then
                    c10.plan_mask
                  else c10.mask end
                ) & (
                  case when m10.lent_until is null
                  or m10.lent_until > now()
                  or m10.role is distinct from 'EMPLOYEE' then
                    m10.mask
                  else m10.mask & ~ m10.lent end
                )
              ) e,
              coalesce(m10.role = 'OWNER', false) o
          ) b
          offset 0
        ) a10
      where
        t11.id = $11::uuid
        and true
        and t11.kind = 'INVOICE'
        and m10.account_id = v.account_id
        and m10.company_id = c10.id
        and m10.accepted_at is not null
        and m10.removed_at is null
        and (m10.until is null or m10.until > now())
        and a10.g0
      offset 0
    ) l10 on true
) s;
-- $1 = 514c94de889b4144be3fe722f52193db
-- $2 = 018c1fa513c273488a3700f8a3a3abc9
-- $3 = 018bfb0bdb9376d8826739718a6d0a98
-- $4 = 018b51a80dd07000b6e34dd61d1aac2f
-- $5 = 018b514e2e007000a58ef14007a238a7
-- $6 = 01a208be342e779c8cbbfd94fb94a649
-- $7 = 01a207f2f3fe7548a11e30fab435ecfd
-- $8 = 018ca17871bc79d0945aa20114a2625e
-- $9 = 51104fc7bba542e7a8f3b81128a50d29
-- $10 = 87c97cef90334cee8cb1bfab428e2f06
-- $11 = 018c1fa513c273488a3700f8a3a3abc9
-- $12 = <hash of a token>
