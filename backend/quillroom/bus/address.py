"""Where Redis is, as one URL says it.

    redis://[user][:password@]host[:port][/database]                 one server; rediss:// with TLS
    unix://[user][:password@]/path/to/socket[?db=0]                  one server on this machine
    redis+sentinel://[…@]host[:port],host[:port]/service[/database]  whichever server the sentinels call master
    redis+cluster://[…@]host[:port],host[:port]                      a cluster, found by any of its servers

With rediss+sentinel:// and rediss+cluster:// everything is TLS. Options have the names that redis-py gave them.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

EXPECTED = (
    "redis://host:6379, rediss://host:6379, unix:///path, redis+sentinel://host:26379,host:26379/service "
    "or redis+cluster://host:6379,host:6379"
)
REDIS_PORT, SENTINEL_PORT = 6379, 26379
_TLS_OPTIONS = {"ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_cert_reqs", "ssl_check_hostname"}
_SENTINEL_OPTIONS = {"sentinel_username", "sentinel_password"}
_SCHEMES = {
    f"{scheme}{form}": form.removeprefix("+") or "single"
    for scheme in ("redis", "rediss")
    for form in ("", "+sentinel", "+cluster")
} | {"unix": "single"}


class WrongAddress(ValueError):
    """The URL is none; the message says what was expected."""


@dataclass(frozen=True, slots=True)
class Node:
    """One server: a host and a port, or a socket on this machine."""

    host: str
    port: int = REDIS_PORT
    path: str | None = None

    def __str__(self) -> str:
        if self.path is not None:
            return self.path
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Login:
    """As whom we come."""

    user: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Address:
    """What the URL says."""

    form: str  # single, sentinel or cluster
    nodes: tuple[Node, ...]
    login: Login
    database: int = 0
    service: str = ""
    sentinel_login: Login = Login()
    tls: ssl.SSLContext | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return ", ".join(map(str, self.nodes))


def read_address(url: str) -> Address:
    """Raises `WrongAddress`."""
    try:
        parts = urlsplit(url)
        form = _SCHEMES.get(parts.scheme)
        if form is None:
            raise WrongAddress("")
        return _read(parts, form)
    except WrongAddress as wrong:
        why = f": {wrong}" if str(wrong) else ""
        raise WrongAddress(f"{EXPECTED} was expected, {without_password(url)!r} came{why}") from None
    except ValueError:
        raise WrongAddress(f"{EXPECTED} was expected, {without_password(url)!r} came") from None


def without_password(url: str) -> str:
    """The URL as it may stand in a log."""
    scheme, mark, rest = url.partition("://")
    address, question, _ = rest.partition("?")
    said, at, place = address.rpartition("@")
    user = said.partition(":")[0]
    return f"{scheme}{mark}{user}{at and '@'}{place}{question and '?…'}" if mark else f"{url[:8]}…"


def _read(parts: SplitResult, form: str) -> Address:
    said, _, places = parts.netloc.rpartition("@")
    user, _, password = said.partition(":")
    login = Login(unquote(user) or None, unquote(password) or None)
    is_tls = parts.scheme.startswith("rediss")
    options = _options(parts, form, is_tls)
    tls = _context(options) if is_tls else None
    path = [unquote(step) for step in parts.path.strip("/").split("/") if step]
    if parts.scheme == "unix":
        if places or not path:
            raise WrongAddress("the path of a socket follows after three slashes")
        return Address(form, (Node("", path=unquote(parts.path)),), login, _number(options.get("db", "0")))
    nodes = _nodes(places, SENTINEL_PORT if form == "sentinel" else REDIS_PORT)
    if form == "single" and len(nodes) > 1:
        raise WrongAddress("several hosts are sentinels or a cluster: say which")
    service = path.pop(0) if form == "sentinel" and path else ""
    if form == "sentinel" and not service:
        raise WrongAddress("the name that the sentinels give the service is missing")
    database = _number(path.pop(0) if path else options.get("db", "0"))
    if path or (form == "cluster" and database):
        raise WrongAddress("a cluster has one database" if form == "cluster" else "the path is too long")
    sentinels = Login(options.get("sentinel_username"), options.get("sentinel_password"))
    return Address(form, nodes, login, database, service, sentinels, tls)


def _nodes(places: str, port: int) -> tuple[Node, ...]:
    found = []
    for place in places.split(","):
        one = urlsplit(f"//{place}")
        if not one.hostname:
            raise WrongAddress("a host is missing")
        found.append(Node(unquote(one.hostname), port if one.port is None else one.port))
    return tuple(found)


def _options(parts: SplitResult, form: str, is_tls: bool) -> dict[str, str]:
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    known = {"db"} | (_TLS_OPTIONS if is_tls else set()) | (_SENTINEL_OPTIONS if form == "sentinel" else set())
    if unknown := sorted(options.keys() - known):
        raise WrongAddress(f"{unknown[0]} is no option here; {', '.join(sorted(known))} are")
    return options


def _context(options: Mapping[str, str]) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=options.get("ssl_ca_certs"))
        if "ssl_certfile" in options:
            context.load_cert_chain(options["ssl_certfile"], options.get("ssl_keyfile"))
    except OSError as trouble:  # SSLError is one
        raise WrongAddress(f"the certificates cannot be read ({trouble.strerror or trouble})") from None
    wants = options.get("ssl_cert_reqs", "required")
    if wants not in ("required", "none"):
        raise WrongAddress("ssl_cert_reqs is required or none")
    if wants == "none" or options.get("ssl_check_hostname", "true").lower() in ("false", "no", "0"):
        context.check_hostname = False
    if wants == "none":
        context.verify_mode = ssl.CERT_NONE
    return context


def _number(said: str) -> int:
    if not said.isascii() or not said.isdigit():
        raise WrongAddress("the database is a number")
    return int(said)
