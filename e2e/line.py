"""The line between a page and its server, in our hands: cut it with a code, hold back what is said, speak on it."""

from playwright.async_api import Page, WebSocketRoute


class Line:
    """`watch` it before the page opens its document."""

    def __init__(self) -> None:
        self.connections = 0
        self._is_held = False
        self._to_page: WebSocketRoute | None = None

    async def watch(self, page: Page) -> "Line":
        """Every connection of the page goes through here from now on."""
        await page.route_web_socket("**/sync/**", self._join)
        return self

    async def close(self, code: int) -> None:
        """As if the server had ended the connection."""
        assert self._to_page is not None
        await self._to_page.close(code=code)

    def hold(self) -> None:
        """What the page says no longer reaches the server."""
        self._is_held = True

    def let_go(self) -> None:
        """What the page says from now on arrives again; what was held back is lost."""
        self._is_held = False

    def say(self, frame: bytes) -> None:
        """As if the server had said it."""
        assert self._to_page is not None
        self._to_page.send(frame)

    def _join(self, to_page: WebSocketRoute) -> None:
        self.connections += 1
        self._to_page = to_page
        to_server = to_page.connect_to_server()
        to_page.on_message(lambda frame: None if self._is_held else to_server.send(frame))
        to_server.on_message(to_page.send)
