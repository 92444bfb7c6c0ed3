with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $10::bytea and k.expires_at > now() and k.kind = 'SESSION'
),
p0 as materialized (
  select t7.id, t7.position, '{"app":"' || t7.id::text || '"}' k0 from app t7 order by t7.rank, t7.id
),
p1 as materialized (
  select t9.id, t9.position, t9.always_visible, '{"app":"' || t9.id::text || '","granted":' k0
  from app t9
  order by t9.rank, t9.id
)
select s.d::varchar, s.h::varchar, s.id, null::text, s.account_id
from (
  select '{"data":{"company":' || coalesce(l0.j, 'null') || '}}' d, l0.h h, v.id, v.account_id
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
              || '","version":' || (t1.access_version + coalesce(t1.trial_ends_at <= now(), false)::int)::text
              || ',"apps":[' || coalesce((
                select string_agg(t7.k0, ',')
                from p0 t7
                where
                  get_bit(
                    (
                      case when t1.trial_ends_at is null or t1.trial_ends_at <= now() then
                        t1.plan_mask
                      else t1.mask end
                    ),
                    t7.position
                  ) = 1
                  and t7.id = any($5::text[])
              ), '')
              || '],"rows":[' || coalesce((
                select
                  string_agg(
                    '{"id":"prw_' || encode(uuid_send(t8.id), 'hex')
                    || '_' || (extract(epoch from t1.moment) * 1000000)::int8::text
                    || '_' || $8::text
                    || '","user":' || case when not t8.external then
                      '{"firstName":' || json_scalar(t8.first_name)::text
                      || ',"role":' || coalesce('"' || t8.role::text || '"', 'null')
                      || '},"externalUser":'
                    else 'null,"externalUser":' end
                    || case when t8.external then
                      '{"until":' || coalesce(json_scalar(t8.until)::text, 'null') || '},"cells":['
                    else 'null,"cells":[' end
                    || coalesce((
                      select
                        string_agg(
                          t9.k0
                          || case when (get_bit(t8.toggles, t9.position) = 1) then
                            case when (
                              (
                                get_bit(
                                  (
                                    case when t8.lent_until is null
                                    or t8.lent_until > now()
                                    or t8.role is distinct from 'EMPLOYEE' then
                                      t8.mask
                                    else t8.mask & ~ t8.lent end
                                  ),
                                  t9.position
                                ) = 1
                              )
                              and t8.accepted_at is not null
                              and (t8.until is null or t8.until > t1.moment)
                            ) then
                              case when (not t9.always_visible and coalesce(t8.role, '') = 'EMPLOYEE') then
                                'true,"effective":true,"editable":true,"reason":"'
                              else
                                'true,"effective":true,"editable":false,"reason":"'
                              end
                            else
                              case when (not t9.always_visible and coalesce(t8.role, '') = 'EMPLOYEE') then
                                'true,"effective":false,"editable":true,"reason":"'
                              else
                                'true,"effective":false,"editable":false,"reason":"'
                              end
                            end
                          else
                            case when (
                              (
                                get_bit(
                                  (
                                    case when t8.lent_until is null
                                    or t8.lent_until > now()
                                    or t8.role is distinct from 'EMPLOYEE' then
                                      t8.mask
                                    else t8.mask & ~ t8.lent end
                                  ),
                                  t9.position
                                ) = 1
                              )
                              and t8.accepted_at is not null
                              and (t8.until is null or t8.until > t1.moment)
                            ) then
                              case when (not t9.always_visible and coalesce(t8.role, '') = 'EMPLOYEE') then
                                'false,"effective":true,"editable":true,"reason":"'
                              else
                                'false,"effective":true,"editable":false,"reason":"'
                              end
                            else
                              case when (not t9.always_visible and coalesce(t8.role, '') = 'EMPLOYEE') then
                                'false,"effective":false,"editable":true,"reason":"'
                              else
                                'false,"effective":false,"editable":false,"reason":"'
                              end
                            end
                          end
                          || case when t9.always_visible then
                            'ALWAYS_VISIBLE'
                          when t8.external then
                            'EXTERNAL'
                          when t8.role = 'OWNER' then
                            'OWNER'
                          else 'TOGGLE' end::text
                          || '"}',
                          ','
                        )
                      from p1 t9
                      where
                        get_bit(
                          (
                            case when t1.trial_ends_at is null or t1.trial_ends_at <= now() then
                              t1.plan_mask
                            else t1.mask end
                          ),
                          t9.position
                        ) = 1
                        and t9.id = any($9::text[])
                    ), '')
                    || ']}',
                    ',' order by t8.external, t8.created_at, t8.id
                  )
                from (
                  select
                    t10.company_id company_id,
                    t10.id id,
                    t10.company_name company_name,
                    t10.company_name_key company_name_key,
                    t10.account_id account_id,
                    h.role role,
                    t10.external external,
                    t10.first_name first_name,
                    t10.last_name last_name,
                    t10.last_name_key last_name_key,
                    t10.language language,
                    h.toggles toggles,
                    case when t10.external or h.role = 'OWNER' then
                      B'1111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111'
                    else h.toggles & ~ h.lapsed end mask,
                    t10.lent lent,
                    null::timestamptz lent_until,
                    t10.created_by_accountant created_by_accountant,
                    t10.stands_in stands_in,
                    t10.created_at created_at,
                    case when t10.accepted_at <= t1.moment then t10.accepted_at end accepted_at,
                    h.until until,
                    null::timestamptz removed_at,
                    t10.agenda_color agenda_color,
                    t10.hourly_cost hourly_cost,
                    t10.hourly_rate hourly_rate
                  from membership t10
                    cross join lateral (
                      select
                        coalesce((
                          select t11.role_before
                          from access_change t11
                          where
                            t11.company_id = $1::uuid
                            and t11.membership_id = t10.id
                            and t11.kind = 'ROLE'
                            and t11.at > t1.moment
                          order by t11.at
                          limit 1
                        ), t10.role) role,
                        coalesce((
                          select bit_or(set_bit(repeat('0', 256)::bit(256), t13.position, 1))
                          from app_grant t12
                            join app t13 on t13.id = t12.app_id
                          where
                            t12.company_id = $1::uuid
                            and t12.membership_id = t10.id
                            and t12.valid @> t1.moment
                            and true
                        ), repeat('0', 256)::bit(256)) toggles,
                        coalesce((
                          select
                            case when bool_or(t14.until <= t1.moment) then
                              bit_or(set_bit(repeat('0', 256)::bit(256), t15.position, 1))
                            end
                          from app_grant t14
                            join app t15 on t15.id = t14.app_id
                          where
                            t14.company_id = $1::uuid
                            and t14.membership_id = t10.id
                            and t14.valid @> t1.moment
                            and t14.until is not null
                        ), repeat('0', 256)::bit(256)) lapsed,
                        case when t10.external then (
                          select u.until
                          from (
                            select t16.until until, t16.at at
                            from access_change t16
                            where
                              t16.company_id = $1::uuid
                              and (
                                t16.membership_id = t10.id
                                and t16.kind in ('EXTERNAL_ADDED', 'EXTERNAL_CHANGED')
                                or t16.kind = 'SUPPORT_ON'
                                and exists (
                                  select
                                  from account t17
                                  where t17.id = t10.account_id and t17.kind = 'SUPPORT'
                                )
                              )
                              and t16.at <= t1.moment
                            union all
                            select t10.until, '-infinity'
                          ) u
                          order by u.at desc
                          limit 1
                        ) else t10.until end until
                      offset 0
                    ) h
                  where
                    t10.company_id = $1::uuid
                    and t10.created_at <= t1.moment
                    and (t10.removed_at is null or t10.removed_at > t1.moment)
                  offset 0
                ) t8
                where
                  t8.company_id = $1::uuid
                  and t8.removed_at is null
                  and t8.id = any(case when t8.external then $7::uuid[] else $6::uuid[] end)
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
                null::timestamptz trial_ends_at,
                h.mask mask,
                case when h.trial_ends_at > w.moment then
                  h.mask
                else within_plan(h.mask, h.plan) end plan_mask,
                (
                  c0.access_version + coalesce(c0.trial_ends_at <= w.moment, false)::int - (
                    select
                      count(distinct t2.at) + count(*) filter (
                        where t2.kind = 'TRIAL' and t2.until_before > w.moment and t2.until_before <= t2.at
                      )
                    from access_change t2
                    where
                      t2.company_id = $1::uuid
                      and t2.at > w.moment
                      and t2.kind not in (
                        'KEY_CREATED', 'KEY_REVOKED', 'VIEWED_AS', 'ACCESS_REQUESTED', 'ACCESS_DECLINED'
                      )
                  )::int
                ) access_version,
                c0.created_at created_at,
                c0.support_until support_until,
                c0.closes_at closes_at,
                w.moment
              from (select least($2::timestamptz, statement_timestamp()) moment) w
                cross join lateral (
                  select
                    coalesce((
                      select bit_or(set_bit(repeat('0', 256)::bit(256), t4.position, 1))
                      from company_app t3
                        join app t4 on t4.id = t3.app_id
                      where t3.company_id = $1::uuid and t3.valid @> w.moment
                    ), repeat('0', 256)::bit(256)) mask,
                    (
                      select u.before
                      from (
                        select t5.plan_before before, t5.at at
                        from access_change t5
                        where t5.company_id = $1::uuid and t5.kind = 'PLAN' and t5.at > w.moment
                        union all
                        select c0.plan, 'infinity'
                      ) u
                      order by u.at
                      limit 1
                    ) plan,
                    (
                      select u.before
                      from (
                        select t6.until_before before, t6.at at
                        from access_change t6
                        where t6.company_id = $1::uuid and t6.kind = 'TRIAL' and t6.at > w.moment
                        union all
                        select c0.trial_ends_at, 'infinity'
                      ) u
                      order by u.at
                      limit 1
                    ) trial_ends_at
                  offset 0
                ) h
              offset 0
            ) t1
          )
          || '}'
        else 'null}' end j,
        case when not (a0.g0) and c0.id is not null then concat('0:', c0.id, ':', a0.g0) end h
      from membership m0
        join company c0 on c0.id = m0.company_id
        cross join lateral (
          select b.o g0
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
-- $2 = <moment>
-- $3 = a7bbc5db418d7d0e
-- $4 = 2aba144ae5cf92f9
-- $5 = [INVOICES, DISCOUNTS, CUSTOMERS]
-- $6 = [51104fc7bba542e7a8f3b81128a50d29, null]
-- $7 = [null, 87c97cef90334cee8cb1bfab428e2f06]
-- $8 = a7bbc5db418d7d0e
-- $9 = [INVOICES, DISCOUNTS, CUSTOMERS]
-- $10 = <hash of a token>
