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


def write(folder: Path, words: Words) -> list[Path]:
    """Write what is missing or differs; returns those."""
    texts = contents(words)
    return [folder / path for path, text in texts.items() if _written(folder / path, text)]


def _written(file: Path, text: str) -> bool:
    if file.exists() and file.read_text(encoding="utf-8") == text:
        return False
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return True
