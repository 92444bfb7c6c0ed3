"""SQL that changes the values of a secret column, for each sort of column; `{0}` is the current value.

Each changes as many values as possible, turns some to null and nulls to values; `n` is the number of the row. Of
currencies in `MONEY` each becomes another one, in the reverse order: that rows are in different ones is no secret
(DECISIONS D130), but which comes first is.
"""

from typing import Final, TypeAlias

from schema.declarations.gates import Gate

Column: TypeAlias = tuple[str, str, Gate, str]
"""Table, column, the app or role that shows it, and the SQL that rewrites it."""

NUMBER: Final = "case when n % 3 = 0 then null else coalesce({0}, 0) + 1.75 * (n % 4 + 1) end"
SURE_NUMBER: Final = "{0} + 1.75 * (n % 4 + 1)"
COUNT: Final = "case when n % 3 = 0 then null else coalesce({0}, 0) + 7 * (n % 4 + 1) end"
SURE_COUNT: Final = "{0} * -1 + 7 * n"
TEXT: Final = "case when n % 3 = 0 then null else 'Zz' || (n % 4) || coalesce({0}, '') end"
SURE_TEXT: Final = "'Zz' || (n % 4) || {0}"
DAY: Final = "case when n % 3 = 0 then null else coalesce({0}, date '2026-01-01') - n::int end"
MOMENT: Final = "case when n % 3 = 0 then null else coalesce({0}, now()) - n * interval '1 day' end"
SURE_MOMENT: Final = "{0} - n * interval '1 day'"
SORT: Final = "case when n % 3 = 0 then null when {0} = 'AMOUNT' then 'PERCENT' else 'AMOUNT' end"
SPOKEN: Final = "case {0} when 'FR' then 'NL' when 'NL' then 'DE' else 'FR' end"
MONEY: Final = "translate(coalesce({0}, 'EUR'), 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'ZYXWVUTSRQPONMLKJIHGFEDCBA')"
OTHER_MONEY: Final = "case {0} when 'EUR' then 'CHF' else 'EUR' end"
FLAG: Final = "case when n % 3 = 0 then null else not coalesce({0}, false) end"
MASK: Final = "~ {0}"
SURE_FLAG: Final = "not {0}"
SURE_DAY: Final = "{0} - n::int"
TAGS: Final = "array_append({0}, 'Zz' || n)"
TEXTS: Final = "case when n % 3 = 0 then null else array_append(coalesce({0}, array[]::text[]), 'Zz') end"
