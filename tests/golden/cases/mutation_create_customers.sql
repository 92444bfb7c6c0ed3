with viewer as (
  select k.id, k.account_id, u.language language, k.read_only, u.confirmed
  from credential k
    join account u on u.id = k.account_id
  where k.token_hash = $10::bytea and k.expires_at > now() and k.kind = 'SESSION'
),
judged as materialized (
  select
    q.*,
    p.key earlier,
    case when q.refused is not null then
      q.refused
    when p.key is not null then
      case when substr(p.input_hash, 1, 32) = $2::bytea then 'REPLAYED' else 'KEY_REUSED' end
    when not q.is_there then
      'NOT_FOUND'
    when $4::bool then
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
      when x.company_id = any($5::uuid[]) or v.account_id = any($5::uuid[]) then
        'RATE_LIMITED'
      when x.effective & $6::bit(256) <> $6::bit(256) then
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
          and m.company_id = $1::uuid
          and c.id = $1::uuid
          and m.accepted_at is not null
          and m.removed_at is null
          and (m.until is null or m.until > now())
      ) x on true
  ) q
    left join lateral (
      select p.key, p.input_hash
      from change p
      where
        $3::text is not null
        and q.refused is null
        and p.company_id = $1::uuid
        and p.actor_id = q.account_id
        and p.operation = 'createCustomers'
        and p.idempotency_key = $3::text
      limit 1
    ) p on true
),
done as materialized (
  select h.key id, substr(h.input_hash, 32 + 1)::int2 n
  from judged j
    join change p on p.company_id = $1::uuid
    and p.actor_id = j.account_id
    and p.operation = 'createCustomers'
    and p.idempotency_key = $3::text
    join change h on h.company_id = $1::uuid and h.xid = p.xid and h.operation = p.operation
  where j.outcome = 'REPLAYED'
),
given as materialized (
  select
    z.*,
    case when z.done is not null and not z.lacks then
      'REPLAYED'
    when z.outcome is not null and $8::bool then
      'UNCHANGED'
    when z.lacks then
      'GATES'
    when z.item ? '*wrong' then
      'PROBLEMS'
    when z.problems <> '{}'::text[] then
      'FOUND'
    when z.outcome is not null then
      'NOT_WRITTEN'
    end refused
  from (
    select
      y.*,
      array_remove(
        array[
          case when ((y.discount is null) <> (y.discount_type is null)) then
            'VALIDATION COMBINATION discountType'
          end,
          case when (y.discount_type = 'PERCENT' and y.discount > 100) then
            'VALIDATION RANGE discount'
          end,
          case when ((y.settlement_discount is null) <> (y.settlement_term_days is null)) then
            'VALIDATION COMBINATION settlementTermDays'
          end,
          case when (y.country = 'BE' and y.postcode !~ '^[1-9][0-9]{3}$') then
            'VALIDATION FORMAT postcode'
          end,
          case when (
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
          case when (
            y.price_tier_id is not null
            and not exists (
              select
              from price_tier l
              where
                l.company_id = $1::uuid
                and l.id = y.price_tier_id
                and l.deleted_at is null
              offset 0
            )
            or y.item ? 'key:price_tier_id' and y.price_tier_id is null
          ) then
            'NOT_FOUND  priceTierId'
          end,
          case when 'externalId' = any(y.changed) then (
            select
              'TAKEN  externalId' || case when o.deleted_at is null and o.is_customer then
                ' cus_' || encode(uuid_send(o.id), 'hex')
              else '' end
            from contact o
            where
              o.company_id = $1::uuid
              and external_id is not null
              and is_customer
              and o.external_id = y.external_id
            limit 1
          )
          end,
          case when 'number' = any(y.changed) then (
            select
              'TAKEN  number' || case when o.deleted_at is null and o.is_customer then
                ' cus_' || encode(uuid_send(o.id), 'hex')
              else '' end
            from contact o
            where o.company_id = $1::uuid and is_customer and o.sequence_number = y.stated
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
        j.outcome,
        e.item,
        e.n,
        d.id done,
        array(select jsonb_array_elements_text(e.item -> '*fields')) fields,
        coalesce(
          j.effective & (e.item ->> '*used')::bit(256) <> (e.item ->> '*used')::bit(256), false
        ) lacks,
        uuidv7() id,
        array(select jsonb_array_elements_text(e.item -> '*fields')) changed,
        n.number number,
        n.name name,
        coalesce(n.kind, case when n.vat_number is null then 'CONSUMER' else 'BUSINESS' end) kind,
        n.external_id external_id,
        n.vat_number vat_number,
        n.vat_treatment vat_treatment,
        n.street street,
        n.street_number street_number,
        n.postcode postcode,
        n.city city,
        coalesce(n.country, 'BE', 'BE') country,
        n.phone phone,
        n.mobile mobile,
        n.email email,
        n.website website,
        coalesce(
          n.payment_term_days,
          coalesce((
            select s.payment_term_days from company_settings s where s.company_id = $1::uuid
          ), 30),
          30
        ) payment_term_days,
        coalesce(
          n.end_of_month,
          coalesce((
            select s.end_of_month from company_settings s where s.company_id = $1::uuid
          ), false),
          false
        ) end_of_month,
        n.note note,
        coalesce(
          n.language, coalesce((select s.language from company s where s.id = $1::uuid), 'FR'), 'FR'
        ) language,
        coalesce(
          n.currency, coalesce((select s.currency from company s where s.id = $1::uuid), 'EUR'), 'EUR'
        ) currency,
        n.discount discount,
        n.discount_type discount_type,
        n.settlement_discount settlement_discount,
        n.settlement_term_days settlement_term_days,
        n.utm_source utm_source,
        n.utm_medium utm_medium,
        n.utm_campaign utm_campaign,
        n.channel channel,
        coalesce(n.mailchimp_subscribed, false) mailchimp_subscribed,
        coalesce(n.mailchimp_tags, '{}') mailchimp_tags,
        case when e.item ? 'peppol_id' then
          n.peppol_id
        when not (get_bit(j.company_mask, 115) = 1) then
          null
        else
          case when n.vat_number like 'BE%' then '0208:' || substr(n.vat_number, 3) end
        end peppol_id,
        case when e.item ->> 'key:price_tier_id' is null then
          n.price_tier_id
        else (
          select h.key
          from change h
          where
            h.company_id = $1::uuid
            and h.actor_id = j.account_id
            and h.operation = 'createPriceTier'
            and h.idempotency_key = e.item ->> 'key:price_tier_id'
        )
        end price_tier_id,
        substring(n.number from '^[A-Z]([0-9]{1,9})$')::int stated
      from judged j
        cross join lateral jsonb_array_elements($7::jsonb)
      with ordinality e(item, n)
        left join done d on d.n = e.n
        cross join lateral jsonb_populate_record(null::contact, e.item) n
      where coalesce(j.outcome, 'REPLAYED') = 'REPLAYED'
      offset 0
    ) y
    offset 0
  ) z
),
good as materialized (
  select g.*, count(*) filter (where g.stated is null) over (order by g.n) nth
  from given g
  where
    g.outcome is null
    and g.refused is null
    and not $9::bool
    and not exists (
      select from given o where o.refused = 'RACED' or $8::bool and o.refused <> 'UNCHANGED'
    )
),
number as materialized (
  insert into counter as k (company_id, kind, next)
  select
    $1::uuid,
    'CUSTOMER',
    coalesce(max(g.stated), 0) + 1 + (select count(*) from good g where g.stated is null)
  from good g
  group by g.company_id
  on conflict (company_id, kind) do
  update
  set
    next = greatest(
      k.next, excluded.next - (select count(*) from good g where g.stated is null)
    ) + (select count(*) from good g where g.stated is null)
  returning k.next - (select count(*) from good g where g.stated is null) lowest
),
written as materialized (
  insert into contact (
    company_id,
    id,
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
    $1::uuid,
    g.id,
    true,
    'C' || lpad(d.drawn::text, greatest(5, length(d.drawn::text)), '0'),
    g.name,
    g.kind,
    g.external_id,
    g.vat_number,
    g.vat_treatment,
    g.street,
    g.street_number,
    g.postcode,
    g.city,
    g.country,
    g.phone,
    g.mobile,
    g.email,
    g.website,
    g.payment_term_days,
    g.end_of_month,
    g.note,
    g.language,
    g.currency,
    g.discount,
    g.discount_type,
    g.settlement_discount,
    g.settlement_term_days,
    g.utm_source,
    g.utm_medium,
    g.utm_campaign,
    g.channel,
    g.mailchimp_subscribed,
    g.mailchimp_tags,
    g.peppol_id,
    g.price_tier_id,
    g.account_id,
    g.account_id,
    d.drawn
  from good g
    cross join number k
    cross join lateral (select coalesce(g.stated, k.lowest + g.nth - 1) drawn) d
  where true
  returning *
),
trail as materialized (
  insert into change (
    company_id, actor_id, credential_id, operation, entity, key, kind, fields, idempotency_key, input_hash
  )
  select
    $1::uuid,
    g.account_id,
    g.credential_id,
    'createCustomers',
    'Customer',
    w.id,
    'CREATED',
    g.changed,
    case when g.n = (select min(o.n) from good o) then $3::text end,
    $2::bytea || g.n::int2::bytea
  from written w
    join good g on g.id = w.id
  returning id
),
lasting as materialized (
  select check_right(j.credential_id, j.company_id, j.access_version)
  from judged j
  where
    case when (select count(*) from trail) > 0 then
      clock_timestamp() > statement_timestamp() + interval '2 ms'
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
  select '{"data":{"results":' || l0.j || ',"errors":[]}}' d, null h, v.id, v.account_id, v.language
  from (select 1) one
    left join viewer v on true
    left join lateral (
      select
        (
          select
            '[' || coalesce(
              string_agg(
                '{"index":' || (w0.nth - 1)::text
                || ',"customer":{"name":' || json_scalar(w0.name)::text
                || ',"number":' || json_scalar(w0.number)::text
                || '},"errors":[]}',
                ',' order by w0.nth
              ),
              ''
            )
            || ']'
          from (
            select w.*, g.n nth from written w join good g on g.id = w.id
          ) w0
        ) j,
        null h
      from judged j0
    ) l0 on true
) s
  left join (
    select
      o.*,
      case when o.outcome is not null then o.effective end apps,
      case when o.outcome is not null then (
        select
          coalesce(
            json_agg(json_build_array(g.refused, coalesce(g.done, g.id), g.problems) order by g.n), '[]'
          )::text
        from given g
      )
      end of_items
    from (
      select
        j.company_id,
        j.effective,
        null::uuid row_id,
        null::uuid whole_id,
        j.confirmed,
        j.language,
        null::text[] problems,
        case when j.outcome is not null then
          j.outcome
        when exists (select from given o where o.refused = 'RACED') then
          'RACED'
        when $8::bool and exists (select from given o where o.refused <> 'UNCHANGED') then
          'FOUND'
        when $9::bool then
          'VALID'
        when exists (select from given o where o.refused is not null) then
          'PARTLY'
        end outcome
      from judged j
        left join lasting on true
    ) o
  ) o on true;
-- $1 = 514c94de889b4144be3fe722f52193db
-- $2 = null
-- $3 = null
-- $4 = False
-- $5 = []
-- $6 = <BitString 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000 0000…
-- $7 = [{"name":"Peeters Verwarming","city":"Leuven","*fields":["name","city"]},{"name":"Klein & Zonen","discount":"2","discoun…
-- $8 = False
-- $9 = False
-- $10 = <hash of a token>

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
    '{"data":{"results":' || coalesce(l0.j, '[]')
    || ',"errors":[' || coalesce((
      select
        string_agg(
          '{"code":' || '"' || e.code || '"'
          || ',"message":' || json_scalar(e.message)::text
          || ',"field":' || coalesce(e.field::text, 'null')
          || '}',
          ','
        )
      from json_to_recordset($3::json) e(
        code text, message text, field json, reason text, app text, role text, about json
      )
    ), '')
    || ']}}' d,
    null h,
    v.id,
    v.account_id
  from (select 1) one
    left join viewer v on true
    left join lateral (
      select
        (
          select
            '[' || coalesce(
              string_agg(
                '{"index":' || (r.n - 1)::text
                || ',"customer":' || coalesce((
                  select
                    '{"name":' || json_scalar(t1.name)::text
                    || ',"number":' || json_scalar(t1.number)::text
                    || '}'
                  from contact t1
                  where
                    t1.company_id = $1::uuid
                    and t1.id = (r.item ->> 'key')::uuid
                    and t1.is_customer
                    and t1.deleted_at is null
                    and true
                ), 'null')
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
                  from json_to_recordset(r.item -> 'errors') e(
                    code text, message text, field json, reason text, app text, role text, about json
                  )
                ), '')
                || ']}',
                ',' order by r.n
              ),
              ''
            )
            || ']'
          from json_array_elements($2::json)
          with ordinality r(item, n)
        ) j,
        null h
      from membership m0
        join company c0 on c0.id = m0.company_id
      where
        m0.account_id = v.account_id
        and m0.company_id = $1::uuid
        and c0.id = $1::uuid
        and m0.accepted_at is not null
        and m0.removed_at is null
        and (m0.until is null or m0.until > now())
    ) l0 on true
) s;
-- $1 = 514c94de-889b-4144-be3f-e722f52193db
-- $2 = [{"key":"<new key>","errors":[]},{"key":null,"errors":[{"code":"VALIDATION","message":"Numéro de TVA : un chiffre doit ê…
-- $3 = []
-- $4 = <hash of a token>
