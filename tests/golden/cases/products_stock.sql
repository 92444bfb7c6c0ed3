with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $8::bytea and k.expires_at > now() and k.kind = 'SESSION'
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
          '{"lowStock":' || case when a0.g0 then
            (
              select
                '{"totalCount":' || (
                  select count(*)::text
                  from product t1
                  where
                    t1.company_id = m0.company_id
                    and t1.deleted_at is null
                    and t1.track_stock_since is not null
                    and t1.stock_warning >= (
                      select coalesce(sum(t2.quantity), 0.000)
                      from stock_movement t2
                      where t2.company_id = m0.company_id and t2.product_id = t1.id and t2.kind = 'MOVED'
                    )
                )
                || ',"nodes":[' || coalesce(string_agg(r.j0, ','), '')
                || ']}'
              from (
                select
                  '{"number":' || json_scalar(t1.number)::text
                  || ',"actualStock":' || coalesce(
                    '"' || case when t1.track_stock_since is not null then (
                      select coalesce(sum(t3.quantity), 0.000)
                      from stock_movement t3
                      where t3.company_id = m0.company_id and t3.product_id = t1.id and t3.kind = 'MOVED'
                    )
                    end::text || '"',
                    'null'
                  )
                  || ',"virtualStock":' || coalesce(
                    '"' || case when t1.track_stock_since is not null then (
                      select coalesce(sum(t4.quantity), 0.000)
                      from stock_movement t4
                      where t4.company_id = m0.company_id and t4.product_id = t1.id
                    )
                    end::text || '"',
                    'null'
                  )
                  || ',"stockWarning":' || coalesce('"' || t1.stock_warning::text || '"', 'null')
                  || ',"stockMovements":' || (
                    select '{"nodes":[' || coalesce(string_agg(r.j0, ','), '') || ']}'
                    from (
                      select
                        '{"quantity":"' || t5.quantity::text
                        || '","document":' || coalesce((
                          select '{"number":' || json_scalar(t6.number)::text || '}'
                          from document t6
                          where
                            t6.company_id = m0.company_id
                            and t6.kind = any(
                              array_remove(
                                array[
                                  case when a0.g1 then 'QUOTE' end,
                                  case when a0.g2 then 'CREDIT_NOTE' end,
                                  case when a0.g3 then 'INVOICE' end,
                                  case when a0.g4 then 'CASH_TICKET' end,
                                  case when a0.g5 then 'ORDER_CONFIRMATION' end,
                                  case when a0.g6 then 'DELIVERY_NOTE' end,
                                  case when a0.g7 then 'PAYMENT_REQUEST' end,
                                  case when a0.g8 then 'PURCHASE' end,
                                  case when a0.g9 then 'PURCHASE_ORDER' end,
                                  case when a0.g10 then 'PURCHASE_SLIP' end
                                ],
                                null
                              )
                            )
                            and t6.id = t5.document_id
                        ), 'null')
                        || '}' j0
                      from stock_movement t5
                      where t5.company_id = m0.company_id and t5.kind = 'MOVED' and t5.product_id = t1.id
                      order by t5.at desc, t5.id desc
                      limit $5::int4
                    ) r
                  )
                  || '}' j0
                from product t1
                where
                  t1.company_id = m0.company_id
                  and t1.deleted_at is null
                  and t1.track_stock_since is not null
                  and t1.stock_warning >= (
                    select coalesce(sum(t2.quantity), 0.000)
                    from stock_movement t2
                    where t2.company_id = m0.company_id and t2.product_id = t1.id and t2.kind = 'MOVED'
                  )
                order by t1.name_key desc, t1.id desc
                limit $4::int4
              ) r
            )
            || ',"productByEan":'
          else 'null,"productByEan":' end
          || case when a0.g11 then
            coalesce((
              select '{"name":' || json_scalar(t7.name)::text || '}'
              from product t7
              where
                t7.company_id = m0.company_id
                and t7.id = (
                  select t8.id
                  from product t8
                  where
                    t8.company_id = m0.company_id
                    and t8.deleted_at is null
                    and t8.ean is not null
                    and (
                      left(bare_number(t8.ean), 600) collate "C" = $6::text
                      and bare_number(t8.ean) collate "C" = $7::text
                    )
                  order by t8.sequence_number
                  limit 1
                )
            ), 'null')
            || '}'
          else 'null}' end j0,
          case when not (
            a0.g0
            and a0.g1
            and a0.g2
            and a0.g3
            and a0.g4
            and a0.g5
            and a0.g6
            and a0.g7
            and a0.g8
            and a0.g9
            and a0.g10
            and a0.g11
          )
          and m0.company_id is not null then
            concat(
              '0:',
              m0.company_id,
              ':',
              a0.g0,
              a0.g1,
              a0.g2,
              a0.g3,
              a0.g4,
              a0.g5,
              a0.g6,
              a0.g7,
              a0.g8,
              a0.g9,
              a0.g10,
              a0.g11
            )
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
              and (
                folded(m0.company_name) collate "C" like $1::text
                or (c0.vat_number is not null and bare_number(c0.vat_number) collate "C" like $2::text)
              )
            order by m0.company_name_key, m0.company_id
            limit $3::int4
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
              get_bit(b.e, 28) = 1 g0,
              get_bit(b.e, 2) = 1 g1,
              get_bit(b.e, 4) = 1 g2,
              get_bit(b.e, 3) = 1 g3,
              get_bit(b.e, 45) = 1 g4,
              get_bit(b.e, 21) = 1 g5,
              get_bit(b.e, 15) = 1 g6,
              get_bit(b.e, 25) = 1 g7,
              get_bit(b.e, 10) = 1 g8,
              get_bit(b.e, 33) = 1 g9,
              get_bit(b.e, 16) = 1 g10,
              get_bit(b.e, 30) = 1 g11
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
-- $1 = %delvaux%
-- $2 = %delvaux%
-- $3 = 50
-- $4 = 2
-- $5 = 2
-- $6 = 5420000000000
-- $7 = 5420000000000
-- $8 = <hash of a token>
