"""To which addresses this server sends what browsers name as theirs: push services, and nothing inside the house.

A browser's endpoint is whatever its page says. So it must be of a known service, that must be a public address whenever
it is connected to, and nobody is followed elsewhere.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpcore

from quillroom.services.errors import Invalid

KNOWN = ("fcm.googleapis.com", "updates.push.services.mozilla.com", "*.notify.windows.com", "*.push.apple.com")
ENDPOINT_LENGTH = 1024
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 10.0
ANSWER_BYTES = 16 * 1024
Resolve = Callable[[str], Awaitable[list[str]]]


class Unreachable(Exception):
    """It could not be asked; the message says why."""


@dataclass(frozen=True, slots=True)
class Host:
    """A service; `name` may begin with "*." for all below it."""

    scheme: str
    name: str
    port: int

    def is_of(self, scheme: str, host: str, port: int) -> bool:
        """Whether an address is one of this service's."""
        if (scheme, port) != (self.scheme, self.port):
            return False
        return host.endswith(self.name[1:]) if self.name.startswith("*.") else host == self.name


def parse_hosts(said: Iterable[str]) -> tuple[Host, ...]:
    """`push.example.org`, `*.example.org:8443`, or, without encryption, `http://127.0.0.1:9000`. Raises Invalid."""
    found = []
    for each in said:
        try:
            parts = urlsplit(each if "://" in each else f"https://{each}")
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            raise Invalid(f"--push-hosts: {each!r:.80} is no host.") from None
        if parts.scheme not in ("https", "http") or not parts.hostname or parts.path or parts.query or parts.username:
            raise Invalid(f"--push-hosts: a host like push.example.org was expected, {each!r:.80} came.")
        found.append(Host(parts.scheme, parts.hostname, port))
    return tuple(found)


class PushHosts:
    """The known services, and those that the operator added: these may be in the house."""

    def __init__(self, added: Iterable[str] = ()) -> None:
        self._known = parse_hosts(KNOWN)
        self._added = parse_hosts(added)

    def check(self, endpoint: object) -> str:
        """Raises Invalid unless a known service is named."""
        if not isinstance(endpoint, str) or len(endpoint) > ENDPOINT_LENGTH or not _is_plain(endpoint):
            raise Invalid("`endpoint` must be the address of a push service.")
        where = _where(endpoint)
        if where is None or not any(host.is_of(*where) for host in self._known + self._added):
            raise Invalid("`endpoint` is at no push service that this server knows (QUILLROOM_PUSH_HOSTS).")
        return endpoint

    def may_be_private(self, host: str) -> bool:
        """Whether the operator named it: then it may be anywhere."""
        return any(each.is_of(each.scheme, host, each.port) for each in self._added)


def _is_plain(endpoint: str) -> bool:
    return endpoint.isascii() and endpoint.isprintable() and not set(endpoint) & set(' \\"<>^`{|}')


def _where(endpoint: str) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(endpoint)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return None
    if not parts.hostname or parts.username is not None or parts.password is not None or parts.fragment:
        return None
    return parts.scheme, parts.hostname, port


def is_public(address: str) -> bool:
    """Whether an address is of the internet, in whatever clothes it comes."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


async def _resolve(host: str) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class _Guarded(httpcore.AsyncNetworkBackend):
    """Connects to the very address that was looked at: a name cannot become another one in between."""

    def __init__(self, hosts: PushHosts, resolve: Resolve) -> None:
        self._hosts = hosts
        self._resolve = resolve
        self._wire = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore's name)
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await self._resolve(host)
        if not self._hosts.may_be_private(host):
            addresses = [each for each in addresses if is_public(each)]
        if not addresses:
            raise httpcore.ConnectError(f"{host} is at no public address")
        return await self._wire.connect_tcp(addresses[0], port, timeout, local_address, socket_options)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a push service said."""

    status: int
    retry_after: str | None


class Postman:
    """Takes messages to push services. Follows nobody elsewhere, asks no proxy, reads no long answers."""

    def __init__(self, hosts: PushHosts, resolve: Resolve = _resolve) -> None:
        self._hosts = hosts
        self._pool = httpcore.AsyncConnectionPool(
            max_connections=16, keepalive_expiry=30.0, network_backend=_Guarded(hosts, resolve)
        )

    async def close(self) -> None:
        """Let go of connections."""
        await self._pool.aclose()

    async def post(self, endpoint: str, headers: dict[str, str], body: bytes) -> Answer:
        """Raises Unreachable."""
        waits = {"connect": CONNECT_SECONDS, "read": ANSWER_SECONDS, "write": ANSWER_SECONDS, "pool": ANSWER_SECONDS}
        try:
            self._hosts.check(endpoint)  # the operator may have taken a service away
            async with (
                asyncio.timeout(ANSWER_SECONDS),
                self._pool.stream(
                    "POST", endpoint, headers=list(headers.items()), content=body, extensions={"timeout": waits}
                ) as answer,
            ):
                await _skim(answer)
                found = {name.lower(): value for name, value in answer.headers}.get(b"retry-after")
                return Answer(answer.status, None if found is None else found.decode("latin-1")[:64])
        except (Invalid, TimeoutError, OSError, httpcore.NetworkError, httpcore.ProtocolError) as problem:
            raise Unreachable(f"{type(problem).__name__}: {problem}"[:200]) from None
        except (httpcore.TimeoutException, httpcore.UnsupportedProtocol) as problem:
            raise Unreachable(type(problem).__name__) from None


async def _skim(answer: httpcore.Response) -> None:
    """A short answer is read, so that its connection can be used again."""
    size = 0
    async for part in answer.aiter_stream():
        size += len(part)
        if size > ANSWER_BYTES:
            return
