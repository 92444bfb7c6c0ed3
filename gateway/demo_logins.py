"""The demo's logins and the first steps with them, as they are printed and shown."""

from collections.abc import Mapping
from typing import Any, Final

PASSWORD: Final = "demo-enfact-2026"  # noqa: S105 (the demo's, which is printed for everyone)
LOGINS: Final = (
    ("lambert@demo.enfact.test", "owner of Chauffage Lambert"),
    ("eva@demo.enfact.test", "its field worker: work orders, time tracking, agenda"),
    ("noah@demo.enfact.test", "its seller: quotes, invoices, discounts; also employee of Bières Delvaux"),
    ("delvaux@demo.enfact.test", "owner of Bières Delvaux"),
    ("compta@demo.enfact.test", "accountant of both and of 60 small companies"),
    ("hors-ligne@demo.enfact.test", "accountant without clients"),
    ("support@demo.enfact.test", "support staff, who enter once an owner lets them in"),
    ("arne.cools@demo.enfact.test", "owner of Cools Sanitair, whose trial ends in two days"),
    ("filip.de.vos@demo.enfact.test", "owner of De Vos Elektriciteit, whose trial is over: an app sleeps"),
)
FIRST_STEPS: Final = """\
Sign in, and ask what you may see:

  LOGIN='mutation {{ login(input: {{email: \\"{email}\\", password: \\"{password}\\"}}) {{ token }} }}'
  TOKEN=$(curl -s {url}/graphql -H 'content-type: application/json' -d "{{\\"query\\": \\"$LOGIN\\"}}" \\
    | sed 's/.*"token" *: *"\\([^"]*\\)".*/\\1/')
  curl -s {url}/graphql -H "authorization: Bearer $TOKEN" -H 'content-type: application/json' \\
    -d '{{"query": "{{ viewer {{ companies {{ nodes {{ name access {{ apps }} }} }} }} }}"}}'
"""


def logins_in_every_language() -> Mapping[str, Any]:
    """The logins for the console, each with its words by language (ISO 639-1)."""
    from schema.localization.language import Language  # noqa: PLC0415 (the command line prints English alone)
    from schema.localization.translate import translate  # noqa: PLC0415

    entries = [
        {
            "email": email,
            "words": {language.name.lower(): translate(language, "demo-login", words) for language in Language},
        }
        for email, words in LOGINS
    ]
    return {"password": PASSWORD, "logins": entries}


def logins() -> str:
    """The logins, one a line, with the password."""
    lines = [f"  {email:<28} {words}" for email, words in LOGINS]
    return "\n".join([f"Demo logins, all with the password {PASSWORD}:", *lines])
