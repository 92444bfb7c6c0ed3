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
        and (((y.r).discount is null) <> ((y.r).discount_type is null)) then
          'VALIDATION COMBINATION discountType'
        end,
        case when y.changed && array['discount', 'discountType']
        and ((y.r).discount_type = 'PERCENT' and (y.r).discount > 100) then
          'VALIDATION RANGE discount'
        end,
        case when y.changed && array['settlementDiscount', 'settlementTermDays']
        and (((y.r).settlement_discount is null) <> ((y.r).settlement_term_days is null)) then
          'VALIDATION COMBINATION settlementTermDays'
        end,
        case when y.changed && array['postcode', 'country']
        and ((y.r).country = 'BE' and (y.r).postcode !~ '^[1-9][0-9]{3}$') then
          'VALIDATION FORMAT postcode'
        end,
        case when y.changed && array['vatNumber', 'country']
        and (
          left((y.r).vat_number, 2) <> case (y.r).country when 'GR' then
            'EL'
          when 'MC' then
            'FR'
          when 'GB' then
            'XI'
          else (y.r).country end
          and (
            left((y.r).vat_number, 2) = any(
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
            or case (y.r).country when 'GR' then
              'EL'
            when 'MC' then
              'FR'
            when 'GB' then
              'XI'
            else (y.r).country end = any(
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
            and o.external_id = (y.r).external_id
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
      n.id,
      n.version,
      array_remove(
        array[
          case when (n.r).number is distinct from (n.t).number then 'number' end,
          case when (n.r).name is distinct from (n.t).name then 'name' end,
          case when (n.r).kind is distinct from (n.t).kind then 'kind' end,
          case when (n.r).external_id is distinct from (n.t).external_id then 'externalId' end,
          case when (n.r).vat_number is distinct from (n.t).vat_number then 'vatNumber' end,
          case when (n.r).vat_treatment is distinct from (n.t).vat_treatment then 'vatTreatment' end,
          case when (n.r).street is distinct from (n.t).street then 'street' end,
          case when (n.r).street_number is distinct from (n.t).street_number then 'streetNumber' end,
          case when (n.r).postcode is distinct from (n.t).postcode then 'postcode' end,
          case when (n.r).city is distinct from (n.t).city then 'city' end,
          case when (n.r).country is distinct from (n.t).country then 'country' end,
          case when (n.r).phone is distinct from (n.t).phone then 'phone' end,
          case when (n.r).mobile is distinct from (n.t).mobile then 'mobile' end,
          case when (n.r).email is distinct from (n.t).email then 'email' end,
          case when (n.r).website is distinct from (n.t).website then 'website' end,
          case when (n.r).payment_term_days is distinct from (n.t).payment_term_days then
            'paymentTermDays'
          end,
          case when (n.r).end_of_month is distinct from (n.t).end_of_month then 'endOfMonth' end,
          case when (n.r).note is distinct from (n.t).note then 'note' end,
          case when (n.r).language is distinct from (n.t).language then 'language' end,
          case when (n.r).currency is distinct from (n.t).currency then 'currency' end,
          case when (n.r).discount is distinct from (n.t).discount then 'discount' end,
          case when (n.r).discount_type is distinct from (n.t).discount_type then 'discountType' end,
          case when (n.r).settlement_discount is distinct from (n.t).settlement_discount then
            'settlementDiscount'
          end,
          case when (n.r).settlement_term_days is distinct from (n.t).settlement_term_days then
            'settlementTermDays'
          end,
          case when (n.r).utm_source is distinct from (n.t).utm_source then 'utmSource' end,
          case when (n.r).utm_medium is distinct from (n.t).utm_medium then 'utmMedium' end,
          case when (n.r).utm_campaign is distinct from (n.t).utm_campaign then 'utmCampaign' end,
          case when (n.r).channel is distinct from (n.t).channel then 'channel' end,
          case when (n.r).mailchimp_subscribed is distinct from (n.t).mailchimp_subscribed then
            'mailchimpSubscribed'
          end,
          case when (n.r).mailchimp_tags is distinct from (n.t).mailchimp_tags then 'mailchimpTags' end,
          case when (n.r).peppol_id is distinct from (n.t).peppol_id then 'peppolId' end,
          case when case when $6::jsonb ->> 'key:price_tier_id' is null then
            (n.r).price_tier_id
          else (
            select h.key
            from change h
            where
              h.company_id = j.company_id
              and h.actor_id = j.account_id
              and h.operation = 'createPriceTier'
              and h.idempotency_key = $6::jsonb ->> 'key:price_tier_id'
          )
          end is distinct from (n.t).price_tier_id then
            'priceTierId'
          end
        ]::text[],
        null
      ) changed,
      case when $6::jsonb ->> 'key:price_tier_id' is null then
        (n.r).price_tier_id
      else (
        select h.key
        from change h
        where
          h.company_id = j.company_id
          and h.actor_id = j.account_id
          and h.operation = 'createPriceTier'
          and h.idempotency_key = $6::jsonb ->> 'key:price_tier_id'
      )
      end price_tier_id,
      n.r
    from judged j
      cross join lateral (
        select t.id, t.version, t, jsonb_populate_record(t, $6::jsonb) r
        from contact t
        where t.company_id = j.company_id and t.id = j.row_id
        offset 0
      ) n
    where j.outcome is null
  ) y
),
written as materialized (
  update contact t
  set
    number = (g.r).number,
    name = (g.r).name,
    kind = (g.r).kind,
    external_id = (g.r).external_id,
    vat_number = (g.r).vat_number,
    vat_treatment = (g.r).vat_treatment,
    street = (g.r).street,
    street_number = (g.r).street_number,
    postcode = (g.r).postcode,
    city = (g.r).city,
    country = (g.r).country,
    phone = (g.r).phone,
    mobile = (g.r).mobile,
    email = (g.r).email,
    website = (g.r).website,
    payment_term_days = (g.r).payment_term_days,
    end_of_month = (g.r).end_of_month,
    note = (g.r).note,
    language = (g.r).language,
    currency = (g.r).currency,
    discount = (g.r).discount,
    discount_type = (g.r).discount_type,
    settlement_discount = (g.r).settlement_discount,
    settlement_term_days = (g.r).settlement_term_days,
    utm_source = (g.r).utm_source,
    utm_medium = (g.r).utm_medium,
    utm_campaign = (g.r).utm_campaign,
    channel = (g.r).channel,
    mailchimp_subscribed = (g.r).mailchimp_subscribed,
    mailchimp_tags = (g.r).mailchimp_tags,
    peppol_id = (g.r).peppol_id,
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
