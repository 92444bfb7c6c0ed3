"""`enfact owner`: an owner for a company that has none."""

from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.terminal import Data, refusals, run, say, settings_of

if TYPE_CHECKING:
    from resolvers.admin.ownership import Appointed


def owner(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="The address with which the owner signs in.")],
    company: Annotated[str, typer.Option(metavar="NAME|ID", help="The company, by its name or its global id.")],
    first_name: Annotated[str, typer.Option(help="First name, of somebody who is not in the company yet.")] = "New",
    last_name: Annotated[str, typer.Option(help="Last name, of the same.")] = "Owner",
    data: Data = None,
) -> None:
    """Give a new owner to a company that has none.

    A company loses its owner when the owner's address turns out to belong to another person. It has none yet while the
    invitation of its first owner is not accepted. For 30 days the other users can go on working; then the company is
    closed, but nothing is deleted. A new owner opens it again.

    A user of the company becomes its owner at once. Any other person gets an e-mail, and becomes the owner by accepting
    the invitation: so check the person, not only the address. Both are recorded in the company's history.

    A company that has an owner is refused: there, owners invite each other.
    """
    with refusals():
        settings = settings_of(data=data)
        from gateway.cli.database import using_database
        from gateway.mail.sender import NO_SMTP
        from resolvers.admin.ownership import Appointee, appoint_owner

        who = Appointee.of(email, first_name, last_name)
        appointed = run(using_database(settings, lambda database: appoint_owner(database, company, who)))
        say(_told(appointed))
        if appointed.invited and settings.smtp_url is None:
            say(NO_SMTP)


def _told(appointed: "Appointed") -> str:
    if appointed.invited:
        return f"A letter goes to {appointed.email}, who becomes the owner of {appointed.company} by accepting."
    return f"{appointed.email} is an owner of {appointed.company} now."
