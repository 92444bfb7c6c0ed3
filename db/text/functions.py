"""The functions of PostgreSQL that fold texts and make their reading keys, as `folding.py` does in Python.

`folded` and `reading_key` are inlined into statements and indexes, where plain ASCII takes one test and a lower case.
Everything is compared under `collate "C"`, so no result depends on the database's locale. A change of a function's
results needs a migration that replaces it and rebuilds the indexes that use it.
"""

import json
import re
from collections.abc import Mapping
from typing import Final

from db.text.folding import FOLDING, LENGTHS, LONGEST_KEY, PUNCTUATION

PIECE: Final = 250
"""Number of characters that are folded at once: replacing takes the square of it. At most 255 in a pattern."""

_FREQUENT: Final = r"\u0001-\u024f\u0300-\u036f\u1e00-\u1eff\u2000-\u214f"
"""Characters of western languages: a backend that meets no others has the table of these only, a tenth of the whole."""


def _folding(name: str, table: Mapping[str, str]) -> str:
    """The function of this name, which folds by a table."""
    written = json.dumps(table, ensure_ascii=False, separators=(",", ":")).replace("'", "''")
    return f"""
create or replace function {name}(given text) returns text
language plpgsql immutable strict parallel safe cost 100 as $function$
declare
  result text collate "C" := '';
  pieces text[] := array[given];
  piece text collate "C";
  beyond text collate "C";
  one text collate "C";
begin
  if length(given) > {PIECE} then
    pieces := array(select m[1] from regexp_matches(given, '.{{1,{PIECE}}}', 'g') m);
  end if;
  for at in 1 .. cardinality(pieces) loop
    piece := pieces[at];
    beyond := regexp_replace(piece, '[ !-_a-~]+', '', 'g');
    while beyond <> '' loop
      one := left(beyond, 1);
      beyond := replace(beyond, one, '');
      piece := replace(piece, one, coalesce('{written}'::jsonb ->> one,
        case when one between '\uac00' and '\ud7a3' then normalize(one, nfd) else one end));
    end loop;
    pieces[at] := piece;
  end loop;
  result := lower(array_to_string(pieces, '') collate "C");
  if result ~ '^ |  | $' then
    result := btrim(regexp_replace(result, ' +', ' ', 'g'), ' ');
  end if;
  return result;
end $function$
"""


NUMBERED: Final = f"""
create or replace function with_lengths_of_numbers(given text) returns text
language plpgsql immutable strict parallel safe cost 100 as $function$
declare
  others text collate "C" := given;
  result text collate "C" := '';
  words text collate "C";
  digits text collate "C";
begin
  while others ~ '[0-9]' loop
    words := substring(others from '^[^0-9]*');
    digits := substr(others, length(words) + 1);
    others := ltrim(digits, '0123456789');
    digits := ltrim(left(digits, length(digits) - length(others)), '0');
    result := result || words || substr('{LENGTHS}', least(length(digits), {len(LENGTHS) - 1}) + 1, 1) || digits;
  end loop;
  return result || others;
end $function$
"""
"""A folded text with each number after its number of digits."""

FOLDED: Final = f"""
create or replace function folded(given text) returns text
language sql immutable parallel safe return
  case when given collate "C" ~ '^([!-_a-~]+( [!-_a-~]+)*)?$' then lower(given collate "C")
  when given collate "C" ~ '^[{_FREQUENT}]*$' then folded_frequent(given)
  else folded_any(given) end
"""
"""The folded form of a text, for plain ones at once."""

READING_KEY: Final = f"""
create or replace function reading_key(given text) returns text
language sql immutable parallel safe return
  case when octet_length(given) <= {LONGEST_KEY} and given collate "C" ~ '^([!-/:-_a-~]+( [!-/:-_a-~]+)*)?$'
  then lower(given collate "C")
  else left(with_lengths_of_numbers(folded(left(given, {LONGEST_KEY}))), {LONGEST_KEY}) end
"""
"""The reading key of a text, for short plain ones without digits at once."""

BARE_NUMBER: Final = f"""
create or replace function bare_number(given text) returns text
language sql immutable parallel safe return translate(folded(given), '{PUNCTUATION}', '')
"""
"""The folded form of a number, without blanks and punctuation."""


def functions() -> tuple[str, ...]:
    """The statements that create all functions, each after those that it calls.

    Those in PL/pgSQL call none: while an index is built, a name is not found in the schema of the tables.
    """
    table: dict[str, str] = json.loads(FOLDING.read_text(encoding="utf-8"))
    is_frequent = re.compile(f"[{_FREQUENT}]")
    frequent = _folding("folded_frequent", {one: to for one, to in table.items() if is_frequent.match(one)})
    return (frequent, _folding("folded_any", table), NUMBERED, FOLDED, READING_KEY, BARE_NUMBER)
