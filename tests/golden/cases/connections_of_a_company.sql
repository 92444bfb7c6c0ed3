with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $10::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select s.d::varchar, s.h::varchar, s.id, null::text, s.account_id
from (
  select '{"data":{"company":' || coalesce(l0.j, 'null') || '}}' d, l0.h h, v.id, v.account_id
  from (select 1) one
    left join viewer v on true
    left join lateral (
      select
        '{"connectedServices":' || (
          select
            '{"totalCount":' || (
              select count(*)::text
              from connected_service t1
              where
                t1.company_id = $1::uuid
                and case when t1.connector = 'CODABOX_BANK' then
                  a0.g0
                when t1.connector = 'PONTO' then
                  a0.g1
                when t1.connector = 'ACCOWIN' then
                  a0.g2
                when t1.connector = 'ACTA_B_LEXACT' then
                  a0.g3
                when t1.connector = 'ADIX' then
                  a0.g4
                when t1.connector = 'ADMISOL' then
                  a0.g5
                when t1.connector = 'ADSOLUT' then
                  a0.g6
                when t1.connector = 'ALLEGRO' then
                  a0.g7
                when t1.connector = 'BASECONE' then
                  a0.g8
                when t1.connector = 'BILLTOBOX' then
                  a0.g9
                when t1.connector = 'BRILJANT_ACCOUNT' then
                  a0.g10
                when t1.connector = 'CLEARFACTS' then
                  a0.g11
                when t1.connector = 'CODABOX_ACCOUNTING' then
                  a0.g12
                when t1.connector = 'EXACT_ONLINE' then
                  a0.g13
                when t1.connector = 'EXACT_PROACC' then
                  a0.g14
                when t1.connector = 'EXPERT_M' then
                  a0.g15
                when t1.connector = 'HORUS' then
                  a0.g16
                when t1.connector = 'OCTOPUS' then
                  a0.g17
                when t1.connector = 'OFFICEM' then
                  a0.g18
                when t1.connector = 'SAGE_BOB' then
                  a0.g19
                when t1.connector = 'TAX_ADVISOR' then
                  a0.g20
                when t1.connector = 'TOP_ACCOUNT' then
                  a0.g21
                when t1.connector = 'TWINFIELD' then
                  a0.g22
                when t1.connector = 'VENICE' then
                  a0.g23
                when t1.connector = 'VERO_COUNT' then
                  a0.g24
                when t1.connector = 'WINAUDITOR' then
                  a0.g25
                when t1.connector = 'WINBOOKS_CONNECT' then
                  a0.g26
                when t1.connector = 'WINGS' then
                  a0.g27
                when t1.connector = 'YUKI' then
                  a0.g28
                when t1.connector = 'ZENVOICES' then
                  a0.g29
                when t1.connector = 'SHOPIFY' then
                  a0.g30
                when t1.connector = 'WOOCOMMERCE' then
                  a0.g31
                when t1.connector = 'APOK' then
                  a0.g32
                when t1.connector = 'CEBEO' then
                  a0.g33
                when t1.connector = 'DESCO' then
                  a0.g34
                when t1.connector = 'FACQ' then
                  a0.g35
                when t1.connector = 'REXEL' then
                  a0.g36
                when t1.connector = 'STG' then
                  a0.g37
                when t1.connector = 'VAN_MARCKE' then
                  a0.g38
                when t1.connector = 'MOLLIE' then
                  a0.g39
                when t1.connector = 'PAYCONIQ' then
                  a0.g40
                when t1.connector = 'SEPA_EPC_QR' then
                  a0.g41
                when t1.connector = 'E_BOX_ENTERPRISE' then
                  a0.g42
                when t1.connector = 'ENFACT_DRIVE' then
                  a0.g43
                when t1.connector = 'GOOGLE_DRIVE' then
                  a0.g44
                when t1.connector = 'DROPBOX' then
                  a0.g45
                when t1.connector = 'SFTP' then
                  a0.g46
                when t1.connector = 'ONEDRIVE' then
                  a0.g47
                when t1.connector = 'PEPPOL' then
                  a0.g48
                else true end
                and t1.status = any($2::text[])
            )
            || ',"nodes":[' || coalesce(string_agg(r.j0, ','), '')
            || ']}'
          from (
            select
              '{"connector":"' || t1.connector::text
              || '","label":' || json_scalar(t1.label)::text
              || ',"status":"' || t1.status::text
              || '","externalAccount":' || coalesce(json_scalar(t1.external_account)::text, 'null')
              || case when t1.secret is not null then
                ',"hasSecret":true,"options":['
              else ',"hasSecret":false,"options":[' end
              || coalesce((
                select
                  string_agg(
                    '{"name":' || json_scalar(t2.name)::text
                    || ',"value":' || json_scalar(t2.value)::text
                    || '}',
                    ',' order by reading_key(t2.name) collate "C", t2.id
                  )
                from connector_option t2
                where t2.company_id = $1::uuid and t2.service_id = t1.id
              ), '')
              || '],"createdBy":' || coalesce((
                select '{"firstName":' || json_scalar(t3.first_name)::text || '}'
                from membership t3
                where t3.company_id = $1::uuid and not t3.external and t3.id = t1.created_by_id
              ), 'null')
              || '}' j0
            from connected_service t1
            where
              t1.company_id = $1::uuid
              and case when t1.connector = 'CODABOX_BANK' then
                a0.g0
              when t1.connector = 'PONTO' then
                a0.g1
              when t1.connector = 'ACCOWIN' then
                a0.g2
              when t1.connector = 'ACTA_B_LEXACT' then
                a0.g3
              when t1.connector = 'ADIX' then
                a0.g4
              when t1.connector = 'ADMISOL' then
                a0.g5
              when t1.connector = 'ADSOLUT' then
                a0.g6
              when t1.connector = 'ALLEGRO' then
                a0.g7
              when t1.connector = 'BASECONE' then
                a0.g8
              when t1.connector = 'BILLTOBOX' then
                a0.g9
              when t1.connector = 'BRILJANT_ACCOUNT' then
                a0.g10
              when t1.connector = 'CLEARFACTS' then
                a0.g11
              when t1.connector = 'CODABOX_ACCOUNTING' then
                a0.g12
              when t1.connector = 'EXACT_ONLINE' then
                a0.g13
              when t1.connector = 'EXACT_PROACC' then
                a0.g14
              when t1.connector = 'EXPERT_M' then
                a0.g15
              when t1.connector = 'HORUS' then
                a0.g16
              when t1.connector = 'OCTOPUS' then
                a0.g17
              when t1.connector = 'OFFICEM' then
                a0.g18
              when t1.connector = 'SAGE_BOB' then
                a0.g19
              when t1.connector = 'TAX_ADVISOR' then
                a0.g20
              when t1.connector = 'TOP_ACCOUNT' then
                a0.g21
              when t1.connector = 'TWINFIELD' then
                a0.g22
              when t1.connector = 'VENICE' then
                a0.g23
              when t1.connector = 'VERO_COUNT' then
                a0.g24
              when t1.connector = 'WINAUDITOR' then
                a0.g25
              when t1.connector = 'WINBOOKS_CONNECT' then
                a0.g26
              when t1.connector = 'WINGS' then
                a0.g27
              when t1.connector = 'YUKI' then
                a0.g28
              when t1.connector = 'ZENVOICES' then
                a0.g29
              when t1.connector = 'SHOPIFY' then
                a0.g30
              when t1.connector = 'WOOCOMMERCE' then
                a0.g31
              when t1.connector = 'APOK' then
                a0.g32
              when t1.connector = 'CEBEO' then
                a0.g33
              when t1.connector = 'DESCO' then
                a0.g34
              when t1.connector = 'FACQ' then
                a0.g35
              when t1.connector = 'REXEL' then
                a0.g36
              when t1.connector = 'STG' then
                a0.g37
              when t1.connector = 'VAN_MARCKE' then
                a0.g38
              when t1.connector = 'MOLLIE' then
                a0.g39
              when t1.connector = 'PAYCONIQ' then
                a0.g40
              when t1.connector = 'SEPA_EPC_QR' then
                a0.g41
              when t1.connector = 'E_BOX_ENTERPRISE' then
                a0.g42
              when t1.connector = 'ENFACT_DRIVE' then
                a0.g43
              when t1.connector = 'GOOGLE_DRIVE' then
                a0.g44
              when t1.connector = 'DROPBOX' then
                a0.g45
              when t1.connector = 'SFTP' then
                a0.g46
              when t1.connector = 'ONEDRIVE' then
                a0.g47
              when t1.connector = 'PEPPOL' then
                a0.g48
              else true end
              and t1.status = any($2::text[])
            order by reading_key(t1.connector) collate "C", t1.id
            limit $3::int4
          ) r
        )
        || ',"bankTransactions":' || (
          select '{"nodes":[' || coalesce(string_agg(r.j0, ','), '') || ']}'
          from (
            select
              '{"source":"' || t4.source::text
              || '","date":"' || t4.date::text
              || '","amount":"' || t4.amount::text
              || '","counterparty":' || coalesce(json_scalar(t4.counterparty)::text, 'null')
              || case when t4.matched_automatically then
                ',"matchedAutomatically":true,"matchedDocument":'
              else
                ',"matchedAutomatically":false,"matchedDocument":'
              end
              || coalesce((
                select '{"number":' || json_scalar(t5.number)::text || '}'
                from document t5
                where
                  t5.company_id = $1::uuid
                  and t5.kind = any(
                    array_remove(
                      array[
                        case when a0.g49 then 'QUOTE' end,
                        case when a0.g50 then 'CREDIT_NOTE' end,
                        case when a0.g51 then 'INVOICE' end,
                        case when a0.g52 then 'CASH_TICKET' end,
                        case when a0.g53 then 'ORDER_CONFIRMATION' end,
                        case when a0.g54 then 'DELIVERY_NOTE' end,
                        case when a0.g55 then 'PAYMENT_REQUEST' end,
                        case when a0.g56 then 'PURCHASE' end,
                        case when a0.g57 then 'PURCHASE_ORDER' end,
                        case when a0.g58 then 'PURCHASE_SLIP' end
                      ],
                      null
                    )
                  )
                  and t5.id = t4.matched_document_id
              ), 'null')
              || ',"account":' || case when a0.g59 then
                coalesce((
                  select '{"name":' || json_scalar(t6.name)::text || '}'
                  from payment_account t6
                  where t6.company_id = $1::uuid and t6.id = t4.account_id
                ), 'null')
                || '}'
              else 'null}' end j0
            from bank_transaction t4
            where
              t4.company_id = $1::uuid
              and case when t4.source = 'CODABOX_BANK' then
                a0.g0
              when t4.source = 'PONTO' then
                a0.g1
              else true end
            order by t4.date desc, t4.id desc
            limit $4::int4
          ) r
        )
        || ',"accountingExports":' || (
          select
            '{"totalCount":' || (
              select count(*)::text
              from accounting_export t7
              where
                t7.company_id = $1::uuid
                and case when t7.connection = 'ACCOWIN' then
                  a0.g2
                when t7.connection = 'ACTA_B_LEXACT' then
                  a0.g3
                when t7.connection = 'ADIX' then
                  a0.g4
                when t7.connection = 'ADMISOL' then
                  a0.g5
                when t7.connection = 'ADSOLUT' then
                  a0.g6
                when t7.connection = 'ALLEGRO' then
                  a0.g7
                when t7.connection = 'BASECONE' then
                  a0.g8
                when t7.connection = 'BILLTOBOX' then
                  a0.g9
                when t7.connection = 'BRILJANT_ACCOUNT' then
                  a0.g10
                when t7.connection = 'CLEARFACTS' then
                  a0.g11
                when t7.connection = 'CODABOX_ACCOUNTING' then
                  a0.g12
                when t7.connection = 'EXACT_ONLINE' then
                  a0.g13
                when t7.connection = 'EXACT_PROACC' then
                  a0.g14
                when t7.connection = 'EXPERT_M' then
                  a0.g15
                when t7.connection = 'HORUS' then
                  a0.g16
                when t7.connection = 'OCTOPUS' then
                  a0.g17
                when t7.connection = 'OFFICEM' then
                  a0.g18
                when t7.connection = 'SAGE_BOB' then
                  a0.g19
                when t7.connection = 'TAX_ADVISOR' then
                  a0.g20
                when t7.connection = 'TOP_ACCOUNT' then
                  a0.g21
                when t7.connection = 'TWINFIELD' then
                  a0.g22
                when t7.connection = 'VENICE' then
                  a0.g23
                when t7.connection = 'VERO_COUNT' then
                  a0.g24
                when t7.connection = 'WINAUDITOR' then
                  a0.g25
                when t7.connection = 'WINBOOKS_CONNECT' then
                  a0.g26
                when t7.connection = 'WINGS' then
                  a0.g27
                when t7.connection = 'YUKI' then
                  a0.g28
                when t7.connection = 'ZENVOICES' then
                  a0.g29
                else true end
                and case when t7.document_kind = 'QUOTE' then
                  a0.g49
                when t7.document_kind = 'ORDER_CONFIRMATION' then
                  a0.g53
                when t7.document_kind = 'DELIVERY_NOTE' then
                  a0.g54
                when t7.document_kind = 'INVOICE' then
                  a0.g51
                when t7.document_kind = 'CREDIT_NOTE' then
                  a0.g50
                when t7.document_kind = 'PAYMENT_REQUEST' then
                  a0.g55
                when t7.document_kind = 'CASH_TICKET' then
                  a0.g52
                when t7.document_kind = 'PURCHASE_SLIP' then
                  a0.g58
                when t7.document_kind = 'PURCHASE_ORDER' then
                  a0.g57
                when t7.document_kind = 'PURCHASE' then
                  a0.g56
                else true end
                and t7.status = any($5::text[])
            )
            || ',"nodes":[' || coalesce(string_agg(r.j0, ','), '')
            || ']}'
          from (
            select
              '{"connection":"' || t7.connection::text
              || '","status":"' || t7.status::text
              || '","documentKind":"' || t7.document_kind::text
              || '","document":' || coalesce((
                select
                  '{"number":' || json_scalar(t8.number)::text
                  || case when t8.locked then ',"locked":true}' else ',"locked":false}' end
                from document t8
                where
                  t8.company_id = $1::uuid
                  and t8.kind = any(
                    array_remove(
                      array[
                        case when a0.g49 then 'QUOTE' end,
                        case when a0.g50 then 'CREDIT_NOTE' end,
                        case when a0.g51 then 'INVOICE' end,
                        case when a0.g52 then 'CASH_TICKET' end,
                        case when a0.g53 then 'ORDER_CONFIRMATION' end,
                        case when a0.g54 then 'DELIVERY_NOTE' end,
                        case when a0.g55 then 'PAYMENT_REQUEST' end,
                        case when a0.g56 then 'PURCHASE' end,
                        case when a0.g57 then 'PURCHASE_ORDER' end,
                        case when a0.g58 then 'PURCHASE_SLIP' end
                      ],
                      null
                    )
                  )
                  and t8.id = t7.document_id
              ), 'null')
              || '}' j0
            from accounting_export t7
            where
              t7.company_id = $1::uuid
              and case when t7.connection = 'ACCOWIN' then
                a0.g2
              when t7.connection = 'ACTA_B_LEXACT' then
                a0.g3
              when t7.connection = 'ADIX' then
                a0.g4
              when t7.connection = 'ADMISOL' then
                a0.g5
              when t7.connection = 'ADSOLUT' then
                a0.g6
              when t7.connection = 'ALLEGRO' then
                a0.g7
              when t7.connection = 'BASECONE' then
                a0.g8
              when t7.connection = 'BILLTOBOX' then
                a0.g9
              when t7.connection = 'BRILJANT_ACCOUNT' then
                a0.g10
              when t7.connection = 'CLEARFACTS' then
                a0.g11
              when t7.connection = 'CODABOX_ACCOUNTING' then
                a0.g12
              when t7.connection = 'EXACT_ONLINE' then
                a0.g13
              when t7.connection = 'EXACT_PROACC' then
                a0.g14
              when t7.connection = 'EXPERT_M' then
                a0.g15
              when t7.connection = 'HORUS' then
                a0.g16
              when t7.connection = 'OCTOPUS' then
                a0.g17
              when t7.connection = 'OFFICEM' then
                a0.g18
              when t7.connection = 'SAGE_BOB' then
                a0.g19
              when t7.connection = 'TAX_ADVISOR' then
                a0.g20
              when t7.connection = 'TOP_ACCOUNT' then
                a0.g21
              when t7.connection = 'TWINFIELD' then
                a0.g22
              when t7.connection = 'VENICE' then
                a0.g23
              when t7.connection = 'VERO_COUNT' then
                a0.g24
              when t7.connection = 'WINAUDITOR' then
                a0.g25
              when t7.connection = 'WINBOOKS_CONNECT' then
                a0.g26
              when t7.connection = 'WINGS' then
                a0.g27
              when t7.connection = 'YUKI' then
                a0.g28
              when t7.connection = 'ZENVOICES' then
                a0.g29
              else true end
              and case when t7.document_kind = 'QUOTE' then
                a0.g49
              when t7.document_kind = 'ORDER_CONFIRMATION' then
                a0.g53
              when t7.document_kind = 'DELIVERY_NOTE' then
                a0.g54
              when t7.document_kind = 'INVOICE' then
                a0.g51
              when t7.document_kind = 'CREDIT_NOTE' then
                a0.g50
              when t7.document_kind = 'PAYMENT_REQUEST' then
                a0.g55
              when t7.document_kind = 'CASH_TICKET' then
                a0.g52
              when t7.document_kind = 'PURCHASE_SLIP' then
                a0.g58
              when t7.document_kind = 'PURCHASE_ORDER' then
                a0.g57
              when t7.document_kind = 'PURCHASE' then
                a0.g56
              else true end
              and t7.status = any($5::text[])
            order by t7.sent_at desc, t7.id desc
            limit $6::int4
          ) r
        )
        || ',"driveFiles":' || (
          select '{"nodes":[' || coalesce(string_agg(r.j0, ','), '') || ']}'
          from (
            select
              '{"drive":"' || t9.drive::text
              || '","path":' || json_scalar(t9.path)::text
              || case when t9.public then ',"public":true,"document":' else ',"public":false,"document":' end
              || coalesce((
                select '{"number":' || json_scalar(t10.number)::text || '}'
                from document t10
                where
                  t10.company_id = $1::uuid
                  and t10.kind = any(
                    array_remove(
                      array[
                        case when a0.g49 then 'QUOTE' end,
                        case when a0.g50 then 'CREDIT_NOTE' end,
                        case when a0.g51 then 'INVOICE' end,
                        case when a0.g52 then 'CASH_TICKET' end,
                        case when a0.g53 then 'ORDER_CONFIRMATION' end,
                        case when a0.g54 then 'DELIVERY_NOTE' end,
                        case when a0.g55 then 'PAYMENT_REQUEST' end,
                        case when a0.g56 then 'PURCHASE' end,
                        case when a0.g57 then 'PURCHASE_ORDER' end,
                        case when a0.g58 then 'PURCHASE_SLIP' end
                      ],
                      null
                    )
                  )
                  and t10.id = t9.document_id
              ), 'null')
              || '}' j0
            from drive_file t9
            where
              t9.company_id = $1::uuid
              and case when t9.drive = 'ENFACT_DRIVE' then
                a0.g43
              when t9.drive = 'GOOGLE_DRIVE' then
                a0.g44
              when t9.drive = 'DROPBOX' then
                a0.g45
              when t9.drive = 'SFTP' then
                a0.g46
              when t9.drive = 'ONEDRIVE' then
                a0.g47
              else true end
              and case when t9.document_kind = 'QUOTE' then
                a0.g49
              when t9.document_kind = 'ORDER_CONFIRMATION' then
                a0.g53
              when t9.document_kind = 'DELIVERY_NOTE' then
                a0.g54
              when t9.document_kind = 'INVOICE' then
                a0.g51
              when t9.document_kind = 'CREDIT_NOTE' then
                a0.g50
              when t9.document_kind = 'PAYMENT_REQUEST' then
                a0.g55
              when t9.document_kind = 'CASH_TICKET' then
                a0.g52
              when t9.document_kind = 'PURCHASE_SLIP' then
                a0.g58
              when t9.document_kind = 'PURCHASE_ORDER' then
                a0.g57
              when t9.document_kind = 'PURCHASE' then
                a0.g56
              else true end
            order by reading_key(t9.path) collate "C", t9.id
            limit $7::int4
          ) r
        )
        || ',"supplierCatalogRefs":' || (
          select '{"nodes":[' || coalesce(string_agg(r.j0, ','), '') || ']}'
          from (
            select
              '{"supplier":"' || t11.supplier::text
              || '","articleNo":' || json_scalar(t11.article_no)::text
              || ',"netPrice":"' || t11.net_price::text
              || '","product":' || coalesce((
                select
                  '{"name":' || json_scalar(t12.name)::text
                  || ',"supplierCatalogRef":' || coalesce((
                    select '{"supplier":"' || t13.supplier::text || '"}'
                    from supplier_catalog_ref t13
                    where
                      t13.company_id = $1::uuid
                      and case when t13.supplier = 'APOK' then
                        a0.g32
                      when t13.supplier = 'CEBEO' then
                        a0.g33
                      when t13.supplier = 'DESCO' then
                        a0.g34
                      when t13.supplier = 'FACQ' then
                        a0.g35
                      when t13.supplier = 'REXEL' then
                        a0.g36
                      when t13.supplier = 'STG' then
                        a0.g37
                      when t13.supplier = 'VAN_MARCKE' then
                        a0.g38
                      else true end
                      and t13.product_id = t12.id
                  ), 'null')
                  || '}'
                from product t12
                where t12.company_id = $1::uuid and t12.id = t11.product_id
              ), 'null')
              || '}' j0
            from supplier_catalog_ref t11
            where
              t11.company_id = $1::uuid
              and case when t11.supplier = 'APOK' then
                a0.g32
              when t11.supplier = 'CEBEO' then
                a0.g33
              when t11.supplier = 'DESCO' then
                a0.g34
              when t11.supplier = 'FACQ' then
                a0.g35
              when t11.supplier = 'REXEL' then
                a0.g36
              when t11.supplier = 'STG' then
                a0.g37
              when t11.supplier = 'VAN_MARCKE' then
                a0.g38
              else true end
            order by reading_key(t11.article_no) collate "C", t11.id
            limit $8::int4
          ) r
        )
        || ',"invoices":' || case when a0.g51 then
          (
            select '{"nodes":[' || coalesce(string_agg(r.j0, ','), '') || ']}'
            from (
              select
                '{"number":' || json_scalar(t14.number)::text
                || ',"peppolStatus":' || case when a0.g48 then
                  coalesce('"' || t14.peppol_status::text || '"', 'null') || ',"onlinePayments":['
                else 'null,"onlinePayments":[' end
                || coalesce((
                  select
                    string_agg(
                      '{"provider":"' || t15.provider::text || '","status":"' || t15.status::text || '"}',
                      ',' order by t15.asked_at desc, t15.id desc
                    )
                  from online_payment t15
                  where
                    t15.company_id = $1::uuid
                    and case when t15.provider = 'MOLLIE' then
                      a0.g39
                    when t15.provider = 'PAYCONIQ' then
                      a0.g40
                    when t15.provider = 'SEPA_EPC_QR' then
                      a0.g41
                    else true end
                    and t15.invoice_id = t14.id
                ), '')
                || '],"webshopOrder":' || coalesce((
                  select
                    '{"shop":"' || t16.shop::text
                    || '","orderNumber":' || json_scalar(t16.order_number)::text
                    || '}'
                  from webshop_order t16
                  where
                    t16.company_id = $1::uuid
                    and case when t16.shop = 'SHOPIFY' then
                      a0.g30
                    when t16.shop = 'WOOCOMMERCE' then
                      a0.g31
                    else true end
                    and case when t16.document_kind = 'QUOTE' then
                      a0.g49
                    when t16.document_kind = 'ORDER_CONFIRMATION' then
                      a0.g53
                    when t16.document_kind = 'DELIVERY_NOTE' then
                      a0.g54
                    when t16.document_kind = 'CREDIT_NOTE' then
                      a0.g50
                    when t16.document_kind = 'PAYMENT_REQUEST' then
                      a0.g55
                    when t16.document_kind = 'CASH_TICKET' then
                      a0.g52
                    when t16.document_kind = 'PURCHASE_SLIP' then
                      a0.g58
                    when t16.document_kind = 'PURCHASE_ORDER' then
                      a0.g57
                    when t16.document_kind = 'PURCHASE' then
                      a0.g56
                    else true end
                    and t16.document_id = t14.id
                ), 'null')
                || '}' j0
              from document t14
              where t14.company_id = $1::uuid and t14.kind = 'INVOICE'
              order by t14.date desc, t14.id desc
              limit $9::int4
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
          and a0.g13
          and a0.g14
          and a0.g15
          and a0.g16
          and a0.g17
          and a0.g18
          and a0.g19
          and a0.g20
          and a0.g21
          and a0.g22
          and a0.g23
          and a0.g24
          and a0.g25
          and a0.g26
          and a0.g27
          and a0.g28
          and a0.g29
          and a0.g30
          and a0.g31
          and a0.g32
          and a0.g33
          and a0.g34
          and a0.g35
          and a0.g36
          and a0.g37
          and a0.g38
          and a0.g39
          and a0.g40
          and a0.g41
          and a0.g42
          and a0.g43
          and a0.g44
          and a0.g45
          and a0.g46
          and a0.g47
          and a0.g48
          and a0.g49
          and a0.g50
          and a0.g51
          and a0.g52
          and a0.g53
          and a0.g54
          and a0.g55
          and a0.g56
          and a0.g57
          and a0.g58
          and a0.g59
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
            a0.g19,
            a0.g20,
            a0.g21,
            a0.g22,
            a0.g23,
            a0.g24,
            a0.g25,
            a0.g26,
            a0.g27,
            a0.g28,
            a0.g29,
            a0.g30,
            a0.g31,
            a0.g32,
            a0.g33,
            a0.g34,
            a0.g35,
            a0.g36,
            a0.g37,
            a0.g38,
            a0.g39,
            a0.g40,
            a0.g41,
            a0.g42,
            a0.g43,
            a0.g44,
            a0.g45,
            a0.g46,
            a0.g47,
            a0.g48,
            a0.g49,
            a0.g50,
            a0.g51,
            a0.g52,
            a0.g53,
            a0.g54,
            a0.g55,
            a0.g56,
            a0.g57,
            a0.g58,
            a0.g59
          )
        end h
      from membership m0
        join company c0 on c0.id = m0.company_id
        cross join lateral (
          select
            get_bit(b.e, 67) = 1 g0,
            get_bit(b.e, 68) = 1 g1,
            get_bit(b.e, 69) = 1 g2,
            get_bit(b.e, 70) = 1 g3,
            get_bit(b.e, 71) = 1 g4,
            get_bit(b.e, 72) = 1 g5,
            get_bit(b.e, 73) = 1 g6,
            get_bit(b.e, 74) = 1 g7,
            get_bit(b.e, 75) = 1 g8,
            get_bit(b.e, 76) = 1 g9,
            get_bit(b.e, 77) = 1 g10,
            get_bit(b.e, 78) = 1 g11,
            get_bit(b.e, 79) = 1 g12,
            get_bit(b.e, 80) = 1 g13,
            get_bit(b.e, 81) = 1 g14,
            get_bit(b.e, 82) = 1 g15,
            get_bit(b.e, 83) = 1 g16,
            get_bit(b.e, 84) = 1 g17,
            get_bit(b.e, 85) = 1 g18,
            get_bit(b.e, 86) = 1 g19,
            get_bit(b.e, 87) = 1 g20,
            get_bit(b.e, 88) = 1 g21,
            get_bit(b.e, 89) = 1 g22,
            get_bit(b.e, 90) = 1 g23,
            get_bit(b.e, 91) = 1 g24,
            get_bit(b.e, 92) = 1 g25,
            get_bit(b.e, 93) = 1 g26,
            get_bit(b.e, 94) = 1 g27,
            get_bit(b.e, 95) = 1 g28,
            get_bit(b.e, 96) = 1 g29,
            get_bit(b.e, 97) = 1 g30,
            get_bit(b.e, 98) = 1 g31,
            get_bit(b.e, 99) = 1 g32,
            get_bit(b.e, 100) = 1 g33,
            get_bit(b.e, 101) = 1 g34,
            get_bit(b.e, 102) = 1 g35,
            get_bit(b.e, 103) = 1 g36,
            get_bit(b.e, 104) = 1 g37,
            get_bit(b.e, 105) = 1 g38,
            get_bit(b.e, 106) = 1 g39,
            get_bit(b.e, 107) = 1 g40,
            get_bit(b.e, 108) = 1 g41,
            get_bit(b.e, 109) = 1 g42,
            get_bit(b.e, 110) = 1 g43,
            get_bit(b.e, 111) = 1 g44,
            get_bit(b.e, 112) = 1 g45,
            get_bit(b.e, 113) = 1 g46,
            get_bit(b.e, 114) = 1 g47,
            get_bit(b.e, 115) = 1 g48,
            get_bit(b.e, 2) = 1 g49,
            get_bit(b.e, 4) = 1 g50,
            get_bit(b.e, 3) = 1 g51,
            get_bit(b.e, 45) = 1 g52,
            get_bit(b.e, 21) = 1 g53,
            get_bit(b.e, 15) = 1 g54,
            get_bit(b.e, 25) = 1 g55,
            get_bit(b.e, 10) = 1 g56,
            get_bit(b.e, 33) = 1 g57,
            get_bit(b.e, 16) = 1 g58,
            get_bit(b.e, 6) = 1 g59
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
-- $2 = [CONNECTED]
-- $3 = 5
-- $4 = 3
-- $5 = [UNPROCESSED]
-- $6 = 3
-- $7 = 2
-- $8 = 2
-- $9 = 2
-- $10 = <hash of a token>
