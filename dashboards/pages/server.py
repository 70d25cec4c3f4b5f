"""The web server of the pages."""

from types import FrameType

import uvicorn


class Server(uvicorn.Server):
    """Stops in order, however often it is told to: uvicorn's haste ends in a traceback."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.should_exit = True
