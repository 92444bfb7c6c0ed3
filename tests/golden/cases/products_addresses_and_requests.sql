with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $7::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select
  s.d::varchar,
  s.h::varchar,
  s.id,
  case when s.h is not null then (select w.language from account w where w.id = s.account_id) end,
  s.account_id
from (
  select
    '{"data":{"viewer":' || case when v.account_id is not null then
      '{"companies":' || l0.j || '}}}'
    else 'null}}' end d,
    l0.h h,
    v.id,
    v.account_id
  from (select 1, $6::int4) one
    left join viewer v on true
    left join lateral (
      select
        '{"nodes":[' || coalesce(string_agg(r.j0, ','), '') || ']}' j,
        case when count(r.h) > 0 then string_agg(coalesce(r.h, ''), ',') end h
      from (
        select
          '{"quotes":' || case when a0.g0 and a0.g1 then
            (
              select '{"nodes":[' || coalesce(string_agg(r.j0, ','), '') || ']}'
              from (
                select
                  '{"number":' || json_scalar(t1.number)::text
                  || ',"siteAddress":' || coalesce((
                    select
                      '{"name":' || json_scalar(t2.name)::text
                      || ',"city":' || coalesce(json_scalar(t2.city)::text, 'null')
                      || '}'
                    from contact_address t2
                    where
                      t2.company_id = m0.company_id
                      and case when t2.kind = 'DELIVERY' then a0.g2 else true end
                      and t2.id = t1.site_address_id
                      and t2.kind = 'SITE'
                  ), 'null')
                  || ',"deliveryAddress":' || case when a0.g2 then
                    coalesce((
                      select '{"name":' || json_scalar(t3.name)::text || '}'
                      from contact_address t3
                      where
                        t3.company_id = m0.company_id
                        and t3.id = t1.delivery_address_id
                        and t3.kind = 'DELIVERY'
                    ), 'null')
                    || ',"request":'
                  else 'null,"request":' end
                  || case when a0.g3 then
                    coalesce((
                      select '{"subject":' || json_scalar(t4.subject)::text || '}'
                      from quote_request t4
                      where t4.company_id = m0.company_id and t4.id = t1.quote_request_id
                    ), 'null')
                    || '}'
                  else 'null}' end j0
                from document t1
                where
                  t1.company_id = m0.company_id
                  and t1.kind = 'QUOTE'
                  and (t1.site_address_id is null) = $2::bool
                order by t1.date desc, t1.id desc
                limit $3::int4
              ) r
            )
            || ',"quoteRequests":'
          else 'null,"quoteRequests":' end
          || case when a0.g3 then
            (
              select '{"nodes":[' || coalesce(string_agg(r.j0, ','), '') || ']}'
              from (
                select
                  '{"subject":' || json_scalar(t5.subject)::text
                  || ',"status":"' || t5.status::text
                  || '","customer":' || coalesce((
                    select '{"name":' || json_scalar(t6.name)::text || '}'
                    from contact t6
                    where t6.company_id = m0.company_id and t6.is_customer and t6.id = t5.contact_id
                  ), 'null')
                  || ',"prospect":' || case when a0.g4 then
                    coalesce((
                      select
                        '{"name":' || json_scalar(t7.name)::text
                        || ',"prospectSince":' || coalesce(json_scalar(t7.prospect_since)::text, 'null')
                        || '}'
                      from contact t7
                      where
                        t7.company_id = m0.company_id
                        and not t7.is_customer
                        and not t7.is_supplier
                        and t7.id = t5.contact_id
                    ), 'null')
                    || ',"quotes":'
                  else 'null,"quotes":' end
                  || case when a0.g0 then
                    '[' || coalesce((
                      select
                        string_agg(
                          '{"number":' || json_scalar(t8.number)::text || '}',
                          ',' order by t8.date desc, t8.id desc
                        )
                      from document t8
                      where t8.company_id = m0.company_id and t8.kind = 'QUOTE' and t8.quote_request_id = t5.id
                    ), '')
                    || ']}'
                  else 'null}' end j0
                from quote_request t5
                where t5.company_id = m0.company_id
                order by t5.received_at desc, t5.id desc
                limit $4::int4
              ) r
            )
            || ',"prospects":'
          else 'null,"prospects":' end
          || case when a0.g4 then
            (
              select '{"nodes":[' || coalesce(string_agg(r.j0, ','), '') || ']}'
              from (
                select
                  '{"name":' || json_scalar(t9.name)::text
                  || ',"channel":' || coalesce(json_scalar(t9.channel)::text, 'null')
                  || ',"quoteRequests":' || case when a0.g3 then
                    (
                      select
                        '{"totalCount":' || (
                          select count(*)::text
                          from quote_request t10
                          where t10.company_id = m0.company_id and t10.contact_id = t9.id
                        )
                        || '}'
                    )
                    || '}'
                  else 'null}' end j0
                from contact t9
                where
                  t9.company_id = m0.company_id
                  and not t9.is_customer
                  and not t9.is_supplier
                  and t9.deleted_at is null
                order by t9.prospect_since desc, t9.id desc
                limit $5::int4
              ) r
            )
            || ',"quoteRequestMailbox":'
          else 'null,"quoteRequestMailbox":' end
          || case when a0.g3 then
            coalesce(
              json_scalar((
                select t11.quote_request_mailbox
                from company_settings t11
                where t11.company_id = m0.company_id
              ))::text,
              'null'
            )
            || '}'
          else 'null}' end j0,
          case when not (a0.g0 and a0.g1 and a0.g2 and a0.g3 and a0.g4) and m0.company_id is not null then
            concat('0:', m0.company_id, ':', a0.g0, a0.g1, a0.g2, a0.g3, a0.g4)
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
              get_bit(b.e, 2) = 1 g0,
              get_bit(b.e, 12) = 1 g1,
              get_bit(b.e, 11) = 1 g2,
              get_bit(b.e, 24) = 1 g3,
              get_bit(b.e, 38) = 1 g4
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
-- $2 = False
-- $3 = 1
-- $4 = 3
-- $5 = 1
-- $6 = 50
-- $7 = <hash of a token>
