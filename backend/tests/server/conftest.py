"""Two members of one house, where a module has none of its own."""

from collections.abc import AsyncIterator

import pytest

from support.server import Server
from support.team import Mate


@pytest.fixture
async def ann(closed_server: Server) -> AsyncIterator[Mate]:
    """The first one here."""
    mate = await Mate(closed_server, "Ann").comes()
    yield mate
    await mate.leaves()


@pytest.fixture
async def bob(closed_server: Server) -> AsyncIterator[Mate]:
    """Another one."""
    mate = await Mate(closed_server, "Bob").comes()
    yield mate
    await mate.leaves()
