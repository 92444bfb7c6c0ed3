with viewer as (
  select k.id, k.account_id, u.language language, k.read_only, u.confirmed
  from credential k
    join account u on u.id = k.account_id
  where k.token_hash = $43::bytea and k.expires_at > now() and k.kind = 'SESSION'
),
judged as materialized (
  select
    q.access_version,
    q.account_id,
    q.company_id,
    q.company_mask,
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
      case when p.input_hash = $3::bytea then 'REPLAYED' else 'KEY_REUSED' end
    when not q.is_there then
      'NOT_FOUND'
    when $40::bool then
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
      when x.company_id = any($41::uuid[]) or v.account_id = any($41::uuid[]) then
        'RATE_LIMITED'
      when x.effective & $42::bit(256) <> $42::bit(256) then
        'GATES'
      end refused
    from viewer v
      left join lateral (
        select
          c.id company_id,
          c.access_version,
          null::uuid row_id,
          null::uuid whole_id,
          true is_there,
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
        from membership m
          join company c on c.id = m.company_id
        where
          m.account_id = v.account_id
          and m.company_id = $4::uuid
          and c.id = $4::uuid
          and m.accepted_at is not null
          and m.removed_at is null
          and (m.until is null or m.until > now())
      ) x on true
  ) q
    left join lateral (
      select p.key, p.input_hash
      from change p
      where
        $2::text is not null
        and q.refused is null
        and p.company_id = $4::uuid
        and p.actor_id = q.account_id
        and p.operation = 'createCustomer'
        and p.idempotency_key = $2::text
      limit 1
    ) p on true
),
given as materialized (
  select
    y.*,
    array_remove(
      array[
        case when (($27::numeric(14, 2) is null) <> ($28::text is null)) then
          'VALIDATION COMBINATION discountType'
        end,
        case when ($28::text = 'PERCENT' and $27::numeric(14, 2) > 100) then
          'VALIDATION RANGE discount'
        end,
        case when (($29::numeric(5, 2) is null) <> ($30::integer is null)) then
          'VALIDATION COMBINATION settlementTermDays'
        end,
        case when (y.country = 'BE' and $15::text !~ '^[1-9][0-9]{3}$') then
          'VALIDATION FORMAT postcode'
        end,
        case when (
          left($11::text, 2) <> case y.country when 'GR' then
            'EL'
          when 'MC' then
            'FR'
          when 'GB' then
            'XI'
          else y.country end
          and (
            left($11::text, 2) = any(
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
        end
      ],
      null
    ) problems
  from (
    select
      j.company_id,
      j.account_id,
      j.credential_id,
      $1::text[] changed,
      coalesce($9::text, case when $11::text is null then 'CONSUMER' else 'BUSINESS' end) kind,
      coalesce($17::text, 'BE', 'BE') country,
      coalesce(
        $22::integer,
        coalesce((
          select s.payment_term_days from company_settings s where s.company_id = $4::uuid
        ), 30),
        30
      ) payment_term_days,
      coalesce(
        $23::boolean,
        coalesce((
          select s.end_of_month from company_settings s where s.company_id = $4::uuid
        ), false),
        false
      ) end_of_month,
      coalesce(
        $25::text, coalesce((select s.language from company s where s.id = $4::uuid), 'FR'), 'FR'
      ) language,
      coalesce(
        $26::text, coalesce((select s.currency from company s where s.id = $4::uuid), 'EUR'), 'EUR'
      ) currency,
      coalesce($35::boolean, false) mailchimp_subscribed,
      coalesce($36::text[], '{}') mailchimp_tags,
      case when $39::bool then
        $37::text
      when not (get_bit(j.company_mask, 115) = 1) then
        null
      else
        case when $11::text like 'BE%' then '0208:' || substr($11::text, 3) end
      end peppol_id
    from judged j
    where j.outcome is null
  ) y
),
number as materialized (
  insert into counter as k (company_id, kind, next)
  select $4::uuid, 'CUSTOMER', 2
  from given g
  where g.problems = '{}'::text[] and not $6::bool
  on conflict (company_id, kind) do
  update
  set next = k.next + 1
  returning k.next - 1 drawn
),
written as materialized (
  insert into contact (
    company_id,
    is_customer,
    number,
    name,
    kind,
    external_id,
    vat_number,
    vat_treatment,
    street,
    street_number,
    postcode,
    city,
    country,
    phone,
    mobile,
    email,
    website,
    payment_term_days,
    end_of_month,
    note,
    language,
    currency,
    discount,
    discount_type,
    settlement_discount,
    settlement_term_days,
    utm_source,
    utm_medium,
    utm_campaign,
    channel,
    mailchimp_subscribed,
    mailchimp_tags,
    peppol_id,
    price_tier_id,
    created_by,
    updated_by,
    sequence_number
  )
  select
    $4::uuid,
    true,
    'C' || lpad(d.drawn::text, greatest(5, length(d.drawn::text)), '0'),
    $8::text,
    g.kind,
    $10::text,
    $11::text,
    $12::text,
    $13::text,
    $14::text,
    $15::text,
    $16::text,
    g.country,
    $18::text,
    $19::text,
    $20::text,
    $21::text,
    g.payment_term_days,
    g.end_of_month,
    $24::text,
    g.language,
    g.currency,
    $27::numeric(14, 2),
    $28::text,
    $29::numeric(5, 2),
    $30::integer,
    $31::text,
    $32::text,
    $33::text,
    $34::text,
    g.mailchimp_subscribed,
    g.mailchimp_tags,
    g.peppol_id,
    $38::uuid,
    g.account_id,
    g.account_id,
    d.drawn
  from given g
    cross join number d
  where g.problems = '{}'::text[] and not $6::bool
  returning id
),
trail as materialized (
  insert into change (
    company_id, actor_id, credential_id, operation, entity, key, kind, fields, idempotency_key, input_hash
  )
  select
    $4::uuid,
    j.account_id,
    j.credential_id,
    'createCustomer',
    'Customer',
    w.id,
    'CREATED',
    $1::text[],
    $2::text,
    $3::bytea
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
  from (select 1, $5::int4, $7::text) one
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
      when g.problems <> '{}'::text[] then
        'FOUND'
      when $6::bool then
        'VALID'
      when w.id is null then
        'RACED'
      end outcome
    from judged j
      left join (select g.problems from given g offset 0) g on true
      left join (select w.id from written w offset 0) w on true
  ) o on true;
-- $1 = ('name', 'vatNumber', 'city', 'discount', 'discountType')
-- $2 = null
-- $3 = null
-- $4 = 514c94de889b4144be3fe722f52193db
-- $5 = null
-- $6 = False
-- $7 = null
-- $8 = Boulangerie Saint-Éloi
-- $9 = null
-- $10 = null
-- $11 = BE0999999922
-- $12 = null
-- $13 = null
-- $14 = null
-- $15 = null
-- $16 = Namur
-- $17 = null
-- $18 = null
-- $19 = null
-- $20 = null
-- $21 = null
-- $22 = null
-- $23 = null
-- $24 = null
-- $25 = null
-- $26 = null
-- $27 = 2.50
-- $28 = PERCENT
-- $29 = null
-- $30 = null
-- $31 = null
-- $32 = null
-- $33 = null
-- $34 = null
-- $35 = null
-- $36 = null
-- $37 = null
-- $38 = null
-- $39 = False
-- $40 = False
-- $41 = []
-- $42 = <BitString 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0100 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000…
-- $43 = <hash of a token>

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
    l0.h h,
    v.id,
    v.account_id
  from (select 1) one
    left join viewer v on true
    left join lateral (
      select
        '{"number":' || json_scalar(t1.number)::text
        || ',"name":' || json_scalar(t1.name)::text
        || ',"kind":"' || t1.kind::text
        || '","vatNumber":' || coalesce(json_scalar(t1.vat_number)::text, 'null')
        || ',"peppolId":' || case when a0.g0 then
          coalesce(json_scalar(t1.peppol_id)::text, 'null') || ',"paymentTermDays":'
        else 'null,"paymentTermDays":' end
        || t1.payment_term_days::text
        || ',"discount":' || case when a0.g1 then
          coalesce('"' || t1.discount::text || '"', 'null') || ',"version":'
        else 'null,"version":' end
        || t1.version::text
        || ',"createdBy":' || coalesce((
          select '{"name":' || json_scalar((t2.first_name || ' ' || t2.last_name))::text || '}'
          from membership t2
          where
            t2.company_id = $2::uuid
            and t2.id = (
              select t3.id
              from membership t3
              where t3.company_id = $2::uuid and t3.account_id = t1.created_by
              order by t3.removed_at desc nulls first
              limit 1
            )
        ), 'null')
        || '}' j,
        case when not (a0.g0 and a0.g1) and c0.id is not null then concat('0:', c0.id, ':', a0.g0, a0.g1) end h
      from contact t1
        join membership m0
        join company c0 on c0.id = m0.company_id on t1.company_id = $2::uuid
        cross join lateral (
          select get_bit(b.e, 115) = 1 g0, get_bit(b.e, 41) = 1 g1
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
    ) l0 on true
) s;
-- $1 = <new key>
-- $2 = 514c94de-889b-4144-be3f-e722f52193db
-- $3 = []
-- $4 = <hash of a token>
