"""tocsin dashboards: what people look at in Grafana, and the rules for Prometheus."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from alerts.catalogue import Language
from alerts.words import Words
from tocsin import language
from tocsin.errors import one_line

app = typer.Typer(
    help="Dashboards for Grafana and rules for Prometheus.",
    no_args_is_help=True,
    add_completion=False,
)
console = Console(highlight=False)

InLanguage = Annotated[
    Language | None, typer.Option("--language", help="Of the dashboards; else that of the locale.")
]


@app.command()
def build(
    out: Annotated[
        Path, typer.Option(help="The folder that holds grafana/ and prometheus/.")
    ] = Path("deploy"),
    spoken: InLanguage = None,
) -> None:
    """Write the dashboards and rules as files, for Grafana's provisioning and for Prometheus.

    Example: tocsin dashboards build --out deploy
    """
    from dashboards import files  # noqa: PLC0415 - the SDK is slow to import

    with one_line(OSError):
        written = files.write(out, _words(spoken))
    words = language.words()
    for file, fresh in written.items():
        said = (
            words.say("wrote {file}", file=file)
            if fresh
            else words.say("{file} is as it should be", file=file)
        )
        console.print(said, markup=False, soft_wrap=True)


@app.command()
def push(
    url: Annotated[str, typer.Option(envvar="GRAFANA_URL", help="Where Grafana is.")],
    token_file: Annotated[
        Path | None, typer.Option(help="Holds the token; else it comes from GRAFANA_TOKEN.")
    ] = None,
    spoken: InLanguage = None,
) -> None:
    """Create or update the dashboards in a running Grafana.

    Example: tocsin dashboards push --url http://localhost:3000 --token-file grafana-token
    """
    from dashboards import grafana, overview, pipeline  # noqa: PLC0415 - slow to import

    expected = (grafana.GrafanaError, OSError)
    with one_line(*expected), grafana.Grafana(url, _token(token_file)) as there:
        words = language.words()
        boards = {
            words.say("Crisis overview"): overview,
            words.say("Pipeline"): pipeline,
        }
        for title, board in boards.items():
            pushed = there.push(board.build(_words(spoken)))
            console.print(
                words.say(
                    "{dashboard}: {change}", dashboard=title, change=words.name("pushed", pushed)
                )
            )


def _words(spoken: str | None) -> Words:
    return Words(spoken) if spoken else language.words()


def _token(file: Path | None) -> str:
    """Never from the command line, which everybody on the machine can read."""
    if file is None:
        return os.environ.get("GRAFANA_TOKEN", "")
    return file.read_text(encoding="utf-8").strip()
