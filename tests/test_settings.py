import json
import re
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from streams.configuration import durations, options
from streams.configuration.rules import TOPIC_RULE
from streams.settings import CUTS, Cut, Detection, Intake, Settings, SettingsError, Source, load

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "tocsin.toml"
DOCUMENT = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
OPTIONS = dict(options.walk(Settings))


pytestmark = pytest.mark.usefixtures("bare")


def written(text: str) -> Path:
    file = Path("written.toml")
    file.write_text(text, encoding="utf-8")
    return file


def refusal(text: str = "") -> str:
    with pytest.raises(SettingsError) as caught:
        load(written(text))
    return str(caught.value)


def test_without_a_file_every_option_has_its_default() -> None:
    assert load() == Settings()
    assert [source.topic for source in load().sources] == [
        "complaints",
        "mentions",
        "complaint-updates",
    ]


def test_the_named_file_wins_over_the_variable_and_that_over_the_working_directory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, shards in {"tocsin.toml": 1, "variable.toml": 2, "named.toml": 3}.items():
        Path(name).write_text(f"[detection]\nshards = {shards}", encoding="utf-8")
    assert load().detection.shards == 1
    monkeypatch.setenv("TOCSIN_SETTINGS", "variable.toml")
    assert load().detection.shards == 2
    assert load(Path("named.toml")).detection.shards == 3


def test_the_environment_overrides_one_option_and_leaves_its_neighbours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TOCSIN_DETECTION__SHARDS", "7")
    detection = load(written("[detection]\nshards = 3\nseries = 50")).detection
    assert (detection.shards, detection.series) == (7, 50)


def test_a_list_in_the_environment_is_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_CUTS", '[{"stream": "mentions", "by": ["platform"]}]')
    assert load().cuts == (Cut(stream="mentions", by=("platform",)),)
    monkeypatch.setenv("TOCSIN_CUTS", "mentions by platform")
    assert refusal().startswith("cuts: must be JSON when it is given as one environment variable; ")
    monkeypatch.setenv("TOCSIN_CUTS", "[]")
    monkeypatch.setenv("TOCSIN_DETECTION__THRESHOLDS", "surge 2")
    assert refusal() == "detection: must be JSON when it is given as one environment variable"


def test_paths_are_seen_from_the_settings_file() -> None:
    folder = Path("installation")
    folder.mkdir()
    (folder / "map.toml").touch()
    file = folder / "tocsin.toml"
    source = 'topic = "calls"\nstream = "complaints"\nkey = "person"\nmap = "map.toml"'
    file.write_text(f'home = "state"\n[[sources]]\n{source}', encoding="utf-8")
    settings = load(file)
    assert settings.sources[0].map == folder.absolute() / "map.toml"
    assert settings.home == folder.absolute() / "state"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('intake.idle_after = "0m"', "intake.idle_after: must be longer than 0s, got 0s"),
        ("intake.idle_after = 60", f"intake.idle_after: {durations.RULE}, got 60"),
        (
            'detection.zone = "Mars/Olympus"',
            "detection.zone: must be an IANA zone such as \"Asia/Shanghai\", got 'Mars/Olympus'",
        ),
        ("detection.shards = 0", "detection.shards: must be at least 1, got 0"),
        ('detection.shards = "two"', "detection.shards: must be a valid integer, got 'two'"),
        (
            "detection.false_alarms_per_week = 0",
            "detection.false_alarms_per_week: must be greater than 0.0, got 0",
        ),
        (
            'sources = [{stream = "complaints", topic = "calls"}]',
            "sources[0].key: must be set to one of person, id, root, none",
        ),
        (
            'sources = [{stream = "complaints", key = "person"}]',
            "sources[0].topic: must be set",
        ),
        ('response.language = "fr"', "response.language: must be 'en' or 'zh', got 'fr'"),
        (
            'kafka.bootstrp = "x"',
            "kafka.bootstrp: unknown option; the nearest known one is kafka.bootstrap",
        ),
        ("detektion.shards = 1", "detektion: unknown option; the nearest known one is detection"),
        (
            'kafka.bootstrap = "a:9092,kafka://b"',
            "kafka.bootstrap: must be \"host:port\", several with commas between, got 'kafka://b'",
        ),
        ("sources = []", "sources: must hold at least one source"),
        ("cuts = []", "cuts: must hold 1 to 32 cuts, got 0"),
        (
            'channels.webhook.url = "example.com"',
            "channels.webhook.url: must be an http or https address",
        ),
        (
            'kafka.security_protocol = "SASL_SSL"',
            "kafka: SASL_SSL needs sasl_username and sasl_password (or sasl_password_file)",
        ),
        (
            "operations.intake_port = 65536",
            "operations.intake_port: must be at most 65535, got 65536",
        ),
        (
            "operations.intake_port = 9465",
            "operations: ports of two roles must differ, got [9465, 9465, 9466, 9467]",
        ),
        (
            'operations.host = "http://here"',
            "operations.host: must be an address or a name of this machine, got 'http://here'",
        ),
        (
            'kafka.topic_prefix = "a b"',
            f"kafka.topic_prefix: {TOPIC_RULE}, got 'a b'",
        ),
    ],
)
def test_a_refusal_names_option_rule_and_value(text: str, line: str) -> None:
    assert refusal(text) == line


@pytest.mark.parametrize(
    ("cut", "rule"),
    [
        ('stream = "complaints"\nby = ["platform"]', "got 'platform'"),
        ('stream = "updates"\nby = ["product"]', "got 'product'"),
        ('stream = "complaints"\nby = []', "cuts[0].by: must be of length at least 1"),
        ('stream = "complaints"\nby = ["region", "region"]', "by must name a field once"),
        (
            'stream = "complaints"\nby = ["batch"]\nmethods = ["batches"]',
            'method "batches" must go with complaints by product and batch',
        ),
        (
            'stream = "complaints"\nby = ["product", "batch"]\nfamily = "batch"\n\
methods = ["batches"]',
            'family must be "product" or none with method "batches", got \'batch\'',
        ),
        ('stream = "complaints"\nby = ["region"]\nfamily = "product"', "family must be one of by"),
        ('stream = "complaints"\nby = ["region"]\ngroup = "platform"', "got 'platform'"),
        ('stream = "complaints"\nby = ["region"]\nwhere = {region = "x"}', "must not fix a field"),
        ('stream = "complaints"\nby = ["region"]\nwhere = {colour = "x"}', "got 'colour'"),
    ],
)
def test_a_cut_that_cannot_be_counted_is_refused(cut: str, rule: str) -> None:
    line = refusal(f"[[cuts]]\n{cut}")
    assert line.startswith("cuts[0]")
    assert rule in line


def test_counting_the_same_twice_is_refused_in_any_order_of_fields() -> None:
    first = '[[cuts]]\nstream = "complaints"\nby = ["region", "category"]\n'
    second = '[[cuts]]\nstream = "complaints"\nby = ["category", "region"]\nfamily = "region"\n'
    assert refusal(first + second) == "cuts[1]: must not count again what cuts[0] does"


def test_a_cut_is_named_after_its_fields_and_its_condition() -> None:
    assert Cut(stream="complaints", by=("region", "category")).name == "region,category"
    negative = Cut(stream="mentions", by=("product",), where={"sentiment": "negative"})
    assert negative.name == "product[sentiment=negative]"


def test_lateness_must_stay_below_the_horizon_of_repetitions() -> None:
    source = '[[sources]]\ntopic = "c"\nstream = "complaints"\nkey = "person"\nlateness = "2h"'
    assert refusal(f'detection.repeat_horizon = "1h"\n{source}') == (
        "sources[0].lateness: must be shorter than detection.repeat_horizon (1h), got 2h"
    )


def test_a_topic_is_read_by_one_source_only() -> None:
    source = '[[sources]]\ntopic = "c"\nstream = "complaints"\nkey = "person"\n'
    assert refusal(source * 2) == "sources: topic must be unique, got ['c'] twice"


def test_only_mentions_have_a_root() -> None:
    source = '[[sources]]\ntopic = "c"\nstream = "complaints"\nkey = "root"'
    assert refusal(source).startswith('sources[0]: key "root" must go with stream "mentions"')


def test_all_problems_are_told_at_once() -> None:
    assert len(refusal("detection.shards = 0\nintake.chunk_records = 0").splitlines()) == 2


def test_an_unreadable_file_is_one_line() -> None:
    with pytest.raises(SettingsError, match=r"^settings file must be readable, got absent.toml"):
        load(Path("absent.toml"))
    assert refusal("detection = ").startswith("settings file must be TOML, got written.toml: ")


SECRET = "correct horse battery"


@pytest.mark.parametrize(
    "option", ["kafka.sasl_password", "channels.webhook.secret", "serve.token"]
)
def test_a_secret_in_the_settings_file_is_refused_and_not_repeated(option: str) -> None:
    line = refusal(f'{option} = "{SECRET}"')
    assert line.startswith(f"{option}: must come from the environment (TOCSIN_")
    assert SECRET not in line


def test_a_secret_comes_from_the_environment_or_from_a_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path("secret").write_text(f"{SECRET}\n", encoding="utf-8")
    file = written('channels.webhook.secret_file = "secret"')
    webhook = load(file).channels.webhook
    assert webhook.secret is not None
    assert webhook.secret.get_secret_value() == SECRET
    monkeypatch.setenv("TOCSIN_CHANNELS__WEBHOOK__SECRET", "of the environment")
    webhook = load(file).channels.webhook
    assert webhook.secret is not None
    assert webhook.secret.get_secret_value() == "of the environment"


def test_a_secret_is_in_no_representation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_KAFKA__SASL_PASSWORD", SECRET)
    settings = load()
    assert SECRET not in f"{settings!r} {settings} {settings.model_dump_json()}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TOCSIN_KAFKA__SASL_PASWORD", SECRET),
        ("TOCSIN_KAFKA", json.dumps({"sasl_password": {"of": SECRET}})),
        ("TOCSIN_KAFKA", json.dumps({"sasl_password": SECRET, "cert_file": "/dev/null/x"})),
        ("TOCSIN_KAFKA", json.dumps({"sasl_password": SECRET, "security_protocol": "SASL_SSL"})),
        ("TOCSIN_KAFKA_SASL_PASSWORD", SECRET),
    ],
)
def test_a_refusal_never_repeats_a_secret(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    assert SECRET not in refusal()


@pytest.mark.parametrize("option", ["sasl_password_file", "key_file"])
@pytest.mark.parametrize("variable", [True, False])
def test_a_path_to_a_secret_is_told_as_far_as_it_exists(
    monkeypatch: pytest.MonkeyPatch, option: str, variable: bool
) -> None:
    """Further on it may be the secret, given for its path."""
    Path("run").mkdir()
    value, text = f"run/{SECRET}", f'kafka.{option} = "run/{SECRET}"'
    if variable:
        monkeypatch.setenv(f"TOCSIN_KAFKA__{option.upper()}", value)
    line = refusal("" if variable else text)
    assert line.endswith(f"file, got none below {Path('run').absolute()}")


def test_a_file_that_holds_no_secret_is_named() -> None:
    line = refusal('kafka.sasl_password_file = "."')
    assert line == (
        f"kafka: sasl_password_file must be a readable text file, got {Path().absolute()}"
    )
    Path("empty").touch()
    assert "got the empty file" in refusal('kafka.sasl_password_file = "empty"')


@pytest.mark.parametrize("token", ["short", "fifteen letters", "钟" * 16, "a" * 16 + "\t"])
def test_a_token_that_is_easily_guessed_or_typed_wrongly_is_refused(
    monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    monkeypatch.setenv("TOCSIN_SERVE__TOKEN", token)
    assert refusal() == "serve.token: must be at least 16 printable ASCII characters"


def test_a_token_comes_from_a_file_too() -> None:
    Path("token").write_text("sixteen letters.\n", encoding="utf-8")
    token = load(written('serve.token_file = "token"')).serve.token
    assert token is not None
    assert token.get_secret_value() == "sixteen letters."


def test_an_unknown_variable_is_refused_with_the_nearest_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TOCSIN_KAFKKA__BOOTSTRAP", "x")
    assert refusal() == (
        "TOCSIN_KAFKKA__BOOTSTRAP: unknown option; the nearest known one is TOCSIN_KAFKA"
    )


@pytest.mark.parametrize(
    "name", ["TOCSIN_SERVICE_HOST", "TOCSIN_PORT_6066_TCP_ADDR", "TOCSIN_PORT"]
)
def test_what_kubernetes_announces_about_a_service_is_no_option(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "10.0.0.1")
    assert load() == Settings()


def test_the_version_changes_with_what_changes_counts_and_only_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain = Settings().version
    assert re.fullmatch("[0-9a-f]{12}", plain)
    assert load(EXAMPLE).version == plain
    assert Settings(detection=Detection(shards=8)).version != plain
    assert Settings(intake=Intake(max_text=10)).version != plain
    assert Settings(cuts=CUTS[:1]).version != plain
    monkeypatch.setenv("TOCSIN_KAFKA__BOOTSTRAP", "elsewhere:9092")
    assert Settings().version == plain


def test_the_version_follows_a_mapping_by_content_not_by_place() -> None:
    versions = {}
    for name, content in {"a": "same", "b": "same", "c": "other"}.items():
        Path(name).write_text(content, encoding="utf-8")
        source = Source(topic="calls", stream="complaints", key="person", map=Path(name))
        versions[name] = Settings(sources=(source,)).version
    assert versions["a"] == versions["b"] != versions["c"]


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load().detection.shards = 8


@given(st.integers(0, 10**9 - 1), st.sampled_from(["ms", "s", "m", "h", "d"]))
def test_a_duration_is_written_so_that_it_reads_back(number: int, unit: str) -> None:
    span = durations.parse(f"{number}{unit}")
    assert durations.parse(durations.text(span)) == span
    assert len(durations.text(span)) <= len(f"{number}{unit}")


@pytest.mark.parametrize("text", ["", "15", "m", "1.5h", "-1h", "15 m", "15min", "١٥m", 15, None])
def test_what_is_no_duration_is_refused_with_its_units(text: object) -> None:
    with pytest.raises(ValueError, match=r"\(ms, s, m, h or d\)"):
        durations.parse(text)


def stated(name: str, field: FieldInfo) -> str | timedelta:
    """An option's default as the document writes it."""
    if name == "home":
        return "the user's state directory"
    if field.default is PydanticUndefined:
        return "required"
    default: Any = field.default
    if default is None:
        return "none"
    if isinstance(default, timedelta):
        return default
    return f"`{json.dumps(default)}`"


@pytest.mark.parametrize("name", OPTIONS)
def test_every_option_is_documented_with_its_default(name: str) -> None:
    rows = [row.split(" | ") for row in DOCUMENT.splitlines() if row.startswith(f"| `{name}` |")]
    assert len(rows) == 1, f"{name} must have one row in docs/settings.md"
    default = stated(name, OPTIONS[name])
    cell = rows[0][2]
    assert default == (
        durations.parse(cell.strip('`"')) if isinstance(default, timedelta) else cell
    )


def test_every_documented_option_exists() -> None:
    assert set(re.findall(r"^\| `([a-z_.]+)` \|", DOCUMENT, re.MULTILINE)) == set(OPTIONS)


def test_the_example_loads_and_equals_the_defaults() -> None:
    assert load(EXAMPLE) == Settings()


def test_the_example_shows_every_option() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    bare_names = {name.rpartition(".")[2] for name in OPTIONS}
    assert {name for name in bare_names if not re.search(rf"\b{name}\b", text)} == set()


def test_the_toml_in_the_document_is_read() -> None:
    for block in re.findall(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL):
        assert set(OPTIONS) >= {
            f"{section}.{option}"
            for section, tables in tomllib.loads(block).items()
            for table in (tables if isinstance(tables, list) else [tables])
            for option in table
        }


def test_the_rules_in_the_document_are_of_cuts_that_are_counted_by_default() -> None:
    (block,) = re.findall(r"```toml\n(\[\[rules\]\].*?)```", DOCUMENT, re.DOTALL)
    rules = Settings(rules=tomllib.loads(block)["rules"]).rules
    assert [rule.minutes for rule in rules] == [5, 5, 60]
