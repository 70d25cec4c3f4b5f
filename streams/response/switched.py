"""Which channels the settings switch on, known without the libraries that send."""

from streams.configuration.outlets import Outlet
from streams.settings import Settings


def on(settings: Settings) -> dict[str, Outlet]:
    """The channels that are on and know where to send, by name."""
    pages = settings.response.pages
    return {name: _linked(outlet, pages) for name, outlet in settings.channels if _on(outlet)}


def _linked(outlet: Outlet, pages: str) -> Outlet:
    """A channel that links to the pages by itself takes their common address where it has none."""
    asks = getattr(outlet, "pages", None) == ""
    return outlet.model_copy(update={"pages": pages}) if asks else outlet


def off(settings: Settings) -> dict[str, Outlet]:
    """The channels that know where to send and must not, by name."""
    return {
        name: outlet
        for name, outlet in settings.channels
        if not outlet.enabled and getattr(outlet, "url", False)
    }


def _on(outlet: Outlet) -> bool:
    """The terminal needs no address."""
    return outlet.enabled and bool(getattr(outlet, "url", True))
