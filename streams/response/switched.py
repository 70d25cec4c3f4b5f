"""Which recipients the settings switch on, known without the libraries that send."""

from collections.abc import Iterator

from streams.configuration.outlets import Group, Outlet
from streams.settings import Settings


def on(settings: Settings) -> dict[str, Outlet]:
    """The recipients that are on and know where to send, by name: channels, then groups."""
    pages = settings.response.pages
    return {name: _linked(outlet, pages) for name, outlet in _all(settings) if _on(outlet)}


def kind(name: str, outlet: Outlet) -> str:
    """The channel by which a recipient is told; one that is a channel has its name."""
    return outlet.channel if isinstance(outlet, Group) else name


def off(settings: Settings) -> dict[str, Outlet]:
    """The recipients that know where to send and must not, by name."""
    return {
        name: outlet
        for name, outlet in _all(settings)
        if not outlet.enabled and getattr(outlet, "url", False)
    }


def _all(settings: Settings) -> Iterator[tuple[str, Outlet]]:
    yield from settings.channels
    yield from ((group.name, group) for group in settings.recipients)


def _linked(outlet: Outlet, pages: str) -> Outlet:
    """A channel that links to the pages by itself takes their common address where it has none."""
    asks = getattr(outlet, "pages", None) == ""
    return outlet.model_copy(update={"pages": pages}) if asks else outlet


def _on(outlet: Outlet) -> bool:
    """The terminal needs no address."""
    return outlet.enabled and bool(getattr(outlet, "url", True))
