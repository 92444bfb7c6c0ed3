with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $9::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select s.d::varchar, s.h::varchar, s.id, null::text, s.account_id
from (
  select '{"data":{"company":' || coalesce(l0.j, 'null') || '}}' d, l0.h h, v.id, v.account_id
  from (select 1) one
    left join viewer v on true
    left join lateral (
      select
        '{"suppliers":' || case when a0.g0 then
          (
            select
              '{"totalCount":' || (
                select count(*)::text
                from contact t1
                where
                  t1.company_id = $1::uuid
                  and t1.is_supplier
                  and t1.deleted_at is null
                  and (
                    folded(t1.number) collate "C" like $2::text
                    or folded(t1.name) collate "C" like $3::text
                    or (t1.city is not null and folded(t1.city) collate "C" like $4::text)
                    or (
                      t1.vat_number is not null
                      and bare_number(t1.vat_number) collate "C" like $5::text
                    )
                  )
              )
              || ',"nodes":[' || coalesce(string_agg(r.j0, ','), '')
              || ']}'
            from (
              select
                '{"name":' || json_scalar(t1.name)::text
                || ',"vatNumber":' || coalesce(json_scalar(t1.vat_number)::text, 'null')
                || ',"iban":' || coalesce(json_scalar(t1.iban)::text, 'null')
                || ',"purchaseCategory":' || coalesce((
                  select
                    '{"name":' || json_scalar(t2.name)::text
                    || ',"vatBox":"' || t2.vat_box::text
                    || '","deductible":"' || t2.deductible::text
                    || '","glAccount":' || case when a0.g1 then
                      coalesce(json_scalar(t2.gl_account)::text, 'null') || '}'
                    else 'null}' end
                  from purchase_category t2
                  where t2.company_id = $1::uuid and t2.id = t1.purchase_category_id
                ), 'null')
                || ',"purchases":' || (
                  select '{"nodes":[' || coalesce(string_agg(r.j0, ','), '') || ']}'
                  from (
                    select
                      '{"number":' || json_scalar(t3.number)::text
                      || ',"supplierName":' || coalesce(json_scalar(t3.supplier_name)::text, 'null')
                      || ',"totalVat":"' || t3.total_vat::text
                      || '","deductibleVat":"' || case when t3.total_vat < 0 then
                        greatest(
                          t3.total_vat,
                          (
                            select
                              coalesce(sum(round(t4.total_vat * coalesce(t4.deductible, 100) / 100, 2)), 0.00)
                            from document_line t4
                            where t4.company_id = $1::uuid and t4.document_id = t3.id and t4.type <> 'SECTION'
                          )
                        )
                      else
                        least(
                          t3.total_vat,
                          (
                            select
                              coalesce(sum(round(t4.total_vat * coalesce(t4.deductible, 100) / 100, 2)), 0.00)
                            from document_line t4
                            where t4.company_id = $1::uuid and t4.document_id = t3.id and t4.type <> 'SECTION'
                          )
                        )
                      end::text
                      || '","paidOn":' || case when a0.g2 then
                        coalesce('"' || t3.paid_on::text || '"', 'null') || ',"purchaseOrder":'
                      else 'null,"purchaseOrder":' end
                      || case when a0.g3 then
                        coalesce((
                          select '{"number":' || json_scalar(t5.number)::text || '}'
                          from document t5
                          where
                            t5.company_id = $1::uuid
                            and t5.kind = 'PURCHASE_ORDER'
                            and t5.id = t3.source_document_id
                        ), 'null')
                        || ',"purchaseLines":['
                      else 'null,"purchaseLines":[' end
                      || coalesce((
                        select
                          string_agg(
                            '{"name":' || json_scalar(t6.name)::text
                            || ',"quantity":"' || t6.quantity::text
                            || '","totalVat":"' || t6.total_vat::text
                            || '","deductible":' || coalesce('"' || t6.deductible::text || '"', 'null')
                            || ',"deductibleVat":"' || round(
                              t6.total_vat * coalesce(t6.deductible, 100) / 100, 2
                            )::text
                            || '","category":' || coalesce((
                              select '{"name":' || json_scalar(t7.name)::text || '}'
                              from purchase_category t7
                              where t7.company_id = $1::uuid and t7.id = t6.category_id
                            ), 'null')
                            || '}',
                            ',' order by t6.position
                          )
                        from document_line t6
                        where t6.company_id = $1::uuid and t6.document_id = t3.id and t6.type <> 'SECTION'
                      ), '')
                      || ']}' j0
                    from document t3
                    where
                      t3.company_id = $1::uuid
                      and t3.kind = 'PURCHASE'
                      and t3.supplier_id = t1.id
                      and t3.vat_treatment = any($7::text[])
                    order by t3.date desc, t3.id desc
                    limit $8::int4
                  ) r
                )
                || '}' j0
              from contact t1
              where
                t1.company_id = $1::uuid
                and t1.is_supplier
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
          || '}'
        else 'null}' end j,
        case when not (a0.g0 and a0.g1 and a0.g2 and a0.g3) and c0.id is not null then
          concat('0:', c0.id, ':', a0.g0, a0.g1, a0.g2, a0.g3)
        end h
      from membership m0
        join company c0 on c0.id = m0.company_id
        cross join lateral (
          select get_bit(b.e, 10) = 1 g0, get_bit(b.e, 20) = 1 g1, get_bit(b.e, 5) = 1 g2, get_bit(b.e, 33) = 1 g3
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
-- $2 = %carburants%
-- $3 = %carburants%
-- $4 = %carburants%
-- $5 = %carburants%
-- $6 = 2
-- $7 = [DOMESTIC]
-- $8 = 2
-- $9 = <hash of a token>
