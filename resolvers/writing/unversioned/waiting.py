"""What such a statement, and the runner between two runs of it, wait for."""

from typing import Final

STANDING: Final = """
select c.id from judged j join company c on c.id = j.company_id and c.id = {} and c.access_version = j.access_version
where j.outcome is null and j.problem is null for no key update of c
"""
"""The company's row, as its access was judged; none after a change of access, which is waited for."""

WAIT: Final = """
with of_account as materialized (select from account where id = $1 for no key update),
  of_member as materialized (select from membership where id = $1 for no key update)
select (select count(*) from of_account) + (select count(*) from of_member)
"""
"""Waits for one row that was busy: with several, those that are free would be locked until the last one is."""
