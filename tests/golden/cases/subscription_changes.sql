with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = any($4::bytea[]) and k.expires_at > now() and k.kind = 'SESSION'
  limit 1
)
select
  s.d::varchar,
  s.h::varchar,
  s.id,
  (select w.language from account w where w.id = s.account_id),
  s.account_id,
  s.term,
  array(
    select o.token_hash
    from credential o
    where
      o.token_hash = any($4::bytea[])
      and o.expires_at > now()
      and o.kind = 'SESSION'
      and o.account_id = s.account_id
  ) known,
  pg_current_snapshot() snapshot
from (
  select
    '{"data":{"changed":' || coalesce(l0.j, 'null') || '}}' d,
    l0.h h,
    v.id,
    v.account_id,
    extract(epoch from l0.term - now())::float8 term
  from (select 1) one
    left join viewer v on true
    left join lateral (
      select
        case when a0.g0 then
          case when exists (
            select
            from (
              select t1.entity entity, t1.key key, t1.at at, t1.xid xid, t1.id id
              from change t1
              where
                t1.company_id = $1::uuid
                and t1.xid >= pg_snapshot_xmin($2::pg_snapshot)
                and not pg_visible_in_snapshot(t1.xid, $2::pg_snapshot)
                and case when t1.entity = 'Customer' then
                  'CUSTOMER' = any($3::text[])
                when t1.entity = 'Address' then
                  'CUSTOMER' = any($3::text[])
                when t1.entity = 'ContactPerson' then
                  'CUSTOMER' = any($3::text[])
                when t1.entity = 'Product' then
                  'PRODUCT' = any($3::text[])
                when t1.entity = 'ProductGroup' then
                  'PRODUCT_GROUP' = any($3::text[])
                when t1.entity = 'PriceTier' then
                  a0.g1 and 'PRICE_TIER' = any($3::text[])
                when t1.entity = 'Unit' then
                  a0.g0 and 'UNIT' = any($3::text[])
                when t1.entity = 'AccessPreset' then
                  a0.g2 and 'ACCESS_PRESET' = any($3::text[])
                else false end
              order by t1.xid desc, t1.id desc
            ) t2
            offset 100
          ) then
            '{"more":true,"nodes":['
          else '{"more":false,"nodes":[' end
          || coalesce((
            select
              string_agg(
                '{"entity":"' || t15.entity::text
                || '","entityId":"' || t15.prefix
                || '_' || encode(uuid_send(t15.key), 'hex')
                || '","kind":"' || t15.kind::text
                || '","version":' || coalesce(t15.version::text, 'null')
                || ',"at":' || json_scalar(t15.at)::text
                || '}',
                ',' order by t15.at
              )
            from (
              select
                distinct on (e.entity, e.key) e.entity,
                e.prefix,
                e.key,
                t4.at at,
                e.version,
                case when e.is_there then 'UPSERTED' else 'DELETED' end kind
              from (
                select t3.entity entity, t3.key key, t3.at at, t3.xid xid, t3.id id
                from change t3
                where
                  t3.company_id = $1::uuid
                  and t3.xid >= pg_snapshot_xmin($2::pg_snapshot)
                  and not pg_visible_in_snapshot(t3.xid, $2::pg_snapshot)
                  and case when t3.entity = 'Customer' then
                    'CUSTOMER' = any($3::text[])
                  when t3.entity = 'Address' then
                    'CUSTOMER' = any($3::text[])
                  when t3.entity = 'ContactPerson' then
                    'CUSTOMER' = any($3::text[])
                  when t3.entity = 'Product' then
                    'PRODUCT' = any($3::text[])
                  when t3.entity = 'ProductGroup' then
                    'PRODUCT_GROUP' = any($3::text[])
                  when t3.entity = 'PriceTier' then
                    a0.g1 and 'PRICE_TIER' = any($3::text[])
                  when t3.entity = 'Unit' then
                    a0.g0 and 'UNIT' = any($3::text[])
                  when t3.entity = 'AccessPreset' then
                    a0.g2 and 'ACCESS_PRESET' = any($3::text[])
                  else false end
                order by t3.xid desc, t3.id desc
                limit 100
              ) t4
                cross join lateral (
                  select
                    'CUSTOMER' entity,
                    'cus' prefix,
                    t4.key key,
                    t5.version version,
                    t5.id is not null and t5.deleted_at is null is_there
                  from (select) o
                    left join contact t5 on t5.company_id = $1::uuid and t5.id = t4.key and t5.is_customer
                  where t4.entity = 'Customer'
                  union all
                  select
                    'CUSTOMER' entity,
                    'cus' prefix,
                    t7.customer_id key,
                    t6.version version,
                    t6.id is not null and t6.deleted_at is null is_there
                  from contact_address t7
                    join contact t6 on t6.company_id = $1::uuid and t6.id = t7.customer_id and t6.is_customer
                  where t4.entity = 'Address' and t7.company_id = $1::uuid and t7.id = t4.key
                  union all
                  select
                    'CUSTOMER' entity,
                    'cus' prefix,
                    t9.customer_id key,
                    t8.version version,
                    t8.id is not null and t8.deleted_at is null is_there
                  from contact_person t9
                    join contact t8 on t8.company_id = $1::uuid and t8.id = t9.customer_id and t8.is_customer
                  where t4.entity = 'ContactPerson' and t9.company_id = $1::uuid and t9.id = t4.key
                  union all
                  select
                    'PRODUCT' entity,
                    'pro' prefix,
                    t4.key key,
                    t10.version version,
                    t10.id is not null and t10.deleted_at is null is_there
                  from (select) o
                    left join product t10 on t10.company_id = $1::uuid and t10.id = t4.key
                  where t4.entity = 'Product'
                  union all
                  select
                    'PRODUCT_GROUP' entity,
                    'prg' prefix,
                    t4.key key,
                    t11.version version,
                    t11.id is not null and t11.deleted_at is null is_there
                  from (select) o
                    left join product_group t11 on t11.company_id = $1::uuid and t11.id = t4.key
                  where t4.entity = 'ProductGroup'
                  union all
                  select
                    'PRICE_TIER' entity,
                    'prt' prefix,
                    t4.key key,
                    t12.version version,
                    t12.id is not null and t12.deleted_at is null is_there
                  from (select) o
                    left join price_tier t12 on t12.company_id = $1::uuid and t12.id = t4.key
                  where t4.entity = 'PriceTier'
                  union all
                  select
                    'UNIT' entity,
                    'uni' prefix,
                    t4.key key,
                    t13.version version,
                    t13.id is not null and t13.deleted_at is null is_there
                  from (select) o
                    left join unit t13 on t13.company_id = $1::uuid and t13.id = t4.key
                  where t4.entity = 'Unit'
                  union all
                  select
                    'ACCESS_PRESET' entity,
                    'aps' prefix,
                    t4.key key,
                    t14.version version,
                    t14.id is not null and t14.deleted_at is null is_there
                  from (select) o
                    left join access_preset t14 on t14.company_id = $1::uuid and t14.id = t4.key
                  where t4.entity = 'AccessPreset'
                ) e
              order by e.entity, e.key, t4.xid desc, t4.id desc
            ) t15
          ), '')
          || ']}'
        else 'null' end j,
        case when not (a0.g0 and a0.g1 and a0.g2) and c0.id is not null then
          concat('0:', c0.id, ':', a0.g0, a0.g1, a0.g2)
        end h,
        least(
          m0.until,
          case when m0.lent_until > now() then m0.lent_until end,
          case when c0.trial_ends_at > now() then c0.trial_ends_at end
        ) term
      from membership m0
        join company c0 on c0.id = m0.company_id
        cross join lateral (
          select get_bit(b.e, 47) = 1 g0, get_bit(b.e, 43) = 1 g1, b.o g2
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
-- $2 = null
-- $3 = [UNIT, CUSTOMER]
-- $4 = [<hash of a token>]
