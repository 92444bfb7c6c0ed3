with viewer as (
  select k.id, k.account_id, u.language language, k.read_only, u.confirmed
  from credential k
    join account u on u.id = k.account_id
  where k.token_hash = $11::bytea and k.expires_at > now() and k.kind = 'SESSION'
),
judged as materialized (
  select
    q.access_version,
    q.account_id,
    q.company_id,
    q.confirmed,
    q.credential_id,
    q.effective,
    q.language,
    q.row_id,
    q.whole_id,
    p.key earlier,
    case when q.refused is not null then
      q.refused
    when p.key is not null then
      case when p.input_hash = $2::bytea then 'REPLAYED' else 'KEY_REUSED' end
    when not q.is_there then
      'NOT_FOUND'
    when $7::bool then
      'PROBLEMS'
    end outcome
  from (
    select
      v.id credential_id,
      v.account_id,
      v.confirmed,
      v.language,
      x.*,
      case when v.read_only then
        'FORBIDDEN'
      when x.company_id is null then
        'NOT_FOUND'
      when not x.is_there then
        null
      when x.company_id = any($9::uuid[]) or v.account_id = any($9::uuid[]) then
        'RATE_LIMITED'
      when x.effective & $10::bit(256) <> $10::bit(256) then
        'GATES'
      end refused
    from viewer v
      left join lateral (
        select
          c.id company_id,
          c.access_version,
          r.id row_id,
          null::uuid whole_id,
          r.deleted_at is null is_there,
          m.id member,
          m.role role,
          m.stands_in stands_in,
          c.mask,
          c.plan_mask,
          c.trial_ends_at,
          (
            case when c.trial_ends_at is null or c.trial_ends_at <= now() then c.plan_mask else c.mask end
          ) company_mask,
          m.mask member_mask,
          m.lent lent,
          m.lent_until lent_until,
          (
            (
              case when c.trial_ends_at is null or c.trial_ends_at <= now() then c.plan_mask else c.mask end
            ) & (
              case when m.lent_until is null or m.lent_until > now() or m.role is distinct from 'EMPLOYEE' then
                m.mask
              else m.mask & ~ m.lent end
            )
          ) effective
        from contact r
          join membership m
          join company c on c.id = m.company_id on r.company_id = m.company_id
        where
          m.account_id = v.account_id
          and m.company_id = c.id
          and m.accepted_at is not null
          and m.removed_at is null
          and (m.until is null or m.until > now())
          and r.id = $8::uuid
          and r.is_customer
      ) x on true
  ) q
    left join lateral (
      select p.key, p.input_hash
      from change p
      where
        $1::text is not null
        and q.refused is null
        and p.company_id = q.company_id
        and p.actor_id = q.account_id
        and p.operation = 'updateCustomer'
        and p.idempotency_key = $1::text
      limit 1
    ) p on true
),
given as materialized (
  select
    y.*,
    array_remove(
      array[
        case when y.changed && array['discount', 'discountType']
        and ((y.discount is null) <> (y.discount_type is null)) then
          'VALIDATION COMBINATION discountType'
        end,
        case when y.changed && array['discount', 'discountType']
        and (y.discount_type = 'PERCENT' and y.discount > 100) then
          'VALIDATION RANGE discount'
        end,
        case when y.changed && array['settlementDiscount', 'settlementTermDays']
        and ((y.settlement_discount is null) <> (y.settlement_term_days is null)) then
          'VALIDATION COMBINATION settlementTermDays'
        end,
        case when y.changed && array['postcode', 'country']
        and (y.country = 'BE' and y.postcode !~ '^[1-9][0-9]{3}$') then
          'VALIDATION FORMAT postcode'
        end,
        case when y.changed && array['vatNumber', 'country']
        and (
          left(y.vat_number, 2) <> case y.country when 'GR' then
            'EL'
          when 'MC' then
            'FR'
          when 'GB' then
            'XI'
          else y.country end
          and (
            left(y.vat_number, 2) = any(
              array[
                'AT',
                'BE',
                'BG',
                'CY',
                'CZ',
                'DE',
                'DK',
                'EE',
                'EL',
                'ES',
                'FI',
                'FR',
                'HR',
                'HU',
                'IE',
                'IT',
                'LT',
                'LU',
                'LV',
                'MT',
                'NL',
                'PL',
                'PT',
                'RO',
                'SE',
                'SI',
                'SK',
                'XI'
              ]
            )
            or case y.country when 'GR' then
              'EL'
            when 'MC' then
              'FR'
            when 'GB' then
              'XI'
            else y.country end = any(
              array[
                'AT',
                'BE',
                'BG',
                'CY',
                'CZ',
                'DE',
                'DK',
                'EE',
                'EL',
                'ES',
                'FI',
                'FR',
                'HR',
                'HU',
                'IE',
                'IT',
                'LT',
                'LU',
                'LV',
                'MT',
                'NL',
                'PL',
                'PT',
                'RO',
                'SE',
                'SI',
                'SK',
                'XI'
              ]
            )
          )
        ) then
          'VALIDATION COMBINATION vatNumber'
        end,
        case when ('priceTierId' = any(y.changed) or $6::jsonb ? 'key:price_tier_id')
        and (
          y.price_tier_id is not null
          and not exists (
            select
            from price_tier l
            where
              l.company_id = y.company_id
              and l.id = y.price_tier_id
              and l.deleted_at is null
            offset 0
          )
          or $6::jsonb ? 'key:price_tier_id' and y.price_tier_id is null
        ) then
          'NOT_FOUND  priceTierId'
        end,
        case when $4::bool then (
          select
            'TAKEN  externalId' || case when o.deleted_at is null and o.is_customer then
              ' cus_' || encode(uuid_send(o.id), 'hex')
            else '' end
          from contact o
          where
            o.company_id = y.company_id
            and external_id is not null
            and is_customer
            and o.external_id = y.external_id
            and o.id <> y.id
          limit 1
        )
        end
      ],
      null
    ) problems
  from (
    select
      j.company_id,
      j.account_id,
      j.credential_id,
      t.id,
      t.version,
      array_remove(
        array[
          case when n.number is distinct from t.number then 'number' end,
          case when n.name is distinct from t.name then 'name' end,
          case when n.kind is distinct from t.kind then 'kind' end,
          case when n.external_id is distinct from t.external_id then 'externalId' end,
          case when n.vat_number is distinct from t.vat_number then 'vatNumber' end,
          case when n.vat_treatment is distinct from t.vat_treatment then 'vatTreatment' end,
          case when n.street is distinct from t.street then 'street' end,
          case when n.street_number is distinct from t.street_number then 'streetNumber' end,
          case when n.postcode is distinct from t.postcode then 'postcode' end,
          case when n.city is distinct from t.city then 'city' end,
          case when n.country is distinct from t.country then 'country' end,
          case when n.phone is distinct from t.phone then 'phone' end,
          case when n.mobile is distinct from t.mobile then 'mobile' end,
          case when n.email is distinct from t.email then 'email' end,
          case when n.website is distinct from t.website then 'website' end,
          case when n.payment_term_days is distinct from t.payment_term_days then 'paymentTermDays' end,
          case when n.end_of_month is distinct from t.end_of_month then 'endOfMonth' end,
          case when n.note is distinct from t.note then 'note' end,
          case when n.language is distinct from t.language then 'language' end,
          case when n.currency is distinct from t.currency then 'currency' end,
          case when n.discount is distinct from t.discount then 'discount' end,
          case when n.discount_type is distinct from t.discount_type then 'discountType' end,
          case when n.settlement_discount is distinct from t.settlement_discount then
            'settlementDiscount'
          end,
          case when n.settlement_term_days is distinct from t.settlement_term_days then
            'settlementTermDays'
          end,
          case when n.utm_source is distinct from t.utm_source then 'utmSource' end,
          case when n.utm_medium is distinct from t.utm_medium then 'utmMedium' end,
          case when n.utm_campaign is distinct from t.utm_campaign then 'utmCampaign' end,
          case when n.channel is distinct from t.channel then 'channel' end,
          case when n.mailchimp_subscribed is distinct from t.mailchimp_subscribed then
            'mailchimpSubscribed'
          end,
          case when n.mailchimp_tags is distinct from t.mailchimp_tags then 'mailchimpTags' end,
          case when n.peppol_id is distinct from t.peppol_id then 'peppolId' end,
          case when case when $6::jsonb ->> 'key:price_tier_id' is null then
            n.price_tier_id
          else (
            select h.key
            from change h
            where
              h.company_id = j.company_id
              and h.actor_id = j.account_id
              and h.operation = 'createPriceTier'
              and h.idempotency_key = $6::jsonb ->> 'key:price_tier_id'
          )
          end is distinct from t.price_tier_id then
            'priceTierId'
          end
        ]::text[],
        null
      ) changed,
      n.number number,
      n.name name,
      n.kind kind,
      n.external_id external_id,
      n.vat_number vat_number,
      n.vat_treatment vat_treatment,
      n.street street,
      n.street_number street_number,
      n.postcode postcode,
      n.city city,
      n.country country,
      n.phone phone,
      n.mobile mobile,
      n.email email,
      n.website website,
      n.payment_term_days payment_term_days,
      n.end_of_month end_of_month,
      n.note note,
      n.language language,
      n.currency currency,
      n.discount discount,
      n.discount_type discount_type,
      n.settlement_discount settlement_discount,
      n.settlement_term_days settlement_term_days,
      n.utm_source utm_source,
      n.utm_medium utm_medium,
      n.utm_campaign utm_campaign,
      n.channel channel,
      n.mailchimp_subscribed mailchimp_subscribed,
      n.mailchimp_tags mailchimp_tags,
      n.peppol_id peppol_id,
      case when $6::jsonb ->> 'key:price_tier_id' is null then
        n.price_tier_id
      else (
        select h.key
        from change h
        where
          h.company_id = j.company_id
          and h.actor_id = j.account_id
          and h.operation = 'createPriceTier'
          and h.idempotency_key = $6::jsonb ->> 'key:price_tier_id'
      )
      end price_tier_id
    from judged j
      join contact t on t.company_id = j.company_id and t.id = j.row_id
      cross join lateral jsonb_populate_record(t, $6::jsonb) n
    where j.outcome is null
  ) y
),
written as materialized (
  update contact t
  set
    number = g.number,
    name = g.name,
    kind = g.kind,
    external_id = g.external_id,
    vat_number = g.vat_number,
    vat_treatment = g.vat_treatment,
    street = g.street,
    street_number = g.street_number,
    postcode = g.postcode,
    city = g.city,
    country = g.country,
    phone = g.phone,
    mobile = g.mobile,
    email = g.email,
    website = g.website,
    payment_term_days = g.payment_term_days,
    end_of_month = g.end_of_month,
    note = g.note,
    language = g.language,
    currency = g.currency,
    discount = g.discount,
    discount_type = g.discount_type,
    settlement_discount = g.settlement_discount,
    settlement_term_days = g.settlement_term_days,
    utm_source = g.utm_source,
    utm_medium = g.utm_medium,
    utm_campaign = g.utm_campaign,
    channel = g.channel,
    mailchimp_subscribed = g.mailchimp_subscribed,
    mailchimp_tags = g.mailchimp_tags,
    peppol_id = g.peppol_id,
    price_tier_id = g.price_tier_id,
    version = g.version + 1,
    updated_at = now(),
    updated_by = g.account_id
  from given g
  where
    t.company_id = g.company_id
    and t.id = g.id
    and t.version = g.version
    and g.problems = '{}'::text[]
    and not $4::bool
    and ($3::int4 is null or g.version = $3::int4)
    and g.changed && $5::text[]
  returning t.company_id, t.id, g.changed
),
trail as materialized (
  insert into change (
    company_id, actor_id, credential_id, operation, entity, key, kind, fields, idempotency_key, input_hash
  )
  select
    w.company_id,
    j.account_id,
    j.credential_id,
    'updateCustomer',
    'Customer',
    w.id,
    'CHANGED',
    w.changed,
    $1::text,
    $2::bytea
  from written w
    cross join judged j
  returning case when clock_timestamp() > statement_timestamp() + interval '2 ms' then
    check_right(credential_id, company_id, (select j.access_version from judged j))
  end
)
select
  s.d::varchar,
  s.h::varchar,
  s.id,
  case when s.h is not null then s.language end,
  s.account_id,
  (pg_current_xact_id_if_assigned()::text::int8 + 1) position,
  o.*
from (
  select '{"data":null}' d, null h, v.id, v.account_id, v.language
  from (select 1) one
    left join viewer v on true
) s
  left join (
    select
      j.company_id,
      case when j.outcome = 'GATES' then j.effective end apps,
      coalesce(w.id, j.row_id, j.earlier) row_id,
      j.whole_id,
      j.confirmed,
      j.language,
      g.problems,
      case when j.outcome is not null then
        j.outcome
      when $3::int4 <> g.version then
        'VERSION_CONFLICT'
      when g.problems <> '{}'::text[] then
        'FOUND'
      when $4::bool then
        'VALID'
      when not g.changed && $5::text[] then
        'UNCHANGED'
      when w.id is null then
        'RACED'
      end outcome
    from judged j
      left join (
        select g.problems, g.version, g.changed from given g offset 0
      ) g on true
      left join (select w.id from written w offset 0) w on true
  ) o on true;
-- $1 = null
-- $2 = null
-- $3 = null
-- $4 = False
-- $5 = ('discount', 'discountType', 'note')
-- $6 = {"discount":null,"discount_type":null,"note":"Appelle le mardi."}
-- $7 = False
-- $8 = 018c1fa513c273488a3700f8a3a3abc9
-- $9 = []
-- $10 = <BitString 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0100 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000…
-- $11 = <hash of a token>

with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $4::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select
  s.d::varchar,
  s.h::varchar,
  s.id,
  case when s.h is not null then (select w.language from account w where w.id = s.account_id) end,
  s.account_id,
  pg_snapshot_xmax(pg_current_snapshot())::text::int8 position
from (
  select
    '{"data":{"customer":' || coalesce(l0.j, 'null')
    || ',"company":' || coalesce(l1.j, 'null')
    || ',"errors":[' || coalesce((
      select
        string_agg(
          '{"code":' || '"' || e.code || '"'
          || ',"reason":' || coalesce('"' || e.reason || '"', 'null')
          || ',"field":' || coalesce(e.field::text, 'null')
          || ',"message":' || json_scalar(e.message)::text
          || ',"app":' || coalesce('"' || e.app || '"', 'null')
          || '}',
          ','
        )
      from json_to_recordset($3::json) e(
        code text, message text, field json, reason text, app text, role text, about json
      )
    ), '')
    || ']}}' d,
    nullif(coalesce(l0.h, '') || ';' || coalesce(l1.h, ''), ';') h,
    v.id,
    v.account_id
  from (select 1) one
    left join viewer v on true
    left join lateral (
      select
        '{"name":' || json_scalar(t1.name)::text
        || ',"note":' || coalesce(json_scalar(t1.note)::text, 'null')
        || ',"discount":' || case when a0.g0 then
          coalesce('"' || t1.discount::text || '"', 'null') || '}'
        else 'null}' end j,
        case when not (a0.g0) and c0.id is not null then concat('0:', c0.id, ':', a0.g0) end h
      from contact t1
        join membership m0
        join company c0 on c0.id = m0.company_id on t1.company_id = $2::uuid
        cross join lateral (
          select get_bit(b.e, 41) = 1 g0
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
        t1.id = $1::uuid
        and true
        and t1.is_customer
        and t1.deleted_at is null
        and m0.account_id = v.account_id
        and m0.company_id = $2::uuid
        and c0.id = $2::uuid
        and m0.accepted_at is not null
        and m0.removed_at is null
        and (m0.until is null or m0.until > now())
        and true
      offset 0
    ) l0 on true
    left join lateral (
      select '{"name":' || json_scalar(c1.name)::text || '}' j, null h
      from membership m1
        join company c1 on c1.id = m1.company_id
      where
        m1.account_id = v.account_id
        and m1.company_id = $2::uuid
        and c1.id = $2::uuid
        and m1.accepted_at is not null
        and m1.removed_at is null
        and (m1.until is null or m1.until > now())
      offset 0
    ) l1 on true
) s;
-- $1 = 018c1fa5-13c2-7348-8a37-00f8a3a3abc9
-- $2 = 514c94de-889b-4144-be3f-e722f52193db
-- $3 = []
-- $4 = <hash of a token>
