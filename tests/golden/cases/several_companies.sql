with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $5::bytea and k.expires_at > now() and k.kind = 'SESSION'
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
        '{"nodes":[' || coalesce(string_agg(r.j0, ',' order by r.rn) filter (where r.rn <= $2::int4), '')
        || '],"pageInfo":{"hasNextPage":' || (count(*) > $2::int4)::text
        || ',"endCursor":' || case when count(*) filter (where r.rn <= $2::int4) > 0 then
          '"' || translate(
            encode(
              convert_to(
                json_build_array(
                  '5d6b6d',
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
        || '}}' j,
        case when count(r.h) filter (where r.rn <= $2::int4) > 0 then
          string_agg(coalesce(r.h, ''), ',' order by r.rn) filter (where r.rn <= $2::int4)
        end h
      from (
        select row_number() over () rn, x.*
        from (
          select
            '{"name":' || json_scalar(m0.company_name)::text
            || ',"access":{"role":' || coalesce('"' || m0.role::text || '"', 'null')
            || case when m0.external then
              ',"external":true},"productGroups":'
            else ',"external":false},"productGroups":' end
            || (
              select '{"nodes":[' || coalesce(string_agg(r.j0, ','), '') || ']}'
              from (
                select
                  '{"name":' || json_scalar(t1.name)::text
                  || ',"glAccount":' || case when a0.g0 then
                    coalesce(json_scalar(t1.gl_account)::text, 'null') || '}'
                  else 'null}' end j0
                from product_group t1
                where t1.company_id = m0.company_id and t1.deleted_at is null
                order by t1.name_key, t1.id
                limit $3::int4
              ) r
            )
            || ',"documents":' || (
              select
                '{"totalCount":' || (
                  select count(*)::text
                  from document t2
                  where
                    t2.company_id = m0.company_id
                    and t2.kind = any(
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
                )
                || ',"nodes":[' || coalesce(string_agg(r.j0, ','), '')
                || ']}'
              from (
                select '{"number":' || json_scalar(t2.number)::text || '}' j0
                from unnest(
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
                ) kk(k),
                lateral (
                  select *
                  from document t2
                  where t2.company_id = m0.company_id and t2.kind = kk.k
                  order by t2.date desc, t2.id desc
                  limit $4::int4
                ) t2
                order by t2.date desc, t2.id desc
                limit $4::int4
              ) r
            )
            || '}' j0,
            m0.company_name_key k0,
            m0.company_id k1,
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
                a0.g10
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
                m0.company_name m0_company_name,
                m0.company_name_key m0_company_name_key,
                m0.role m0_role,
                m0.external m0_external,
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
                and m0.external = ($1::text = 'EXTERNAL')
              order by m0.company_name_key, m0.company_id
              limit $2::int4 + 1
            ) x
          ) p
            cross join lateral (
              select p.c0_plan plan, p.c0_trial_ends_at trial_ends_at, p.c0_mask mask, p.c0_plan_mask plan_mask
            ) c0
            cross join lateral (
              select
                p.m0_company_id company_id,
                p.m0_company_name company_name,
                p.m0_company_name_key company_name_key,
                p.m0_role role,
                p.m0_external external,
                p.m0_mask mask,
                p.m0_lent lent,
                p.m0_lent_until lent_until
            ) m0
            cross join lateral (
              select
                get_bit(b.e, 20) = 1 g0,
                get_bit(b.e, 2) = 1 g1,
                get_bit(b.e, 4) = 1 g2,
                get_bit(b.e, 3) = 1 g3,
                get_bit(b.e, 45) = 1 g4,
                get_bit(b.e, 21) = 1 g5,
                get_bit(b.e, 15) = 1 g6,
                get_bit(b.e, 25) = 1 g7,
                get_bit(b.e, 10) = 1 g8,
                get_bit(b.e, 33) = 1 g9,
                get_bit(b.e, 16) = 1 g10
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
        ) x
      ) r
    ) l0 on true
) s;
-- $1 = MEMBER
-- $2 = 4
-- $3 = 1
-- $4 = 1
-- $5 = <hash of a token>
