"""How one reader is spoken to: sentences, names, numbers and times."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from babel import Locale
from babel.numbers import format_decimal

from alerts.catalogue import translations
from alerts.names import NAMES
from alerts.redaction import Redacted, clean, quote
from alerts.signal import Scope

VALUE_LENGTH = 40
PLACE = {field: place for place, field in enumerate(NAMES["field"])}
BARE = frozenset({"batch"})
"""Fields whose values are numbers that nobody knows by heart."""
UNKNOWN = "unknown"
"""What stands in a field that nobody filled and no text told."""
UTC = ZoneInfo("UTC")


class Words:
    """Raises KeyError for a language that is not there.

    What fills a sentence is data: it is put in as it is, and never read as a blank or as markup.
    """

    def __init__(self, language: str, zone: ZoneInfo = UTC) -> None:
        self.language, self.zone = language, zone
        self._translations = translations(language)

    @property
    def own_name(self) -> str:
        """What the language calls itself."""
        return str(Locale(self.language).get_language_name())

    def say(self, sentence: str, /, **values: object) -> str:
        """A sentence in English, said in the reader's language with its `{blanks}` filled in."""
        return self._translations.gettext(sentence).format(**values)

    def text(self, english: str) -> str:
        """A text that stands elsewhere, whose blanks, where it has any, are left as they are."""
        return self._translations.gettext(english) if english else ""

    def numbered(self, one: str, many: str, count: float, /, **values: object) -> str:
        """The sentence for one or for many, with `{count}` filled in."""
        whole = int(count) if float(count).is_integer() else 2
        sentence = self._translations.ngettext(one, many, whole)
        return sentence.format(count=self.number(count), **values)

    def name(self, family: str, value: str) -> str:
        """The word for a value of a known set; an unknown one is shown as it is."""
        word = NAMES.get(family, {}).get(value)
        if word is None:
            return clean(value, cap=VALUE_LENGTH)
        return self._translations.pgettext(family, word)

    def listed(self, parts: Iterable[str]) -> str:
        # Translators: between the parts of a list
        return self.say(", ").join(parts)

    def named(self, scope: Scope) -> str:
        """The values of a scope, the thing first; those that say little alone with their field."""
        return self.listed(
            self.field(field, value) if field in BARE else self.name(field, value)
            for field, value in ordered(scope)
        )

    def fields(self, scope: Scope) -> str:
        """The fields of a scope and their values, the stream first."""
        return self.listed(self.field(field, value) for field, value in ordered(scope))

    def field(self, field: str, value: str) -> str:
        """A field and its value."""
        named = self.name("field", field)
        if value == UNKNOWN:
            return self.say("{field} unknown", field=named)
        return self.say("{field} {value}", field=named, value=self.name(field, value))

    def harms(self, harms: Iterable[str]) -> str:
        return self.listed(self.name("harm", harm) for harm in harms)

    def quoted(self, text: str) -> str:
        return self.say("“{text}”", text=self.plain(text))

    def plain(self, text: str) -> str:
        """What others said, in one line and without what points at a person."""
        return quote(text, self._label)

    def failure(self, reason: str) -> str:
        """Why a try failed: what is known beforehand in the reader's words, all else as it is."""
        parts = self.plain(reason).split(": ")
        # Translators: between a channel and what it met
        return self.say(": ").join(self.name("failure", part) for part in parts)

    def number(self, value: float) -> str:
        """Three digits are enough to act on; thousands are whole and grouped."""
        if abs(value) >= 1e9:
            return f"{value:.3g}"
        rounded = round(value) if abs(value) >= 100 else float(f"{value:.3g}")
        return format_decimal(rounded, locale=self.language)

    def moment(self, at: datetime) -> str:
        """Absolute, with its zone as the distance to UTC."""
        return f"{at.astimezone(self.zone):%Y-%m-%d %H:%M} {self._offset(at)}"

    def second(self, at: datetime) -> str:
        return f"{at.astimezone(self.zone):%Y-%m-%d %H:%M:%S} {self._offset(at)}"

    def hour(self, at: datetime) -> str:
        """Short, for a place that says the zone nearby."""
        return f"{at.astimezone(self.zone):%m-%d %H:%M}"

    def _offset(self, at: datetime) -> str:
        offset = f"{at.astimezone(self.zone):%z}"
        return "UTC" if offset == "+0000" else f"UTC{offset[:3]}:{offset[3:5]}"

    def _label(self, kind: Redacted) -> str:
        return self.name("redacted", kind)


def ordered(scope: Scope) -> list[tuple[str, str]]:
    """The fields as people name them: the order of their words, then the alphabet's."""
    return sorted(scope.items(), key=lambda item: (PLACE.get(item[0], len(PLACE)), item[0]))
