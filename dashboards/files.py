"""What is built: the files that Grafana and Prometheus are given."""

from pathlib import Path

from alerts.words import Words
from dashboards import overview, pipeline, rules

FOLDER = Path("deploy")


def contents(words: Words) -> dict[Path, str]:
    """Every built file below the folder, by its path there."""
    return {
        Path("grafana/dashboards/overview.json"): overview.build(words),
        Path("grafana/dashboards/pipeline.json"): pipeline.build(words),
        Path("prometheus/rules.yml"): rules.build(),
    }


def write(folder: Path, words: Words) -> dict[Path, bool]:
    """Write what is missing or differs; returns of each file whether it was."""
    return {folder / path: _written(folder / path, text) for path, text in contents(words).items()}


def _written(file: Path, text: str) -> bool:
    if file.exists() and file.read_text(encoding="utf-8") == text:
        return False
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return True
