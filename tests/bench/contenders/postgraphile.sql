-- What PostGraphile cannot derive from the tables: the cells of the permission matrix, and setting a toggle.
create type permission_cell as (app text, granted boolean, effective boolean, editable boolean);

create function membership_cells(member membership) returns setof permission_cell stable language sql as $$
  select
    app.id,
    get_bit(member.toggles, app.position) = 1,
    get_bit(member.mask & company.mask, app.position) = 1 and member.accepted_at is not null
      and (member.until is null or member.until > now()),
    not app.always_visible and member.role is not distinct from 'EMPLOYEE'
  from company join app on get_bit(company.mask, app.position) = 1
  where company.id = member.company_id
  order by app.rank
$$;

create function set_app_access(company uuid, version int, membership uuid, app text, granted boolean) returns int
volatile strict language sql as $$
  with asked as (
    select id, mask from company where id = $1 and access_version = $2 for update
  ), change as (
    select u.company_id, u.id as membership_id, p.id as app_id, p.position, clock_timestamp() as at
    from asked a
    join membership u on u.company_id = a.id and u.id = $3 and u.removed_at is null and u.role = 'EMPLOYEE'
    join app p on p.id = $4 and (not p.always_visible or $5) and get_bit(a.mask, p.position) = 1
    where (get_bit(u.toggles, p.position) = 1) <> $5
  ), ended as (
    update app_grant g
    set valid = tstzrange(lower(g.valid), greatest(h.at, lower(g.valid) + interval '1 microsecond'))
    from change h
    where not $5 and g.company_id = h.company_id and g.membership_id = h.membership_id and g.app_id = h.app_id
      and upper_inf(g.valid)
  ), begun as (
    insert into app_grant (company_id, membership_id, app_id, valid)
    select company_id, membership_id, app_id, tstzrange(at, null) from change where $5
  ), kept as (
    update membership u set toggles = set_bit(u.toggles, h.position, $5::int)
    from change h where u.company_id = h.company_id and u.id = h.membership_id
  ), trail as (
    insert into access_change (company_id, at, kind, membership_id, app_id, before, after)
    select company_id, at, 'TOGGLE', membership_id, app_id, not $5, $5 from change
  )
  update company c set access_version = c.access_version + 1 from change h where c.id = h.company_id
  returning c.access_version
$$;
