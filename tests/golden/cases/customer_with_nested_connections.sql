with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $11::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select s.d::varchar, s.h::varchar, s.id, null::text, s.account_id
from (
  select '{"data":{"company":' || coalesce(l0.j, 'null') || '}}' d, l0.h h, v.id, v.account_id
  from (select 1) one
    left join viewer v on true
    left join lateral (
      select
        '{"customers":' || (
          select '{"nodes":[' || coalesce(string_agg(r.j0, ','), '') || ']}'
          from (
            select
              '{"name":' || json_scalar(t1.name)::text
              || ',"contactPersons":[' || coalesce((
                select
                  string_agg(
                    '{"firstName":' || json_scalar(t2.first_name)::text || '}',
                    ',' order by reading_key(t2.last_name) collate "C", t2.id
                  )
                from contact_person t2
                where t2.company_id = $1::uuid and t2.deleted_at is null and t2.customer_id = t1.id
              ), '')
              || '],"invoices":' || case when a0.g0 then
                (
                  select
                    '{"totalCount":' || (
                      select count(*)::text
                      from document t3
                      where t3.company_id = $1::uuid and t3.kind = 'INVOICE' and t3.customer_id = t1.id
                    )
                    || ',"nodes":[' || coalesce(string_agg(r.j0, ','), '')
                    || ']}'
                  from (
                    select
                      '{"number":' || json_scalar(t3.number)::text
                      || ',"lines":[' || coalesce((
                        select
                          string_agg(
                            '{"position":' || (t4.position - t4.titles_before)::text
                            || ',"product":' || coalesce((
                              select
                                '{"number":' || json_scalar(t5.number)::text
                                || ',"group":' || coalesce((
                                  select '{"name":' || json_scalar(t6.name)::text || '}'
                                  from product_group t6
                                  where t6.company_id = $1::uuid and t6.id = t5.group_id
                                ), 'null')
                                || '}'
                              from product t5
                              where t5.company_id = $1::uuid and t5.id = t4.product_id
                            ), 'null')
                            || '}',
                            ',' order by t4.position
                          )
                        from document_line t4
                        where
                          t4.company_id = $1::uuid
                          and case when t4.type = 'SECTION' then a0.g1 else true end
                          and t4.document_id = t3.id
                      ), '')
                      || ']}' j0
                    from document t3
                    where t3.company_id = $1::uuid and t3.kind = 'INVOICE' and t3.customer_id = t1.id
                    order by t3.date desc, t3.id desc
                    limit $7::int4
                  ) r
                )
                || ',"quotes":'
              else 'null,"quotes":' end
              || case when a0.g2 then
                (
                  select
                    '{"nodes":[' || coalesce(
                      string_agg(r.j0, ',' order by r.rn desc) filter (where r.rn <= $9::int4), ''
                    )
                    || '],"pageInfo":{"hasPreviousPage":' || (count(*) > $9::int4)::text
                    || '}}'
                  from (
                    select row_number() over () rn, x.*
                    from (
                      select
                        '{"number":' || json_scalar(t7.number)::text
                        || ',"invoices":' || case when a0.g0 then
                          '[' || coalesce((
                            select
                              string_agg(
                                '{"number":' || json_scalar(t8.number)::text || '}',
                                ',' order by t8.date desc, t8.id desc
                              )
                            from document t8
                            where
                              t8.company_id = $1::uuid
                              and t8.kind = 'INVOICE'
                              and t8.source_document_id = t7.id
                          ), '')
                          || ']}'
                        else 'null}' end j0
                      from document t7
                      where
                        t7.company_id = $1::uuid
                        and t7.kind = 'QUOTE'
                        and t7.customer_id = t1.id
                        and case when t7.expiration_date < (
                          select (now() at time zone 'Europe/Brussels')::date
                        ) then
                          case when t7.status = 'SENT' then 'EXPIRED' else t7.status end
                        when t7.status = 'EXPIRED' then
                          'SENT'
                        else t7.status end = any($8::text[])
                      order by t7.date, t7.id
                      limit $9::int4 + 1
                    ) x
                  ) r
                )
                || ',"creditNotes":'
              else 'null,"creditNotes":' end
              || case when a0.g3 then
                (
                  select '{"nodes":[' || coalesce(string_agg(r.j0, ','), '') || ']}'
                  from (
                    select
                      '{"number":' || json_scalar(t9.number)::text
                      || ',"invoice":' || case when a0.g0 then
                        coalesce((
                          select
                            '{"number":' || json_scalar(t10.number)::text
                            || ',"quote":' || case when a0.g2 then
                              coalesce((
                                select '{"number":' || json_scalar(t11.number)::text || '}'
                                from document t11
                                where
                                  t11.company_id = $1::uuid
                                  and t11.kind = 'QUOTE'
                                  and t11.id = t10.source_document_id
                              ), 'null')
                              || '}'
                            else 'null}' end
                          from document t10
                          where
                            t10.company_id = $1::uuid
                            and t10.kind = 'INVOICE'
                            and t10.id = t9.source_document_id
                        ), 'null')
                        || '}'
                      else 'null}' end j0
                    from document t9
                    where t9.company_id = $1::uuid and t9.kind = 'CREDIT_NOTE' and t9.customer_id = t1.id
                    order by t9.date desc, t9.id desc
                    limit $10::int4
                  ) r
                )
                || '}'
              else 'null}' end j0
            from contact t1
            where
              t1.company_id = $1::uuid
              and t1.is_customer
              and t1.deleted_at is null
              and (
                folded(t1.number) collate "C" like $2::text
                or folded(t1.name) collate "C" like $3::text
                or (t1.city is not null and folded(t1.city) collate "C" like $4::text)
                or (t1.vat_number is not null and bare_number(t1.vat_number) collate "C" like $5::text)
              )
            order by t1.name_key, t1.id
            limit $6::int4
          ) r
        )
        || '}' j,
        case when not (a0.g0 and a0.g1 and a0.g2 and a0.g3) and c0.id is not null then
          concat('0:', c0.id, ':', a0.g0, a0.g1, a0.g2, a0.g3)
        end h
      from membership m0
        join company c0 on c0.id = m0.company_id
        cross join lateral (
          select get_bit(b.e, 3) = 1 g0, get_bit(b.e, 17) = 1 g1, get_bit(b.e, 2) = 1 g2, get_bit(b.e, 4) = 1 g3
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
-- $2 = %construct%
-- $3 = %construct%
-- $4 = %construct%
-- $5 = %construct%
-- $6 = 2
-- $7 = 1
-- $8 = [ACCEPTED]
-- $9 = 1
-- $10 = 1
-- $11 = <hash of a token>
