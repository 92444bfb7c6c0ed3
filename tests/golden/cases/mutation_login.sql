select u.id, array(select p.place from known_place p where p.account_id = u.id) places
from (select) one
  left join account u on u.email = $1;
-- $1 = eva@demo.enfact.test

select
  exists (
    select
    from unnest($1::bytea[], $2::int[], $3::interval[]) w(bucket, most, per)
    where
      w.most <= (
        select count(*)
        from (
          select from attempt a where a.bucket = w.bucket and a.at > now() - w.per limit w.most
        ) counted
      )
  ),
  (
    select count(*)
    from (
      select from attempt where bucket = $4 and at > now() - $5::interval limit 100
    ) counted
  );
-- $1 = [<hash of a token>, <hash of a token>]
-- $2 = [2147483647, 2147483647]
-- $3 = [0:01:00, 0:01:00]
-- $4 = <hash of a token>
-- $5 = 0:01:00

select id from admit_try($1, $2, $3, $4, $5) id;
-- $1 = [-6205989694341656597, 3242165648623180469]
-- $2 = [<hash of a token>, <hash of a token>]
-- $3 = [2147483647, 2147483647]
-- $4 = [0:01:00, 0:01:00]
-- $5 = [<hash of a token>, <hash of a token>, <hash of a token>]

select
  exists (
    select
    from unnest($1::bytea[], $2::int[], $3::interval[]) w(bucket, most, per)
    where
      w.most <= (
        select count(*)
        from (
          select from attempt a where a.bucket = w.bucket and a.at > now() - w.per limit w.most
        ) counted
      )
  ),
  (
    select count(*)
    from (
      select from attempt where bucket = $4 and at > now() - $5::interval limit 100
    ) counted
  );
-- $1 = [<hash of a token>, <hash of a token>]
-- $2 = [6, 51]
-- $3 = [0:01:00, 0:01:00]
-- $4 = <hash of a token>
-- $5 = 0:01:00

select u.id, u.password_hash from (select) one left join account u on u.email = $1;
-- $1 = eva@demo.enfact.test

with ended as (
  delete from credential
  where
    id in (
      select id
      from credential
      where
        account_id = $1
        and kind = 'SESSION'
        and id <> all(
          array(
            select id
            from credential
            where account_id = $1 and kind = 'SESSION' and expires_at > now()
            order by coalesce(last_used_at, created_at) desc
            limit 999
          )
        )
      for update skip locked
    )
  returning id
)
select set_config('synchronous_commit', 'remote_apply', true)
from ended
limit 1;
-- $1 = f42bc9b6-d028-4507-ac6b-7f6b6cb4c745

with known as (
  select id from account where id = $2 and password_hash = $4 for share
),
opened as (
  insert into credential (token_hash, account_id, user_agent, last_used_at, expires_at, ends_at)
  select $1, id, $3, now(), now() + interval '14 days', now() + interval '90 days'
  from known
  returning expires_at, ends_at
)
select expires_at, ends_at
from opened;
-- $1 = <hash of a token>
-- $2 = f42bc9b6-d028-4507-ac6b-7f6b6cb4c745
-- $3 = null
-- $4 = $argon2id$v=19$m=65536,t=3,p=4$ZW5mYWN0IGRlbW8gc2FsdA$OsXG/U/0x+n+L+V3pD7LfyAa6fw4bE5wQSMynNe+XnY

delete from attempt where id = any($1::uuid[]);
-- $1 = [<new key>, <new key>, <new key>]

with here as (
  insert into known_place (account_id, place)
  values ($1, $2)
  on conflict (account_id, place) do
  update
  set used_at = now()
)
delete from known_place
where
  account_id = $1
  and place in (
    select place
    from known_place
    where account_id = $1 and place <> $2
    order by used_at desc
    offset 19
    for update skip locked
  );
-- $1 = f42bc9b6-d028-4507-ac6b-7f6b6cb4c745
-- $2 = <hash of a token>

with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $3::bytea and k.expires_at > now() and k.kind = 'SESSION'
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
    '{"data":{"viewer":' || case when v.account_id is not null then
      '{"account":' || coalesce((
        select '{"email":' || json_scalar(t1.email)::text || '}' from account t1 where t1.id = v.account_id
      ), 'null')
      || ',"companies":' || l0.j
      || '},"errors":['
    else 'null,"errors":[' end
    || coalesce((
      select string_agg('{"code":' || '"' || e.code || '"' || '}', ',')
      from json_to_recordset($2::json) e(
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
        '{"nodes":[' || coalesce(string_agg(r.j0, ','), '') || ']}' j,
        case when count(r.h) > 0 then string_agg(coalesce(r.h, ''), ',') end h
      from (
        select '{"name":' || json_scalar(m0.company_name)::text || '}' j0, null h
        from (
          select row_number() over () n, x.*
          from (
            select m0.company_name m0_company_name
            from membership m0
              join company c0 on c0.id = m0.company_id
            where
              m0.account_id = v.account_id
              and m0.company_id = c0.id
              and m0.accepted_at is not null
              and m0.removed_at is null
              and (m0.until is null or m0.until > now())
            order by m0.company_name_key, m0.company_id
            limit $1::int4
          ) x
        ) p
          cross join lateral (select) c0
          cross join lateral (select p.m0_company_name company_name) m0
        order by p.n
      ) r
    ) l0 on true
) s;
-- $1 = 50
-- $2 = []
-- $3 = <hash of a token>

select u.id, array(select p.place from known_place p where p.account_id = u.id) places
from (select) one
  left join account u on u.email = $1;
-- $1 = nobody@demo.enfact.test

select
  exists (
    select
    from unnest($1::bytea[], $2::int[], $3::interval[]) w(bucket, most, per)
    where
      w.most <= (
        select count(*)
        from (
          select from attempt a where a.bucket = w.bucket and a.at > now() - w.per limit w.most
        ) counted
      )
  ),
  (
    select count(*)
    from (
      select from attempt where bucket = $4 and at > now() - $5::interval limit 100
    ) counted
  );
-- $1 = [<hash of a token>, <hash of a token>]
-- $2 = [5, 50]
-- $3 = [0:01:00, 0:01:00]
-- $4 = <hash of a token>
-- $5 = 0:01:00

select id from admit_try($1, $2, $3, $4, $5) id;
-- $1 = [-6205989694341656597, -60507344658393860]
-- $2 = [<hash of a token>, <hash of a token>]
-- $3 = [5, 50]
-- $4 = [0:01:00, 0:01:00]
-- $5 = [<hash of a token>, <hash of a token>, <hash of a token>]

select u.id, u.password_hash from (select) one left join account u on u.email = $1;
-- $1 = nobody@demo.enfact.test

with viewer as (
  select k.id, k.account_id
  from credential k
  where k.token_hash = $3::bytea and k.expires_at > now() and k.kind = 'SESSION'
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
    '{"data":{"token":' || coalesce(json_scalar($1::text)::text, 'null')
    || ',"viewer":' || case when v.account_id is not null then
      '{"account":' || coalesce((
        select '{"email":' || json_scalar(t1.email)::text || '}' from account t1 where t1.id = v.account_id
      ), 'null')
      || '},"errors":['
    else 'null,"errors":[' end
    || coalesce((
      select
        string_agg(
          '{"code":' || '"' || e.code || '"'
          || ',"message":' || json_scalar(e.message)::text
          || ',"field":' || coalesce(e.field::text, 'null')
          || '}',
          ','
        )
      from json_to_recordset($2::json) e(
        code text, message text, field json, reason text, app text, role text, about json
      )
    ), '')
    || ']}}' d,
    null h,
    v.id,
    v.account_id
  from (select 1) one
    left join viewer v on true
) s;
-- $1 = null
-- $2 = [{"code":"INVALID_CREDENTIALS","message":"L'adresse e-mail ou le mot de passe n'est pas correct.","field":null,"reason":…
-- $3 = null
