with viewer as (
  select k.id, k.account_id, u.language language
  from credential k
    join account u on u.id = k.account_id
  where k.token_hash = $8::bytea and k.expires_at > now() and k.kind = 'SESSION'
),
p0 as materialized (
  select t1.id, t1.position, '{"app":"' || t1.id::text || '","label":' k0 from app t1 order by t1.rank, t1.id
),
p1 as materialized (
  select t6.id, t6.position, t6.always_visible, '{"app":"' || t6.id::text || '","granted":' k0
  from app t6
  order by t6.rank, t6.id
)
select s.d::varchar, s.h::varchar, s.id, null::text, s.account_id
from (
  select '{"data":{"company":' || coalesce(l0.j, 'null') || '}}' d, l0.h h, v.id, v.account_id, v.language
  from (select 1) one
    left join viewer v on true
    left join lateral (
      select
        '{"permissionMatrix":' || case when a0.g0 then
          '{"version":' || (c0.access_version + coalesce(c0.trial_ends_at <= now(), false)::int)::text
          || ',"apps":[' || coalesce((
            select
              string_agg(
                t1.k0
                || json_scalar((
                  select t2.label
                  from app_text t2
                  where t2.app_id = t1.id and t2.language = coalesce($4::text, coalesce(v.language, $3::text))
                ))::text
                || '}',
                ','
              )
            from p0 t1
            where
              get_bit(
                (
                  case when c0.trial_ends_at is null or c0.trial_ends_at <= now() then
                    c0.plan_mask
                  else c0.mask end
                ),
                t1.position
              ) = 1
              and t1.id = any($2::text[])
          ), '')
          || '],"rows":[' || coalesce((
            select
              string_agg(
                '{"user":' || case when not t3.external then
                  '{"firstName":' || json_scalar(t3.first_name)::text
                  || ',"email":' || coalesce(
                    json_scalar((select t4.email from account t4 where t4.id = t3.account_id))::text, 'null'
                  )
                  || '},"externalUser":'
                else 'null,"externalUser":' end
                || case when t3.external then
                  '{"officeName":' || coalesce(
                    json_scalar((
                      select t5.office_name from account t5 where t5.id = t3.account_id
                    ))::text,
                    'null'
                  )
                  || '},"cells":['
                else 'null,"cells":[' end
                || coalesce((
                  select
                    string_agg(
                      t6.k0
                      || case when (get_bit(t3.toggles, t6.position) = 1) then
                        case when (
                          (
                            get_bit(
                              (
                                case when t3.lent_until is null
                                or t3.lent_until > now()
                                or t3.role is distinct from 'EMPLOYEE' then
                                  t3.mask
                                else t3.mask & ~ t3.lent end
                              ),
                              t6.position
                            ) = 1
                          )
                          and t3.accepted_at is not null
                          and (t3.until is null or t3.until > now())
                        ) then
                          case when (not t6.always_visible and coalesce(t3.role, '') = 'EMPLOYEE') then
                            'true,"effective":true,"editable":true,"reason":"'
                          else
                            'true,"effective":true,"editable":false,"reason":"'
                          end
                        else
                          case when (not t6.always_visible and coalesce(t3.role, '') = 'EMPLOYEE') then
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
                                case when t3.lent_until is null
                                or t3.lent_until > now()
                                or t3.role is distinct from 'EMPLOYEE' then
                                  t3.mask
                                else t3.mask & ~ t3.lent end
                              ),
                              t6.position
                            ) = 1
                          )
                          and t3.accepted_at is not null
                          and (t3.until is null or t3.until > now())
                        ) then
                          case when (not t6.always_visible and coalesce(t3.role, '') = 'EMPLOYEE') then
                            'false,"effective":true,"editable":true,"reason":"'
                          else
                            'false,"effective":true,"editable":false,"reason":"'
                          end
                        else
                          case when (not t6.always_visible and coalesce(t3.role, '') = 'EMPLOYEE') then
                            'false,"effective":false,"editable":true,"reason":"'
                          else
                            'false,"effective":false,"editable":false,"reason":"'
                          end
                        end
                      end
                      || case when t6.always_visible then
                        'ALWAYS_VISIBLE'
                      when t3.external then
                        'EXTERNAL'
                      when t3.role = 'OWNER' then
                        'OWNER'
                      else 'TOGGLE' end::text
                      || '"}',
                      ','
                    )
                  from p1 t6
                  where
                    get_bit(
                      (
                        case when c0.trial_ends_at is null or c0.trial_ends_at <= now() then
                          c0.plan_mask
                        else c0.mask end
                      ),
                      t6.position
                    ) = 1
                    and t6.id = any($7::text[])
                ), '')
                || ']}',
                ',' order by t3.external, t3.created_at, t3.id
              )
            from membership t3
            where
              t3.company_id = $1::uuid
              and t3.removed_at is null
              and t3.id = any(case when t3.external then $6::uuid[] else $5::uuid[] end)
          ), '')
          || ']}}'
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
-- $2 = [INVOICES, DISCOUNTS, CUSTOMERS]
-- $3 = FR
-- $4 = EN
-- $5 = [51104fc7bba542e7a8f3b81128a50d29, 039286ca7c344ed1bef8edf2a18b38ae, null]
-- $6 = [null, null, 87c97cef90334cee8cb1bfab428e2f06]
-- $7 = [INVOICES, DISCOUNTS, CUSTOMERS]
-- $8 = <hash of a token>
