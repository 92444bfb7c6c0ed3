"""Ends of grants that were made until a moment: writes them as if the toggle was switched off then.

Who had the app does not wait for it: statements do without lent apps from the first end on (`resolvers/membership.py`).
"""

from typing import Final

from db.database import Database
from db.masks import NO_APPS

PAUSE: Final = 1.0
"""Seconds between two looks for grants that have ended."""

AT_ONCE: Final = 50
"""Maximum number of companies in one statement."""

END: Final = f"""
with due as materialized (
  select distinct m.company_id from membership m where m.lent_until <= now() limit {AT_ONCE}
), seen as materialized (
  select c.id, c.access_version from company c join due d on d.company_id = c.id
), locked as materialized (
  select c.id from seen s join company c on c.id = s.id where c.access_version = s.access_version
  for no key update of c skip locked
), ended as (
  update app_grant g set valid = tstzrange(lower(g.valid), greatest(g.until, lower(g.valid) + interval '1 microsecond'))
  from locked l where g.company_id = l.id and upper_inf(g.valid) and g.until <= now()
  returning g.company_id, g.membership_id, g.app_id, g.until
), kept as (
  update membership m set lent_until = n.until, lent = n.lent, toggles = m.toggles & ~ coalesce((
    select bit_or(set_bit({NO_APPS}, a.position, 1)) from ended e join app a on a.id = e.app_id
    where e.company_id = m.company_id and e.membership_id = m.id
  ), {NO_APPS})
  from locked l join membership o on o.company_id = l.id and o.lent_until <= now() cross join lateral (
    select min(g.until) until, coalesce(bit_or(set_bit({NO_APPS}, a.position, 1)), {NO_APPS}) lent
    from app_grant g join app a on a.id = g.app_id
    where g.company_id = o.company_id and g.membership_id = o.id and upper_inf(g.valid) and g.until > now()
  ) n
  where m.company_id = o.company_id and m.id = o.id
), raised as (
  update company c set access_version = c.access_version + 1 from locked l
  where c.id = l.id and exists (select from ended e where e.company_id = l.id)
), trail as (
  insert into access_change (company_id, at, kind, membership_id, app_id, before, after, until)
  select e.company_id, now(), 'TOGGLE', e.membership_id, e.app_id, true, false, e.until from ended e
)
select count(*) ended from ended
"""
"""A company that another change of access has, or has changed since, is left for the next look."""


async def end_grants(database: Database) -> int:
    """Write the ends that have come. Returns their number. Raises DatabaseError."""
    row = await database.write(END, ())
    return row["ended"] if row is not None else 0
