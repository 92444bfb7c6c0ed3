with viewer as materialized (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $10::bytea and k.expires_at > now() and k.kind = 'SESSION'
),
p0 as materialized (
  select t5.id, t5.position, '{"app":"' || t5.id::text || '"}' k0 from app t5 order by t5.rank, t5.id
),
p1 as materialized (
  select t7.id, t7.position, t7.always_visible, '{"app":"' || t7.id::text || '","granted":' k0
  from app t7
  order by t7.rank, t7.id
)
select
  s.d::varchar,
  s.h::varchar,
  s.id,
  case when s.h is not null then (select w.language from account w where w.id = s.account_id) end,
  s.account_id
from (
  select
    '{"data":{"company":' || coalesce(l0.j, 'null') || '}}' d,
    nullif(coalesce(l0.h, ''), '') h,
    v.id,
    v.account_id
  from (select 1) one
    left join viewer v on true
    left join lateral (
      select
        '{"permissionMatrix":' || case when a0.g0 then
          (
            select
              '{"id":"pmx_' || encode(uuid_send(t1.id), 'hex')
              || '_' || (extract(epoch from t1.moment) * 1000000)::int8::text
              || '_' || $3::text
              || '_' || $4::text
              || '","version":' || t1.access_version::text
              || ',"apps":[' || coalesce((
                select string_agg(t5.k0, ',')
                from p0 t5
                where get_bit(t1.mask, t5.position) = 1 and t5.id = any($5::text[])
              ), '')
              || '],"rows":[' || coalesce((
                select
                  string_agg(
                    '{"id":"prw_' || encode(uuid_send(t6.id), 'hex')
                    || '_' || (extract(epoch from t1.moment) * 1000000)::int8::text
                    || '_' || $8::text
                    || '","user":' || case when not t6.external then
                      '{"firstName":' || json_scalar(t6.first_name)::text
                      || ',"role":' || coalesce('"' || t6.role::text || '"', 'null')
                      || '},"externalUser":'
                    else 'null,"externalUser":' end
                    || case when t6.external then
                      '{"until":' || coalesce(json_scalar(t6.until)::text, 'null') || '},"cells":['
                    else 'null,"cells":[' end
                    || coalesce((
                      select
                        string_agg(
                          t7.k0
                          || case when (get_bit(t6.toggles, t7.position) = 1) then
                            'true,"effective":'
                          else 'false,"effective":' end
                          || case when (
                            (get_bit(t6.mask, t7.position) = 1)
                            and t6.accepted_at is not null
                            and (t6.until is null or t6.until > t1.moment)
                          ) then
                            'true,"editable":'
                          else 'false,"editable":' end
                          || case when (not t7.always_visible and coalesce(t6.role, '') = 'EMPLOYEE') then
                            'true,"reason":"'
                          else 'false,"reason":"' end
                          || case when t7.always_visible then
                            'ALWAYS_VISIBLE'
                          when t6.external then
                            'EXTERNAL'
                          when t6.role = 'OWNER' then
                            'OWNER'
                          else 'TOGGLE' end::text
                          || '"}',
                          ','
                        )
                      from p1 t7
                      where get_bit(t1.mask, t7.position) = 1 and t7.id = any($9::text[])
                    ), '')
                    || ']}',
                    ',' order by t6.external, t6.created_at, t6.id
                  )
                from (
                  select
                    t8.company_id company_id,
                    t8.id id,
                    t8.company_name company_name,
                    t8.account_id account_id,
                    h.role role,
                    t8.external external,
                    t8.first_name first_name,
                    t8.last_name last_name,
                    t8.language language,
                    h.toggles toggles,
                    case when t8.external or h.role = 'OWNER' then
                      ~ repeat('0', 256)::bit(256)
                    else h.toggles end mask,
                    t8.created_by_accountant created_by_accountant,
                    t8.stands_in stands_in,
                    t8.created_at created_at,
                    case when t8.accepted_at <= t1.moment then t8.accepted_at end accepted_at,
                    h.until until,
                    null::timestamptz removed_at,
                    t8.agenda_color agenda_color,
                    t8.hourly_cost hourly_cost,
                    t8.hourly_rate hourly_rate
                  from membership t8
                    cross join lateral (
                      select
                        coalesce((
                          select t9.role_before
                          from access_change t9
                          where
                            t9.company_id = c0.id
                            and t9.membership_id = t8.id
                            and t9.kind = 'ROLE'
                            and t9.at > t1.moment
                          order by t9.at
                          limit 1
                        ), t8.role) role,
                        coalesce((
                          select bit_or(set_bit(repeat('0', 256)::bit(256), t11.position, 1))
                          from app_grant t10
                            join app t11 on t11.id = t10.app_id
                          where t10.company_id = c0.id and t10.membership_id = t8.id and t10.valid @> t1.moment
                        ), repeat('0', 256)::bit(256)) toggles,
                        case when t8.external then (
                          select u.until
                          from (
                            select t12.until until, t12.at at
                            from access_change t12
                            where
                              t12.company_id = c0.id
                              and (
                                t12.membership_id = t8.id
                                and t12.kind in ('EXTERNAL_ADDED', 'EXTERNAL_CHANGED')
                                or t12.kind = 'SUPPORT_ON'
                                and exists (
                                  select
                                  from account t13
                                  where t13.id = t8.account_id and t13.kind = 'SUPPORT'
                                )
                              )
                              and t12.at <= t1.moment
                            union all
                            select t8.until, '-infinity'
                          ) u
                          order by u.at desc
                          limit 1
                        ) else t8.until end until
                      offset 0
                    ) h
                  where
                    t8.company_id = c0.id
                    and t8.created_at <= t1.moment
                    and (t8.removed_at is null or t8.removed_at > t1.moment)
                  offset 0
                ) t6
                where
                  t6.company_id = c0.id
                  and t6.removed_at is null
                  and t6.id = any(case when t6.external then $7::uuid[] else $6::uuid[] end)
              ), '')
              || ']}'
            from (
              select
                c0.id id,
                c0.name name,
                c0.vat_number vat_number,
                c0.enterprise_number enterprise_number,
                c0.legal_form legal_form,
                c0.street street,
                c0.street_number street_number,
                c0.postcode postcode,
                c0.city city,
                c0.country country,
                c0.phone phone,
                c0.email email,
                c0.website website,
                c0.iban iban,
                c0.further_ibans further_ibans,
                c0.language language,
                c0.currency currency,
                c0.plan plan,
                coalesce((
                  select bit_or(set_bit(repeat('0', 256)::bit(256), t3.position, 1))
                  from company_app t2
                    join app t3 on t3.id = t2.app_id
                  where t2.company_id = c0.id and t2.valid @> w.moment
                ), repeat('0', 256)::bit(256)) mask,
                (
                  c0.access_version - (
                    select count(distinct t4.at)
                    from access_change t4
                    where
                      t4.company_id = c0.id
                      and t4.at > w.moment
                      and t4.kind not in ('KEY_CREATED', 'KEY_REVOKED', 'VIEWED_AS')
                  )::int
                ) access_version,
                c0.created_at created_at,
                c0.support_until support_until,
                c0.closes_at closes_at,
                w.moment
              from (select least($2::timestamptz, statement_timestamp()) moment) w
              offset 0
            ) t1
          )
          || '}'
        else 'null}' end j,
        case when not (a0.g0) then
          '0:' || encode(uuid_send(c0.id), 'hex') || ':' || array_to_string(array[a0.g0], '')
        end h
      from membership m0
        join company c0 on c0.id = m0.company_id
        cross join lateral (
          select b.o g0
          from (
            select (c0.mask & m0.mask) e, coalesce(m0.role = 'OWNER', false) o offset 0
          ) b
          offset 0
        ) a0
      where
        m0.account_id = v.account_id
        and m0.company_id = $1::uuid
        and m0.accepted_at is not null
        and m0.removed_at is null
        and (m0.until is null or m0.until > now())
    ) l0 on true
) s;
-- $1 = 514c94de889b4144be3fe722f52193db
-- $2 = <moment>
-- $3 = a7bbc5db418d7d0e
-- $4 = 2aba144ae5cf92f9
-- $5 = [INVOICES, DISCOUNTS, CUSTOMERS]
-- $6 = [51104fc7bba542e7a8f3b81128a50d29, null]
-- $7 = [null, 87c97cef90334cee8cb1bfab428e2f06]
-- $8 = a7bbc5db418d7d0e
-- $9 = [INVOICES, DISCOUNTS, CUSTOMERS]
-- $10 = <hash of a token>
