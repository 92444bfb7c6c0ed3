with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $5::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select s.d::varchar, s.h::varchar, s.id, null::text, s.account_id
from (
  select '{"data":{"company":' || coalesce(l0.j, 'null') || '}}' d, l0.h h, v.id, v.account_id
  from (select 1) one
    left join viewer v on true
    left join lateral (
      select
        '{"defaults":' || case when a0.g0 then
          coalesce((
            select
              '{"vatRate":"' || t1.vat_rate::text
              || '","vatRates":' || array_to_json(t1.vat_rates::text[])::text
              || ',"paymentTermDays":' || t1.payment_term_days::text
              || '}'
            from company_settings t1
            where t1.company_id = $1::uuid
          ), 'null')
          || ',"emailSettings":'
        else 'null,"emailSettings":' end
        || case when a0.g1 then
          coalesce((
            select
              '{"sendMode":"' || t2.send_mode::text
              || '","fromAddress":' || coalesce(json_scalar(t2.from_address)::text, 'null')
              || '}'
            from company_settings t2
            where t2.company_id = $1::uuid
          ), 'null')
          || ',"termsAttachment":'
        else 'null,"termsAttachment":' end
        || case when a0.g2 then
          coalesce((
            select '{"name":' || json_scalar(t3.name)::text || ',"size":' || t3.size::text || '}'
            from attachment t3
            where
              t3.company_id = $1::uuid
              and t3.id = (
                select t4.terms_attachment_id from company_settings t4 where t4.company_id = $1::uuid
              )
          ), 'null')
          || ',"journals":'
        else 'null,"journals":' end
        || case when a0.g3 then
          (
            select '{"nodes":[' || coalesce(string_agg(r.j0, ','), '') || ']}'
            from (
              select
                '{"code":' || json_scalar(t5.code)::text || ',"name":' || json_scalar(t5.name)::text || '}' j0
              from journal t5
              where t5.company_id = $1::uuid
              order by reading_key(t5.code) collate "C", t5.id
              limit $2::int4
            ) r
          )
          || ',"invoices":'
        else 'null,"invoices":' end
        || case when a0.g4 then
          (
            select '{"nodes":[' || coalesce(string_agg(r.j0, ','), '') || ']}'
            from (
              select
                '{"number":' || json_scalar(t6.number)::text
                || ',"journal":' || case when a0.g3 then
                  coalesce((
                    select '{"code":' || json_scalar(t7.code)::text || '}'
                    from journal t7
                    where t7.company_id = $1::uuid and t7.id = t6.journal_id
                  ), 'null')
                  || ',"template":'
                else 'null,"template":' end
                || case when a0.g5 then
                  coalesce((
                    select
                      '{"name":' || json_scalar(t8.name)::text
                      || ',"colour":' || json_scalar(t8.colour)::text
                      || '}'
                    from document_template t8
                    where t8.company_id = $1::uuid and t8.id = t6.template_id
                  ), 'null')
                  || ',"attachments":'
                else 'null,"attachments":' end
                || case when a0.g2 then
                  '[' || coalesce((
                    select
                      string_agg(
                        '{"name":' || json_scalar(t9.name)::text
                        || ',"contentType":' || json_scalar(t9.content_type)::text
                        || '}',
                        ',' order by t9.created_at desc, t9.id desc
                      )
                    from attachment t9
                    where
                      t9.company_id = $1::uuid
                      and exists (
                        select
                        from document_attachment t10
                        where
                          t10.company_id = $1::uuid
                          and t10.document_id = t6.id
                          and t10.attachment_id = t9.id
                      )
                  ), '')
                  || '],"legalNotices":'
                else 'null,"legalNotices":' end
                || case when a0.g6 then
                  '[' || coalesce((
                    select
                      string_agg(
                        '{"language":"' || t11.language::text
                        || '","text":' || json_scalar(t11.text)::text
                        || '}',
                        ',' order by t11.rank, t11.id
                      )
                    from legal_notice t11
                    where
                      t11.company_id = $1::uuid
                      and exists (
                        select
                        from document_legal_notice t12
                        where
                          t12.company_id = $1::uuid
                          and t12.document_id = t6.id
                          and t12.legal_notice_id = t11.id
                      )
                  ), '')
                  || '],"sentEmails":'
                else 'null,"sentEmails":' end
                || case when a0.g7 then
                  '[' || coalesce((
                    select
                      string_agg(
                        '{"to":' || json_scalar(t13.to)::text
                        || ',"subject":' || json_scalar(t13.subject)::text
                        || '}',
                        ',' order by t13.at desc, t13.id desc
                      )
                    from sent_email t13
                    where
                      t13.company_id = $1::uuid
                      and case when t13.document_kind = 'QUOTE' then
                        a0.g8
                      when t13.document_kind = 'ORDER_CONFIRMATION' then
                        a0.g9
                      when t13.document_kind = 'DELIVERY_NOTE' then
                        a0.g10
                      when t13.document_kind = 'CREDIT_NOTE' then
                        a0.g11
                      when t13.document_kind = 'PAYMENT_REQUEST' then
                        a0.g12
                      when t13.document_kind = 'CASH_TICKET' then
                        a0.g13
                      when t13.document_kind = 'PURCHASE_SLIP' then
                        a0.g14
                      when t13.document_kind = 'PURCHASE_ORDER' then
                        a0.g15
                      when t13.document_kind = 'PURCHASE' then
                        a0.g16
                      else true end
                      and t13.document_id = t6.id
                  ), '')
                  || '],"reminders":'
                else 'null,"reminders":' end
                || case when a0.g17 then
                  '[' || coalesce((
                    select
                      string_agg(
                        '{"rule":' || coalesce((
                          select '{"name":' || json_scalar(t15.name)::text || '}'
                          from reminder_rule t15
                          where t15.company_id = $1::uuid and t15.id = t14.rule_id
                        ), 'null')
                        || '}',
                        ',' order by t14.at, t14.id
                      )
                    from reminder t14
                    where t14.company_id = $1::uuid and t14.document_id = t6.id
                  ), '')
                  || '],"signature":'
                else 'null,"signature":' end
                || case when a0.g18 then
                  coalesce((
                    select '{"requested":' || json_scalar(t16.requested)::text || '}'
                    from signature t16
                    where t16.company_id = $1::uuid and t16.document_id = t6.id
                  ), 'null')
                  || '}'
                else 'null}' end j0
              from document t6
              where t6.company_id = $1::uuid and t6.kind = 'INVOICE'
              order by t6.date desc, t6.id desc
              limit $3::int4
            ) r
          )
          || ',"customers":'
        else 'null,"customers":' end
        || (
          select '{"nodes":[' || coalesce(string_agg(r.j0, ','), '') || ']}'
          from (
            select
              '{"customFields":' || case when a0.g19 then
                '[' || coalesce((
                  select
                    string_agg(
                      '{"value":' || json_scalar(t18.value)::text
                      || ',"field":' || coalesce((
                        select
                          '{"name":' || json_scalar(t19.name)::text || ',"kind":"' || t19.kind::text || '"}'
                        from contact_field t19
                        where t19.company_id = $1::uuid and t19.id = t18.field_id
                      ), 'null')
                      || '}',
                      ',' order by t18.id, t18.id
                    )
                  from contact_field_value t18
                  where t18.company_id = $1::uuid and t18.customer_id = t17.id
                ), '')
                || ']}'
              else 'null}' end j0
            from contact t17
            where t17.company_id = $1::uuid and t17.is_customer and t17.deleted_at is null
            order by t17.name_key, t17.id
            limit $4::int4
          ) r
        )
        || '}' j,
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
          and a0.g13
          and a0.g14
          and a0.g15
          and a0.g16
          and a0.g17
          and a0.g18
          and a0.g19
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
            a0.g12,
            a0.g13,
            a0.g14,
            a0.g15,
            a0.g16,
            a0.g17,
            a0.g18,
            a0.g19
          )
        end h
      from membership m0
        join company c0 on c0.id = m0.company_id
        cross join lateral (
          select
            get_bit(b.e, 50) = 1 g0,
            get_bit(b.e, 51) = 1 g1,
            get_bit(b.e, 52) = 1 g2,
            get_bit(b.e, 53) = 1 g3,
            get_bit(b.e, 3) = 1 g4,
            get_bit(b.e, 58) = 1 g5,
            get_bit(b.e, 57) = 1 g6,
            get_bit(b.e, 64) = 1 g7,
            get_bit(b.e, 2) = 1 g8,
            get_bit(b.e, 21) = 1 g9,
            get_bit(b.e, 15) = 1 g10,
            get_bit(b.e, 4) = 1 g11,
            get_bit(b.e, 25) = 1 g12,
            get_bit(b.e, 45) = 1 g13,
            get_bit(b.e, 16) = 1 g14,
            get_bit(b.e, 33) = 1 g15,
            get_bit(b.e, 10) = 1 g16,
            get_bit(b.e, 55) = 1 g17,
            get_bit(b.e, 63) = 1 g18,
            get_bit(b.e, 56) = 1 g19
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
-- $2 = 50
-- $3 = 2
-- $4 = 1
-- $5 = <hash of a token>
