with viewer as (
  select k.id, k.account_id, u.language language
  from credential k
    join account u on u.id = k.account_id
  where k.token_hash = $4::bytea and k.expires_at > now() and k.kind = 'SESSION'
)
select s.d::varchar, s.h::varchar, s.id, null::text, s.account_id
from (
  select
    '{"data":{"apps":[' || coalesce((
      select
        string_agg(
          '{"app":"' || t1.id::text
          || '","label":' || json_scalar((
            select t2.label
            from app_text t2
            where t2.app_id = t1.id and t2.language = coalesce(v.language, $2::text)
          ))::text
          || ',"description":' || json_scalar((
            select t3.description
            from app_text t3
            where t3.app_id = t1.id and t3.language = coalesce($3::text, coalesce(v.language, $2::text))
          ))::text
          || case when t1.always_visible then
            ',"alwaysVisible":true,"requires":'
          else ',"alwaysVisible":false,"requires":' end
          || array_to_json(
            array(
              select t4.requires_app_id from app_requirement t4 where t4.app_id = t1.id order by 1
            )
          )::text
          || ',"plan":"' || t1.plan::text
          || '"}',
          ',' order by t1.rank
        )
      from app t1
      where t1.kind = $1::text
    ), '')
    || ']}}' d,
    null h,
    v.id,
    v.account_id,
    v.language
  from (select 1) one
    left join viewer v on true
) s;
-- $1 = BASE
-- $2 = FR
-- $3 = NL
-- $4 = null
