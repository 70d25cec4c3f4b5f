"""Arguments and options of several commands; they import nothing of what the commands do."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

Files = Annotated[list[Path], typer.Argument(help="JSONL or CSV, plain or gzipped.")]
Played = Annotated[
    list[str],
    typer.Argument(help="JSONL or CSV, plain or gzipped; or an archive: its folder or s3:// URL."),
]
Past = Annotated[
    list[str] | None,
    typer.Argument(help="As of tocsin backtest; without them the archive of the settings."),
]
MapFile = Annotated[
    Path | None, typer.Option("--map", help="A mapping, for other field names than ours.")
]
Arrived = Annotated[
    datetime | None, typer.Option(help="When the records arrived; the present without it.")
]
