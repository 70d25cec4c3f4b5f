"""What errors say, so that it can be said in the reader's language too.

An error is an exception with an English text, for logs and for whoever calls: ours, or one that a
library made of what it met. On its way to a reader the text is known again here: line by line,
and from its outer phrase to the inner ones, which are in its blanks.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from alerts.catalogue import SOURCE
from alerts.words import Words

GOT: Final = "{rule}, got {value}"
OURS: Final = (
    GOT,
    # settings: whatever option
    "must be set",
    "must be set to one of {names}",
    "must be a table of the options {names}",
    "must be a list of tables of the options {names}",
    "must be an existing file",
    "none below {folder}",
    "must be longer than 0s",
    "must be one of {names}",
    "must be one of {names}, or a number from -1 to 1",
    "must be unique",
    "unknown option; the nearest known one is {name}",
    "must be JSON when it is given as one environment variable",
    "{rule}; its options are {names}",
    "must come from the environment ({variable}) or from {option}_file, not from the settings file",
    "settings file must be readable",
    "settings file must be TOML",
    'must be a whole number with its unit (ms, s, m, h or d) such as "15m"',
    "must be an http or https address",
    "must be an http or https address without a user or a query",
    "must be an absolute path or s3://bucket/prefix",
    "must be 1 to 200 letters, digits, dots, underscores or hyphens",
    'must be an IANA zone such as "Asia/Shanghai"',
    'must be "host:port", several with commas between',
    "must be an address or a name of this machine",
    "must be at least 16 printable ASCII characters",
    "{option}_file must be a readable text file",
    "{option}_file must hold the secret, got the empty file {path}",
    # settings: one section or another
    "must be a day or a moment such as 2026-11-11 or 2026-11-11T20:00:00",
    (
        'must be a country such as "CN", or with a part of it "DE-BY", whose public holidays the '
        "library holidays knows"
    ),
    "until must be after since ({since})",
    "until must be within a year of since",
    "scope must be of the fields of {stream} {fields}, got {value}; streams can leave {other} out",
    "{option} must be a multiple of {unit}",
    "{option} must be at most {bound}",
    "than must be 1d or 7d before",
    "share and times must not both be set: make two rules of them",
    "share must be of a cut with more events: of must be a part of where {fields}",
    "only must name fields of by {fields}",
    'family must be "product" or none with method "{method}"',
    'method "spatial" must go with region alone, without a family',
    "methods: share needs where to fix one field",
    'method "batches" must go with complaints by product and batch',
    'method "novelty" must go with product and category, or batch beside them',
    (
        'method "novelty" must go with a cut by category alone, of the same stream and '
        "where, without a family"
    ),
    "{protocol} needs sasl_username and sasl_password (or sasl_password_file)",
    "cert_file and key_file must be set together",
    'key "root" must go with stream "mentions"',
    "rekey must go with stream {streams}",
    "partitions must be at most {bound} with rekey",
    "fields of {stream} must be of {fields}",
    "by must name a field once",
    "family must be one of by {fields}",
    "where must not fix a field of by",
    "must be of methods with a budget ({methods})",
    "endpoint must go with a url of s3://",
    "ports of two roles must differ",
    "must hold at least one source",
    "must hold 1 to {most} cuts",
    "must hold at most {most} rules",
    "must hold at most {most} recipients",
    "must be of no channel and no other recipient",
    "must be 1 to 40 small letters, digits or hyphens",
    "secret must not be set for {channel}, which signs nothing",
    "url must be an http or https address",
    "topic must be unique, got {names} twice",
    "must be unique, got {name} twice",
    "must not count again what cuts[{place}] does",
    "must be of a cut that is counted; {missing}",
    "the cut {name} must have no family, or that of its part ({family})",
    "share needs the cut that it is a part of; {missing}",
    "none counts {stream} by {fields}",
    "must be shorter than detection.repeat_horizon ({span})",
    "region must be as it is counted, {region} (tables.regions, tables.provinces)",
    # mappings and what records hold
    'column "{column}" is not in {source}; it has: {names}',
    "cannot be read",
    "must be TOML",
    "must name a column",
    "pattern, values: are not for times",
    "format: is for {fields} alone",
    "must be a regular expression",
    "must have a group, which is the value",
    "is not a field of {stream}; they are: {names}",
    "is required",
    "must differ from event to event, so it needs a column",
    "has a column too; keep one of them",
    "{name} is no time zone; nearest: {near}",
    "must be at most {limit} after its record's timestamp",
    "must be ISO 8601 with a zone, or epoch seconds or milliseconds",
    "must be ISO 8601, or epoch seconds or milliseconds",
    "must carry its zone: Z, or an offset such as +08:00",
    "must carry its zone, or the mapping must name one",
    "must be written as {format}",
    "must lie between the years 2000 and 9999",
    "must be {names} or a strptime format such as {example}",
    "must be a number",
    "must be text, a number, true or false",
    "must not hold the characters U+001F or U+0000",
    "must be at most {size} bytes (intake.max_event_bytes)",
    "must be UTF-8",
    "must not be nested so deeply",
    "must not hold half of a surrogate pair",
    "{names} and {count} more",
    # files
    "must be a CSV file with the columns {names}; lacks {absent}",
    'save it as "CSV UTF-8"',
    "is {what}",
    "a workbook; open it where it was made and {advice}, sheet by sheet",
    "UTF-16, which some programs call Unicode text; {advice}",
    "a picture; give the table that it was made from",
    "a PDF document; give the table that it was made from",
    "gzipped; let its name end in .gz",
    "no text, or UTF-16 without a mark; if it is a table, {advice}",
    "header {rule}; if it is a table, {advice}",
    "must be CSV",
    "must end in .jsonl, .ndjson or .csv, with or without .gz",
    "must begin with a header that names its columns",
    "says no stream: give a mapping, or begin its name with one of {names}",
    "cannot be read to its end",
    "must have {count} values, as the header has",
    "{count} values",
    'has no column "time" and no mapping; it has: {names}',
    'has more than one column "{column}"',
    "must be 1 to {most} characters",
    "must be once in the table, case and blanks apart",
    "must hold at most {most} regions",
    "must be other regions of the table",
    "must be a file in a folder that is there",
    "must begin its name with complaints or mentions",
    "row {number}: {rule}",
    # samples of tocsin init
    "has no rows",
    "no row can be read; {why}",
    "{tried}; several columns are named: {names}",
    (
        "no column holds times; tried ISO 8601, epoch numbers and {count} formats such as "
        "{format} on: {names}"
    ),
    # the broker and its topics
    'no broker: set kafka.bootstrap or run "tocsin kafka up"',
    'no local broker: install it with pip install "tocsin[local]"',
    'Kafka is not running; start it with "tocsin kafka up"',
    "the broker at {address} does not answer",
    "the broker at {address} does not answer within {seconds} s",
    "the broker at {address} has a certificate that is not valid now",
    (
        "kafka.sasl_password: must be that of the user {user} at the broker at {address}, which "
        "refuses it"
    ),
    "kafka.sasl_mechanism: must be one that the broker at {address} takes",
    (
        "kafka.security_protocol: must be what the broker at {address} speaks, got {value}; the "
        "connection was broken off"
    ),
    "kafka.bootstrap: must name the broker as its certificate does",
    "none, so those of the system",
    "kafka.ca_file: must hold the authority of the broker at {address}",
    "kafka.ca_file: must hold PEM certificates",
    "kafka.cert_file: must be set, the broker at {address} asks for a certificate",
    "kafka.cert_file: must be a certificate that the broker at {address} takes",
    (
        "kafka.cert_file: must be a PEM certificate that kafka.key_file belongs to, without a "
        "passphrase, got {certificate} and {key}: {why}"
    ),
    "a download of Kafka was broken off; delete {folder} and try again",
    "Kafka {version} could not be downloaded",
    "Kafka's data could not be prepared",
    "a broker runs in {folder} without {file}; end its process",
    "the broker ended at its start",
    "the broker did not answer within {seconds} s",
    "the broker does not end, though its process {pid} was killed",
    "the broker sent no record within {seconds} s",
    "does not exist at {address}; {near}",
    "it has no topics",
    "nearest: {names}",
    "no record is an event: {why}",
    "{field} {must}",
    "the {count} newest records of {topic}",
    "must have no worker, stop tocsin run first",
    "must not be a topic of Tocsin's own",
    "refused offsets of {partitions}",
    "not gone after {seconds} s",
    "the broker at {address} did not take the events",
    "{count} records were refused",
    "must be given where nobody can be asked",
    # scopes, marks and tables
    "must be such as product=Kettle K3;batch=B2409-03, or a JSON object of texts",
    "must be a time with its zone, such as 2026-03-02T12:30+08:00",
    "must be from the year 2000 to 9998",
    "must be given, or scope and at in its place",
    "must be of an incident that these settings call in this history, or be given as scope and at",
    "must be empty, as at, where incident is given",
    "fields must be of {fields}",
    "stream must be one of {streams}",
    "a scope must be fields such as product=Kettle K3",
    "a scope must name a stream that is judged and a field",
    "time must be ISO 8601 (2026-03-02T12:30)",
    "time must be within the years 2 to 9998",
    "must be a day such as 2026-03-01, or empty",
    "must be a whole number from 1 to {most}, or empty",
    "must be once for each product",
    "must not be before made ({made})",
    # archives, rules and pages
    "archive {place}",
    "there is no event in the archive",
    "cannot be {what}",
    "its files change too fast",
    ("must be the only argument, without --map and --now; it holds events, and when they came"),
    "topic {topic} must be one of the sources",
    "topic {topic} has {partitions} partitions, its source must have as many",
    "no settings file is in force: name one with --settings",
    "must differ from {file}, which is in force",
    "detection.thresholds must be in one line below {section} to be replaced; write there",
    "--apply: must have a settings file to write into, got none",
    'must be "max" or a number above 0',
    "speed must be above 0 seconds of event time a second",
    "{name} must be one of {names}",
    "url must be an http or https address",
    "a token must be given: in GRAFANA_TOKEN, or by --token-file",
    "Grafana at {address} refuses",
    "Grafana at {address} does not answer",
    "seed must be at least 0",
    "days must be at least 1",
    "per_day must be above 0 and finite",
)
"""As they stand in our code; a test finds each of them there."""
COMPOSED: Final = (
    "must be greater than {bound}",
    "must be at least {bound}",
    "must be less than {bound}",
    "must be at most {bound}",
    "must be of length at least {bound}",
    "must have {partitions}, has {there}",
    "must have {partitions} ({option}), has {there}",
    "1 partition",
    "{count} partitions",
    '{absent}; "tocsin replay" and "tocsin run" would create it',
    "serve.port, --port: must be a free port of serve.host, got {port} on {host}: {why}",
    "must be a free port of operations.host or 0 for none, got {port} on {host}: {why}",
)
"""As our code puts them together of parts."""
THEIRS: Final = (
    # typer
    "Missing option {name}.",
    "Missing argument {name}.",
    "Missing command.",
    "{name} (env var: {variable})",
    "No such option: {name}",
    "No such option: {name} (Possible options: {names})",
    "No such command {name}.",
    "Option {name} requires an argument.",
    "Option {name} does not take a value.",
    "Got unexpected extra argument(s) ({names})",
    "Invalid value for {name}: {rule}",
    "Invalid value: {rule}",
    "Value error, {rule}",
    "{value} is not one of {names}.",
    "{value} does not match the formats {formats}.",
    # pydantic, and what is left of it where it says of an option that its input should
    "Input should be a valid integer, unable to parse string as an integer",
    "Input should be a valid number, unable to parse string as a number",
    "Input should be greater than or equal to {bound}",
    "must be a valid string",
    "must be a valid integer",
    "must be a valid number",
    "must be a valid boolean",
    "must be a valid tuple",
    "must be a valid list",
    "must be {choices}",
    "'{names}' or '{last}'",
    "must be a finite number",
    # msgspec
    "Expected {kind}",
    "Object missing required field {name}",
    "Object contains unknown field {name}",
    # the operating system
    "[Errno {number}] {why}",
    "[Errno {number}] {why}: {file}",
    "No such file or directory",
    "Permission denied",
    "Is a directory",
    "Not a directory",
    "Address already in use",
    "Connection refused",
)
"""As libraries say them."""
ALL: Final = (*OURS, *COMPOSED, *THEIRS)
BLANK: Final = re.compile(r"\\\{(\w+)\\\}")
FIRST: Final = "(?:(?!: ).)+?"
"""What fills a blank that a phrase begins with, for the place before a colon is no part of it."""
FILLED: Final = {
    "count": "[0-9]+", "number": "[0-9]+", "kind": r"\w+", "field": "[a-z_]+", "choices": "'.+'",
    "what": FIRST, "must": f"(?:must|is) {FIRST}",
}  # fmt: skip
"""Blanks that not everything fills, for little stands around them."""


def said(words: Words, text: str) -> str:
    """An error's text in the reader's language; what is in no phrase stays as it is."""
    if words.language == SOURCE:
        return text
    return "\n".join(_said(words, line) for line in text.split("\n"))


def _said(words: Words, line: str) -> str:
    for phrase, pattern in _patterns():
        if met := pattern.fullmatch(line):
            parts = {name: _said(words, part) for name, part in met.groupdict().items()}
            return words.text(phrase).format(**parts)
    place, _, rule = line.partition(": ")
    if not rule or (told := [_said(words, place), _said(words, rule)]) == [place, rule]:
        return line
    return words.say(": ").join(told)


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    """By phrase what is made of it; those that say most come first."""
    phrases = sorted(ALL, key=lambda phrase: -len(re.sub(r"{\w+}", "", phrase)))
    return [(phrase, _pattern(phrase)) for phrase in phrases]


def _pattern(phrase: str) -> re.Pattern[str]:
    def blank(found: re.Match[str]) -> str:
        name = found[1]
        usual = ".+?" if found.start() else FIRST
        return f"(?P<{name}>{FILLED.get(name, usual)})"

    return re.compile(BLANK.sub(blank, re.escape(phrase)))


def extract(*_: Any, **__: Any) -> Iterator[tuple[int, str, str, list[str]]]:
    """The phrases, as Babel takes them from an extractor."""
    for phrase in ALL:
        yield 0, "gettext", phrase, []
