"""The command line: one small file a command."""

import typer

from tocsin import (
    backtest,
    calibrate,
    check,
    dashboards,
    demo,
    erase,
    generate,
    init,
    kafka,
    rebuild,
    replay,
    rules,
    run,
    serve,
    topics,
    why,
)

app = typer.Typer(
    help="Complaint early warning: says early, and rarely falsely, that something is not normal.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(kafka.app, name="kafka")
app.add_typer(topics.app, name="topics")
app.add_typer(dashboards.app, name="dashboards")
app.add_typer(rules.app, name="rules")
app.command()(init.init)
app.command()(check.check)
app.command()(run.run)
app.command()(backtest.backtest)
app.command(name="calibrate")(calibrate.run)
app.command(name="why")(why.run)
app.command()(replay.replay)
app.command()(generate.generate)
app.command()(erase.erase)
app.command(name="rebuild")(rebuild.run)
app.command()(serve.serve)
app.command(name="demo")(demo.run)


def main() -> None:
    app()
