"""A Redis of its own for each test that has faults in it."""

from asyncio import AbstractEventLoop as Loop
from collections.abc import Callable, Iterator, Mapping

import pytest
import uvloop

from support.redis_server import RedisServer


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    """Without a password, and empty."""
    if not RedisServer.is_installed():
        pytest.skip("redis-server is not installed")
    with RedisServer() as running:
        yield running


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> Mapping[str, Callable[[], Loop]]:
    """The loop that serves people: its transports differ from those of asyncio."""
    return {"uvloop": uvloop.new_event_loop}
