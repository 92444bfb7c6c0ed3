"""The demo's logins and the first steps with them, as they are printed."""

from typing import Final

PASSWORD: Final = "demo-enfact-2026"  # noqa: S105 (the demo's, which is printed for everyone)
LOGINS: Final = (
    ("lambert@demo.enfact.test", "owner of Chauffage Lambert"),
    ("eva@demo.enfact.test", "its field worker: work orders, time tracking, agenda"),
    ("noah@demo.enfact.test", "its seller: quotes, invoices, discounts; also employee of Bières Delvaux"),
    ("delvaux@demo.enfact.test", "owner of Bières Delvaux"),
    ("compta@demo.enfact.test", "accountant of both and of 60 small companies"),
    ("hors-ligne@demo.enfact.test", "accountant without clients"),
)
FIRST_STEPS: Final = """\
Sign in, and ask what you may see:

  LOGIN='mutation {{ login(input: {{email: \\"{email}\\", password: \\"{password}\\"}}) {{ token }} }}'
  TOKEN=$(curl -s {url}/graphql -H 'content-type: application/json' -d "{{\\"query\\": \\"$LOGIN\\"}}" \\
    | sed 's/.*"token" *: *"\\([^"]*\\)".*/\\1/')
  curl -s {url}/graphql -H "authorization: Bearer $TOKEN" -H 'content-type: application/json' \\
    -d '{{"query": "{{ viewer {{ companies {{ nodes {{ name access {{ apps }} }} }} }} }}"}}'
"""


def logins() -> str:
    """The logins, one a line, with the password."""
    lines = [f"  {email:<28} {words}" for email, words in LOGINS]
    return "\n".join([f"Demo logins, all with the password {PASSWORD}:", *lines])
