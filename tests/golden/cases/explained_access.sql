with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $8::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select s.d::varchar, s.h::varchar, s.id, null::text, s.account_id
from (
  select '{"data":{"company":' || coalesce(l0.j, 'null') || '}}' d, l0.h h, v.id, v.account_id
  from (select 1) one
    left join viewer v on true
    left join lateral (
      select
        '{"explainAccess":' || case when a0.g0 then
          case when exists (
            select
            from membership t4
            where
              t4.company_id = $1::uuid
              and t4.id = case when t4.external then $7::uuid else $6::uuid end
              and t4.removed_at is null
          ) then
            '[' || coalesce((
              select
                string_agg(
                  '{"path":' || array_to_json(t3.path)::text
                  || case when t3.visible then
                    ',"visible":true,"reason":'
                  else ',"visible":false,"reason":' end
                  || coalesce('"' || t3.reason::text || '"', 'null')
                  || ',"app":' || coalesce('"' || t3.app::text || '"', 'null')
                  || ',"role":' || coalesce('"' || t3.role::text || '"', 'null')
                  || '}',
                  ',' order by t3.n
                )
              from (
                select
                  e.n,
                  array(select json_array_elements_text(e.selection -> 0)) path,
                  j.visible,
                  j.reason,
                  j.app,
                  case when j.of_role then 'OWNER' end role
                from json_array_elements($2::text::json)
                with ordinality e(selection, n)
                  join (
                    select
                      f.n,
                      f.gate is null visible,
                      case when left(f.gate, 1) = 'a' then
                        case when get_bit(
                          (
                            c0.mask & ~ (
                              case when c0.trial_ends_at is null or c0.trial_ends_at <= now() then
                                c0.plan_mask
                              else c0.mask end
                            )
                          ),
                          substr(f.gate, 2)::int
                        ) = 1 then
                          'PLAN'
                        when get_bit(
                          (
                            case when c0.trial_ends_at is null or c0.trial_ends_at <= now() then
                              c0.plan_mask
                            else c0.mask end
                          ),
                          substr(f.gate, 2)::int
                        ) = 0 then
                          'NOT_ACTIVATED'
                        else 'NOT_GRANTED' end
                      when f.gate = 'o' then
                        'ROLE'
                      when f.gate = 'i' then
                        'NOT_GRANTED'
                      when left(f.gate, 1) = 'c' then
                        'OTHER_COMPANY'
                      end reason,
                      (
                        select t2.id
                        from app t2
                        where left(f.gate, 1) = 'a' and t2.position = substr(f.gate, 2)::int
                      ) app,
                      f.gate = 'o' of_role
                    from (
                      select
                        k.n,
                        (
                          select
                            case when bool_and(x.gate is not null) then
                              (array_agg(x.gate order by x.far desc, o.n))[1]
                            end
                          from json_array_elements(k.ways)
                          with ordinality o(gates, n)
                            left join lateral (
                              select w.gate, w.n far
                              from json_array_elements_text(o.gates)
                              with ordinality w(gate, n)
                              where
                                case when left(w.gate, 1) = 'a' then
                                  get_bit(
                                    (
                                      case when c0.trial_ends_at is null or c0.trial_ends_at <= now() then
                                        c0.plan_mask
                                      else c0.mask end
                                    ) & (
                                      case when t1.lent_until is null
                                      or t1.lent_until > now()
                                      or t1.role is distinct from 'EMPLOYEE' then
                                        t1.mask
                                      else t1.mask & ~ t1.lent end
                                    ),
                                    substr(w.gate, 2)::int
                                  ) = 0
                                when w.gate = 'o' then
                                  t1.role is distinct from 'OWNER'
                                when w.gate = 'i' then
                                  not (
                                    t1.accepted_at is not null
                                    and t1.removed_at is null
                                    and (t1.until is null or t1.until > now())
                                  )
                                else
                                  encode(uuid_send(c0.id), 'hex') <> substr(w.gate, 2)
                                end
                              order by w.n
                              limit 1
                            ) x on true
                        ) gate
                      from json_array_elements($3::text::json)
                      with ordinality k(ways, n), membership t1
                      where
                        t1.company_id = $1::uuid
                        and t1.id = case when t1.external then $5::uuid else $4::uuid end
                        and t1.removed_at is null
                      offset 0
                    ) f
                    offset 0
                  ) j on j.n = (e.selection ->> 1)::int
              ) t3
            ), '')
            || ']}'
          else 'null}' end
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
-- $2 = [[["company"],1],[["company","name"],1],[["viewer"],2],[["viewer","companies"],2],[["viewer","companies","nodes"],3],[["…
-- $3 = [[["c00000000000000000000000000000000","i"]],[[]],[["i"]],[["i","a3","a41"]],[["i","a34"]],[["i","o"]]]
-- $4 = 51104fc7bba542e7a8f3b81128a50d29
-- $5 = null
-- $6 = 51104fc7bba542e7a8f3b81128a50d29
-- $7 = null
-- $8 = <hash of a token>
