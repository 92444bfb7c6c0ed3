"""`enfact support`: accounts of the support staff."""

import sys
from typing import Annotated

import typer

from gateway import boot
from gateway.terminal import Data, console, refusals, run, settings_of
from resolvers.support import SupportAccount
from schema.language import Language

commands = typer.Typer(rich_markup_mode="markdown", no_args_is_help=True, help="Accounts of the support staff.")


@commands.command()
def add(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="The address to sign in with; it never changes.")],
    first_name: Annotated[str, typer.Option(help="First name, as owners of companies see it.")] = "Support",
    last_name: Annotated[str, typer.Option(help="Last name.")] = "enFact",
    language: Annotated[Language, typer.Option(help="Language of messages.", case_sensitive=False)] = Language.FR,
    data: Data = None,
) -> None:
    """Make a support account; the password is asked for, or is the first line of standard input.

    It enters a company only while an owner there has switched support access on.
    """
    with refusals():
        account = SupportAccount.of(email, first_name, last_name, language)
        entered = run(boot.add_support(settings_of(data=data), account, _read_password()))
        console().print(f"{account.email} may sign in. Companies that let support in now: {entered}.", highlight=False)


def _read_password() -> str:
    """A password from the person at the terminal, who types it twice and unseen, or from a program."""
    if sys.stdin.isatty():
        return typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return sys.stdin.readline().rstrip("\r\n")
