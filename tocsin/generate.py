"""tocsin generate: realistic complaint traffic from a seed, to try things out on."""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from streams.configuration.sections import Stream
from streams.files import inputs
from streams.traffic import generator, schedule
from streams.traffic.scenarios.scenario import Kind
from streams.traffic.transport import Made
from tocsin import language
from tocsin.errors import one_line, progress


class Names(StrEnum):
    EN = "en"
    ZH = "zh"


def generate(
    *,
    out: Annotated[
        Path,
        typer.Option(
            help="A folder, or one file complaints*.jsonl or mentions*.jsonl of a stream."
        ),
    ],
    seed: Annotated[int, typer.Option(help="The same seed makes the same bytes.")] = 1,
    days: Annotated[int, typer.Option(help="How many times 24 hours.")] = 28,
    start: Annotated[
        datetime, typer.Option(help="The first moment, in UTC unless it names a zone.")
    ] = datetime(2026, 1, 5),  # noqa: DTZ001 - typer's own parser makes no zones
    per_day: Annotated[
        float, typer.Option(help="Events a day; three quarters of them complaints.")
    ] = generator.PER_DAY,
    names: Annotated[
        Names, typer.Option(help="The language that products and regions are named in.")
    ] = Names.EN,
    incident: Annotated[
        list[Kind] | None,
        typer.Option(
            help="One of the last two days (a campaign: of the six); may be given several times."
        ),
    ] = None,
    labels: Annotated[
        Path | None, typer.Option(help="Where the incidents' labels go, as JSON lines.")
    ] = None,
) -> None:
    """Make complaints and mentions in the order in which they arrive.

    Example: tocsin generate --seed 7 --days 28 --out made --incident defect_batch
    --labels made/labels.jsonl
    """
    err, words = Console(stderr=True, highlight=False), language.words()
    began = start.replace(tzinfo=start.tzinfo or UTC)
    with one_line(ValueError, OSError, inputs.FileError):
        traffic = generator.generate(
            seed=seed, start=began, days=days, per_day=per_day, names=names.value,
            incidents=[
                scenario
                for scenario in schedule.lately(began + timedelta(days=max(days, 1)))
                if scenario.kind in (incident or ())
            ],
        )  # fmt: skip
        with progress(err) as bars:
            daily = bars.track(
                traffic.daily(), total=traffic.days, description=words.say("generating")
            )
            written = _write(daily, _paths(out))
        if labels is not None:
            labels.write_bytes(b"".join(msgspec.json.encode(x) + b"\n" for x in traffic.labels))
    err.print(
        words.listed((
            words.numbered("{count} record", "{count} records", written),
            words.numbered("{count} incident", "{count} incidents", len(traffic.labels)),
        )),
        soft_wrap=True,
    )  # fmt: skip


def _paths(out: Path) -> dict[Stream, Path]:
    """Which streams go into which files."""
    if out.suffix == ".jsonl":
        stream = inputs.stream_of(out)
        if stream not in generator.STREAMS:
            raise inputs.FileError(f"{out}: must begin its name with complaints or mentions")
        return {stream: out}
    out.mkdir(parents=True, exist_ok=True)
    return {stream: out / f"{stream}.jsonl" for stream in generator.STREAMS}


def _write(daily: Iterable[Sequence[Made]], paths: dict[Stream, Path]) -> int:
    written = 0
    with ExitStack() as open_files:
        into = {name: open_files.enter_context(path.open("wb")) for name, path in paths.items()}
        for day in daily:
            for stream, file in into.items():
                lines = [made.raw + b"\n" for made in day if made.stream == stream]
                file.writelines(lines)
                written += len(lines)
    return written
