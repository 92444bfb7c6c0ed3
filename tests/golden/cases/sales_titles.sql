with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $7::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select s.d::varchar, s.h::varchar, s.id, null::text, s.account_id
from (
  select '{"data":{"company":' || coalesce(l0.j, 'null') || '}}' d, l0.h h, v.id, v.account_id
  from (select 1) one
    left join viewer v on true
    left join lateral (
      select
        '{"quotes":' || case when a0.g0 then
          (
            select '{"nodes":[' || coalesce(string_agg(r.j0, ','), '') || ']}'
            from (
              select
                '{"status":"' || case when t1.expiration_date < (select (now() at time zone 'Europe/Brussels')::date) then
                  case when t1.status = 'SENT' then 'EXPIRED' else t1.status end
                when t1.status = 'EXPIRED' then
                  'SENT'
                else t1.status end::text
                || '","validityDays":' || coalesce((t1.expiration_date - t1.date)::text, 'null')
                || ',"depositPercent":' || coalesce('"' || t1.deposit_percent::text || '"', 'null')
                || ',"depositAmount":' || coalesce(
                  '"' || round(t1.total_incl * t1.deposit_percent / 100, 2)::text || '"', 'null'
                )
                || ',"sectionBehavior":' || case when a0.g1 then
                  coalesce('"' || t1.section_behavior::text || '"', 'null') || ',"lines":['
                else 'null,"lines":[' end
                || coalesce((
                  select
                    string_agg(
                      '{"type":"' || t2.type::text
                      || '","position":' || (t2.position - t2.titles_before)::text
                      || ',"name":' || json_scalar(t2.name)::text
                      || ',"totalExcl":"' || t2.total_excl::text
                      || '"}',
                      ',' order by t2.position
                    )
                  from document_line t2
                  where
                    t2.company_id = $1::uuid
                    and case when t2.type = 'SECTION' then a0.g1 else true end
                    and t2.document_id = t1.id
                ), '')
                || '],"suggestedEmails":' || case when a0.g2 then
                  '[' || coalesce((
                    select
                      string_agg(
                        '{"language":"' || t3.language::text
                        || '","name":' || json_scalar(t3.name)::text
                        || ',"subject":' || json_scalar(t3.subject)::text
                        || '}',
                        ',' order by t3.rank, t3.id
                      )
                    from email_template t3
                    where
                      t3.company_id = $1::uuid
                      and case when t3.document_kind = 'ORDER_CONFIRMATION' then
                        a0.g3
                      when t3.document_kind = 'DELIVERY_NOTE' then
                        a0.g4
                      when t3.document_kind = 'INVOICE' then
                        a0.g5
                      when t3.document_kind = 'CREDIT_NOTE' then
                        a0.g6
                      when t3.document_kind = 'PAYMENT_REQUEST' then
                        a0.g7
                      when t3.document_kind = 'CASH_TICKET' then
                        a0.g8
                      when t3.document_kind = 'PURCHASE_SLIP' then
                        a0.g9
                      when t3.document_kind = 'PURCHASE_ORDER' then
                        a0.g10
                      when t3.document_kind = 'PURCHASE' then
                        a0.g11
                      else true end
                      and t3.document_kind = t1.kind
                      and t3.language = case when a0.g12 then t1.language else c0.language end
                  ), '')
                  || ']}'
                else 'null}' end j0
              from document t1
              where
                t1.company_id = $1::uuid
                and t1.kind = 'QUOTE'
                and (
                  left(folded(t1.number), 600) collate "C" = $2::text
                  and folded(t1.number) collate "C" = $3::text
                )
              order by t1.date desc, t1.id desc
              limit $4::int4
            ) r
          )
          || ',"topTextTemplates":'
        else 'null,"topTextTemplates":' end
        || case when a0.g1 then
          (
            select
              '{"totalCount":' || (
                select count(*)::text from top_text_template t4 where t4.company_id = $1::uuid
              )
              || ',"nodes":[' || coalesce(string_agg(r.j0, ','), '')
              || ']}'
            from (
              select
                '{"name":' || json_scalar(t4.name)::text
                || ',"language":"' || t4.language::text
                || '","text":' || json_scalar(t4.text)::text
                || '}' j0
              from top_text_template t4
              where t4.company_id = $1::uuid
              order by t4.rank, t4.id
              limit $5::int4
            ) r
          )
          || ',"emailTemplates":'
        else 'null,"emailTemplates":' end
        || case when a0.g2 then
          (
            select
              '{"totalCount":' || (
                select count(*)::text
                from email_template t5
                where
                  t5.company_id = $1::uuid
                  and case when t5.document_kind = 'QUOTE' then
                    a0.g0
                  when t5.document_kind = 'ORDER_CONFIRMATION' then
                    a0.g3
                  when t5.document_kind = 'DELIVERY_NOTE' then
                    a0.g4
                  when t5.document_kind = 'INVOICE' then
                    a0.g5
                  when t5.document_kind = 'CREDIT_NOTE' then
                    a0.g6
                  when t5.document_kind = 'PAYMENT_REQUEST' then
                    a0.g7
                  when t5.document_kind = 'CASH_TICKET' then
                    a0.g8
                  when t5.document_kind = 'PURCHASE_SLIP' then
                    a0.g9
                  when t5.document_kind = 'PURCHASE_ORDER' then
                    a0.g10
                  when t5.document_kind = 'PURCHASE' then
                    a0.g11
                  else true end
              )
              || ',"nodes":[' || coalesce(string_agg(r.j0, ','), '')
              || ']}'
            from (
              select
                '{"documentKind":"' || t5.document_kind::text
                || '","language":"' || t5.language::text
                || '","name":' || json_scalar(t5.name)::text
                || '}' j0
              from email_template t5
              where
                t5.company_id = $1::uuid
                and case when t5.document_kind = 'QUOTE' then
                  a0.g0
                when t5.document_kind = 'ORDER_CONFIRMATION' then
                  a0.g3
                when t5.document_kind = 'DELIVERY_NOTE' then
                  a0.g4
                when t5.document_kind = 'INVOICE' then
                  a0.g5
                when t5.document_kind = 'CREDIT_NOTE' then
                  a0.g6
                when t5.document_kind = 'PAYMENT_REQUEST' then
                  a0.g7
                when t5.document_kind = 'CASH_TICKET' then
                  a0.g8
                when t5.document_kind = 'PURCHASE_SLIP' then
                  a0.g9
                when t5.document_kind = 'PURCHASE_ORDER' then
                  a0.g10
                when t5.document_kind = 'PURCHASE' then
                  a0.g11
                else true end
              order by reading_key(t5.name) collate "C", t5.id
              limit $6::int4
            ) r
          )
          || '}'
        else 'null}' end j,
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
          and a0.g12
        )
        and c0.id is not null then
          concat(
            '0:',
            c0.id,
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
            a0.g11,
            a0.g12
          )
        end h
      from membership m0
        join company c0 on c0.id = m0.company_id
        cross join lateral (
          select
            get_bit(b.e, 2) = 1 g0,
            get_bit(b.e, 17) = 1 g1,
            get_bit(b.e, 22) = 1 g2,
            get_bit(b.e, 21) = 1 g3,
            get_bit(b.e, 15) = 1 g4,
            get_bit(b.e, 3) = 1 g5,
            get_bit(b.e, 4) = 1 g6,
            get_bit(b.e, 25) = 1 g7,
            get_bit(b.e, 45) = 1 g8,
            get_bit(b.e, 16) = 1 g9,
            get_bit(b.e, 33) = 1 g10,
            get_bit(b.e, 10) = 1 g11,
            get_bit(b.e, 18) = 1 g12
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
-- $2 = o2023/00015
-- $3 = o2023/00015
-- $4 = 50
-- $5 = 2
-- $6 = 2
-- $7 = <hash of a token>
