"""Every option of the server, read once from the command line and `QUILLROOM_…`, then passed in."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Smtp:
    """The server that takes our mail; `tls` is "starttls", "implicit" or "none"."""

    host: str
    port: int
    tls: str
    sender: str  # an address
    sender_name: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Oidc:
    """The OpenID Connect provider by which people may sign in."""

    issuer: str
    client_id: str
    client_secret: str | None = field(repr=False)  # None: a public client, PKCE only
    name: str
    scopes: str  # separated by spaces


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where the bytes of files are kept instead of on the disk, and as whom we come there (S3)."""

    endpoint: str  # https://s3.eu-central-1.amazonaws.com
    name: str
    prefix: str
    region: str
    key: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FileLimits:
    """How much may be uploaded."""

    file_bytes: int = 50_000_000
    image_bytes: int = 20_000_000
    voice_seconds: float = 300.0
    quota_bytes: int = 1_000_000_000  # of one person, all that they uploaded and did not recall
    unsent: int = 40  # files of one person that are uploaded or announced, and not sent yet
    unsent_bytes: int = 200_000_000


THIS_MACHINE = ("127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Settings:
    """How this server runs."""

    host: str = "127.0.0.1"
    port: int = 8000
    data: Path = Path("data")
    database: str | None = None
    redis: str | None = field(default=None, repr=False)  # by which servers tell each other what is committed
    workers: int = 1  # server processes behind the one port
    is_open: bool = False
    url: str | None = None  # how people reach it: https://docs.example.org
    smtp: Smtp | None = None
    oidc: Oidc | None = None
    file_limits: FileLimits = FileLimits()
    bucket: Bucket | None = None
    trusted_proxies: tuple[str, ...] = THIS_MACHINE  # whose X-Forwarded-… headers are believed
    push_hosts: tuple[str, ...] = ()  # push services besides those that every browser knows
    sync_frame_bytes: int = 4 * 1024 * 1024
    outbox_bytes: int = 1024 * 1024
    page: Path = Path(__file__).resolve().parents[2] / "frontend" / "dist"

    @property
    def uploads(self) -> Path:
        """Where files lie while they come in."""
        return self.data / "uploads"

    @property
    def contact(self) -> str:
        """How a push service reaches whoever runs this server (RFC 8292 §2.1)."""
        if self.url is not None and self.url.startswith("https://"):
            return self.url
        return f"mailto:{self.smtp.sender}" if self.smtp is not None else "mailto:operator@quillroom.invalid"

    @property
    def database_url(self) -> str:
        """The database: a file in the data directory unless another one is named."""
        if self.database is not None:
            return self.database
        return f"sqlite:///{self.data.resolve() / 'quillroom.db'}"
