"""`enfact owner`: an owner for a company that has none."""

from typing import Annotated

import typer

from gateway import boot
from gateway.mail.sender import NO_SMTP
from gateway.terminal import Data, console, refusals, run, settings_of
from resolvers.ownership import Appointed, Appointee


def owner(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="The address with which the owner signs in.")],
    company: Annotated[str, typer.Option(metavar="NAME|ID", help="The company, by its name or its global id.")],
    first_name: Annotated[str, typer.Option(help="First name, of somebody who is not in the company yet.")] = "New",
    last_name: Annotated[str, typer.Option(help="Last name, of the same.")] = "Owner",
    data: Data = None,
) -> None:
    """Give a company that has no owner a new one.

    A company loses its owner when that person's address turns out to be somebody else's, and has none yet as long as
    nobody accepted the letter to its first one. For 30 days the others can go on working in it; then it is closed, and
    nothing of it is deleted. With a new owner it is open again.

    Who is a user of the company becomes its owner at once. Everybody else gets a letter, and becomes the owner by
    accepting: so make sure of the person, not of the address. Both stand in the company's history.

    A company that has an owner is refused: owners invite each other.
    """
    with refusals():
        settings = settings_of(data=data)
        appointed = run(boot.appoint(settings, company, Appointee.of(email, first_name, last_name)))
        console().print(_told(appointed), highlight=False)
        if appointed.invited and settings.smtp_url is None:
            console().print(NO_SMTP, highlight=False)


def _told(appointed: Appointed) -> str:
    if appointed.invited:
        return f"A letter goes to {appointed.email}, who becomes the owner of {appointed.company} by accepting."
    return f"{appointed.email} is an owner of {appointed.company} now."
