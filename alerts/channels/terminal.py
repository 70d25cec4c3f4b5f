"""Messages as panels on a terminal."""

from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from alerts.channels import DeliveryError
from alerts.colour import Colour
from alerts.messages import Message

STYLES = {
    Colour.BLUE: "blue",
    Colour.YELLOW: "yellow",
    Colour.ORANGE: "dark_orange",
    Colour.RED: "bold red",
}


class Terminal:
    """Writes to the console given; what it shows is never read as markup."""

    def __init__(self, console: Console) -> None:
        self._console = console

    async def send(self, message: Message) -> None:
        try:
            self._console.print(panel(message))
        except (OSError, ValueError, UnicodeEncodeError) as error:
            raise DeliveryError(f"terminal: {error}", permanent=False) from error


def panel(message: Message) -> Panel:
    return Panel(
        Text("\n".join(message.lines)),
        title=Text(message.title),
        title_align="left",
        border_style=STYLES[message.colour],
    )
