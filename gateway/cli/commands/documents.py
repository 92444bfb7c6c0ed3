"""`enfact documents`: manifests of trusted documents."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.terminal import complain, refusals, settings_of

commands = typer.Typer(
    rich_markup_mode="markdown",
    no_args_is_help=True,
    help="Trusted documents: the operations that clients know in advance.",
)


@commands.callback()
def documents() -> None:
    """Trusted documents: the operations that clients know in advance."""


@commands.command()
def check(
    manifest: Annotated[Path, typer.Argument(metavar="MANIFEST", help="The manifest, as the client's tool wrote it.")],
    as_json: Annotated[bool, typer.Option("--json", help="Everything, for tools.")] = False,
) -> None:
    """Print the fields of each operation that each role would not see.

    MANIFEST is the file that graphql-codegen (client preset, persistedDocuments), relay-compiler (persistConfig) or
    Apollo's generate-persisted-query-manifest writes, or a file .graphql of named operations. No database
    is used: every app counts as active. The exit code is 1 when an operation does not fit the schema.

    EMPLOYEE is one without any app; fields inside a hidden field are not listed again, and "with" names the apps that
    show the rest. OWNER and EXTERNAL (an accountant) hold every app. ANONYMOUS is not signed in.

    Each hidden field is shown by its path in the response, with the app or the role that it needs. "refused" means that
    the field would be an error, because one of its arguments needs the app. "leaves out" names the apps and roles
    whose rows and values are skipped silently.

    "costs up to" is the cost with every page as large as its variable allows. Red means more than ENFACT_MAX_COST: the
    gateway would refuse the operation.

    Optional variables count as left out, so a filter that the client builds itself is not checked. To admit only these
    operations, start the gateway with ENFACT_DOCUMENTS=MANIFEST and ENFACT_DOCUMENTS_ONLY=true.
    """
    with refusals():
        settings = settings_of()
        from gateway.cli import documents as report

        found = list(report.check_manifest(manifest, settings.limits))
        if as_json:
            typer.echo(report.as_json(found))
        else:
            report.print_report(found, settings.max_cost)
        invalid = [one for one in found if one.foresight is None]
        for one in invalid:
            complain(f"{manifest}: operation {one.id}: {one.error}")
        if invalid:
            raise typer.Exit(1)
