with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $6::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select s.d::varchar, s.h::varchar, s.id, null::text, s.account_id
from (
  select
    '{"data":{"viewer":' || case when v.account_id is not null then
      '{"companies":' || l0.j || '}}}'
    else 'null}}' end d,
    l0.h h,
    v.id,
    v.account_id
  from (select 1) one
    left join viewer v on true
    left join lateral (
      select
        '{"nodes":[' || coalesce(string_agg(r.j0, ','), '') || ']}' j,
        case when count(r.h) > 0 then string_agg(coalesce(r.h, ''), ',') end h
      from (
        select
          '{"products":' || (
            select '{"nodes":[' || coalesce(string_agg(r.j0, ','), '') || ']}'
            from (
              select
                '{"name":' || json_scalar(t1.name)::text
                || ',"isComposite":' || case when a0.g0 then
                  coalesce(
                    exists (
                      select
                      from product_component t2
                      where t2.company_id = m0.company_id and t2.product_id = t1.id
                    )::text,
                    'null'
                  )
                  || ',"components":[' || coalesce((
                    select
                      string_agg(
                        '{"quantity":"' || t3.quantity::text
                        || '","child":' || coalesce((
                          select
                            '{"name":' || json_scalar(t4.name)::text
                            || ',"emptyGoodsValue":' || case when a0.g1 then
                              coalesce('"' || t4.empty_goods_value::text || '"', 'null') || ',"unit":'
                            else 'null,"unit":' end
                            || case when a0.g2 then
                              coalesce((
                                select
                                  '{"code":' || json_scalar(t5.code)::text
                                  || ',"symbol":' || json_scalar(t5.symbol)::text
                                  || '}'
                                from unit t5
                                where t5.company_id = m0.company_id and t5.id = t4.unit_id
                              ), 'null')
                              || '}'
                            else 'null}' end
                          from product t4
                          where t4.company_id = m0.company_id and t4.id = t3.child_id
                        ), 'null')
                        || '}',
                        ',' order by t3.position, t3.id
                      )
                    from product_component t3
                    where t3.company_id = m0.company_id and t3.product_id = t1.id
                  ), '')
                  || '],"tierPrices":'
                else 'null,"components":null,"tierPrices":' end
                || case when a0.g3 then
                  '[' || coalesce((
                    select
                      string_agg(
                        '{"price":"' || t6.price::text
                        || '","tier":' || coalesce((
                          select '{"name":' || json_scalar(t7.name)::text || '}'
                          from price_tier t7
                          where t7.company_id = m0.company_id and t7.id = t6.tier_id
                        ), 'null')
                        || '}',
                        ',' order by t6.price desc, t6.id desc
                      )
                    from tier_price t6
                    where t6.company_id = m0.company_id and t6.product_id = t1.id
                  ), '')
                  || '],"translations":'
                else 'null,"translations":' end
                || case when a0.g4 then
                  '[' || coalesce((
                    select
                      string_agg(
                        '{"language":"' || t8.language::text
                        || '","name":' || json_scalar(t8.name)::text
                        || '}',
                        ',' order by reading_key(t8.language) collate "C", t8.id
                      )
                    from product_translation t8
                    where t8.company_id = m0.company_id and t8.product_id = t1.id
                  ), '')
                  || '],"photoThumbnailUrl":'
                else 'null,"photoThumbnailUrl":' end
                || case when a0.g5 then
                  coalesce(json_scalar(t1.photo_thumbnail_url)::text, 'null') || '}'
                else 'null}' end j0
              from product t1
              where
                t1.company_id = m0.company_id
                and t1.deleted_at is null
                and (
                  left(folded(t1.name), 600) collate "C" >= $2::text
                  and left(folded(t1.name), 600) collate "C" < $3::text
                  and folded(t1.name) collate "C" like $4::text
                )
              order by t1.name_key, t1.id
              limit $5::int4
            ) r
          )
          || '}' j0,
          case when not (a0.g0 and a0.g1 and a0.g2 and a0.g3 and a0.g4 and a0.g5) and m0.company_id is not null then
            concat('0:', m0.company_id, ':', a0.g0, a0.g1, a0.g2, a0.g3, a0.g4, a0.g5)
          end h
        from (
          select row_number() over () n, x.*
          from (
            select
              c0.plan c0_plan,
              c0.trial_ends_at c0_trial_ends_at,
              c0.mask c0_mask,
              c0.plan_mask c0_plan_mask,
              m0.company_id m0_company_id,
              m0.role m0_role,
              m0.mask m0_mask,
              m0.lent m0_lent,
              m0.lent_until m0_lent_until
            from membership m0
              join company c0 on c0.id = m0.company_id
            where
              m0.account_id = v.account_id
              and m0.company_id = c0.id
              and m0.accepted_at is not null
              and m0.removed_at is null
              and (m0.until is null or m0.until > now())
            order by m0.company_name_key, m0.company_id
            limit $1::int4
          ) x
        ) p
          cross join lateral (
            select p.c0_plan plan, p.c0_trial_ends_at trial_ends_at, p.c0_mask mask, p.c0_plan_mask plan_mask
          ) c0
          cross join lateral (
            select
              p.m0_company_id company_id,
              p.m0_role role,
              p.m0_mask mask,
              p.m0_lent lent,
              p.m0_lent_until lent_until
          ) m0
          cross join lateral (
            select
              get_bit(b.e, 36) = 1 g0,
              get_bit(b.e, 26) = 1 g1,
              get_bit(b.e, 47) = 1 g2,
              get_bit(b.e, 43) = 1 g3,
              get_bit(b.e, 18) = 1 g4,
              get_bit(b.e, 35) = 1 g5
            from (
              select
                (
                  (
                    case when c0.trial_ends_at is null or c0.trial_ends_at <= now() then
                      c0.plan_mask
                    else c0.mask end
                  ) & (
                    case when m0.lent_until is null
                    or m0.lent_until > now()
                    or m0.role is distinct from 'EMPLOYEE' then
                      m0.mask
                    else m0.mask & ~ m0.lent end
                  )
                ) e,
                coalesce(m0.role = 'OWNER', false) o
              offset 0
            ) b
            offset 0
          ) a0
        order by p.n
      ) r
    ) l0 on true
) s;
-- $1 = 50
-- $2 = triple des moines 24
-- $3 = triple des moines 24􏿿
-- $4 = triple des moines 24%
-- $5 = 1
-- $6 = <hash of a token>
