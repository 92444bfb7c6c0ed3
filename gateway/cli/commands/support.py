"""`enfact support`: accounts of the support staff."""

import sys
from typing import Annotated

import typer

from gateway.cli.commands.languages import Code
from gateway.cli.terminal import Data, refusals, run, say, settings_of

commands = typer.Typer(rich_markup_mode="markdown", no_args_is_help=True, help="Accounts of the support staff.")


@commands.command()
def add(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="The address to sign in with; it never changes.")],
    first_name: Annotated[str, typer.Option(help="First name, as owners of companies see it.")] = "Support",
    last_name: Annotated[str, typer.Option(help="Last name.")] = "enFact",
    language: Annotated[Code, typer.Option(help="Language of messages.", case_sensitive=False)] = "FR",
    data: Data = None,
) -> None:
    """Create a support account; the password is asked for, or is the first line of standard input.

    The account can enter a company only while one of its owners has switched support access on.
    """
    with refusals():
        settings = settings_of(data=data)
        from gateway.cli.database import using_database
        from gateway.cli.support import add_support
        from resolvers.mutations.steps.support_accounts import SupportAccount
        from schema.localization.language import Language

        account = SupportAccount.of(email, first_name, last_name, Language[language])
        password = _read_password()
        entered = run(using_database(settings, lambda database: add_support(database, account, password)))
        say(f"{account.email} may sign in. Companies that let support in now: {entered}.")


def _read_password() -> str:
    """The password: typed twice and unseen at a terminal, else the first line of standard input."""
    if sys.stdin.isatty():
        return typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return sys.stdin.readline().rstrip("\r\n")
