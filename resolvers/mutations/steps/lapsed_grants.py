"""Ends of grants that were made until a moment: written as if the toggle was switched off then, by nobody.

Who had the app does not wait for it: statements do without lent apps from the first end on (`resolvers/membership.py`).
"""

import uuid
from typing import Final

from db.connection import Connection
from db.masks import NO_APPS
from db.remote_apply import APPLIED
from resolvers.plans import ended_period, moment_of

AT_ONCE: Final = 50
"""Maximum number of companies in one statement."""

ENDED_GRANTS: Final = f"""
ended as (
  update app_grant g set valid = {ended_period("g", "g.until")}
  from locked l where g.company_id = l.id and upper_inf(g.valid) and g.until <= l.clock
  returning g.company_id, g.membership_id, g.app_id, g.until, l.at
), kept as (
  update membership m set lent_until = n.until, lent = n.lent, toggles = m.toggles & ~ coalesce((
    select bit_or(set_bit({NO_APPS}, a.position, 1)) from ended e join app a on a.id = e.app_id
    where e.company_id = m.company_id and e.membership_id = m.id
  ), {NO_APPS})
  from locked l join membership o on o.company_id = l.id and o.lent_until <= l.clock cross join lateral (
    select min(g.until) until, coalesce(bit_or(set_bit({NO_APPS}, a.position, 1)), {NO_APPS}) lent
    from app_grant g join app a on a.id = g.app_id
    where g.company_id = o.company_id and g.membership_id = o.id and upper_inf(g.valid) and g.until > l.clock
  ) n
  where m.company_id = o.company_id and m.id = o.id
), raised as (
  update company c set access_version = c.access_version + 1 from locked l
  where c.id = l.id and exists (select from ended e where e.company_id = l.id)
), trail as (
  insert into access_change (company_id, at, kind, membership_id, app_id, before, after, until)
  select e.company_id, e.at, 'TOGGLE', e.membership_id, e.app_id, true, false, e.until from ended e
)
select count(*) ended, {APPLIED} from ended
"""
"""The ends in the `locked` companies: those that have come by the `clock`, recorded at `at`."""

END_GRANTS: Final = f"""
with due as materialized (
  select distinct m.company_id from membership m where m.lent_until <= now() limit {AT_ONCE}
), seen as materialized (
  select c.id, c.access_version from company c join due d on d.company_id = c.id
), locked as materialized (
  select c.id, now() clock, {moment_of("c")} at
  from seen s join company c on c.id = s.id where c.access_version = s.access_version
  for no key update of c skip locked
), {ENDED_GRANTS}
"""
"""A company that another change of access has, or has changed since, is left for the next look."""

END_OF_COMPANY: Final = f"""
with locked as materialized (
  select c.id, clock_timestamp() clock, {moment_of("c")} at from company c where c.id = $1
), {ENDED_GRANTS}
"""


async def end_in_company(connection: Connection, company: uuid.UUID) -> None:
    """Write the ends that have come in a company whose row the transaction has locked.

    A change of access finds the toggles as they are then, and gives an app anew whose time was over.
    """
    await connection.execute(END_OF_COMPANY, company)
