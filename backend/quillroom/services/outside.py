"""What the operator says of servers that are not ours, checked before start: for mail, files and signing in."""

import re
from email.utils import parseaddr
from urllib.parse import parse_qsl, unquote, urlsplit

from quillroom.services.accounts import check_email
from quillroom.services.errors import Invalid
from quillroom.services.throttle import is_loopback
from quillroom.settings import Bucket, Oidc, Smtp

EXAMPLE = "smtp://user:password@mail.example.org:587?from=quillroom@example.org&tls=starttls"
FILES = "s3://key:secret@bucket/prefix?endpoint=https://minio.example.org:9000&region=us-east-1"
BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
TLS = ("starttls", "implicit", "none")
IMPLICIT_PORT = 465
SENDER_NAME = "Quillroom"
PROVIDER_NAME = "Single sign-on"
SCOPES = "openid email profile"


def parse_smtp(value: str) -> Smtp:
    """`smtp://user:password@host:port?from=…&tls=…`. Raises Invalid; never says the password again."""
    try:
        parts = urlsplit(value)
        port = parts.port or 587
        options = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
    except ValueError:
        raise Invalid(f"--smtp: {EXAMPLE} was expected.") from None
    if parts.scheme != "smtp" or not parts.hostname or parts.path.strip("/") or parts.fragment:
        raise Invalid(f"--smtp: {EXAMPLE} was expected.")
    unknown = sorted(set(options) - {"from", "tls"})
    if unknown:
        raise Invalid(f"--smtp: only `from` and `tls` were expected behind the ?, {unknown[0]!r:.40} came.")
    tls = options.get("tls", "implicit" if port == IMPLICIT_PORT else "starttls")
    if tls not in TLS:
        raise Invalid(f"--smtp: tls must be one of {', '.join(TLS)}.")
    user, password = (None if each is None else unquote(each) for each in (parts.username, parts.password))
    if (user is None) != (password is None):
        raise Invalid("--smtp: a user and a password were expected, or neither (write special characters as %40).")
    if password is not None and tls == "none" and not is_loopback(parts.hostname):
        raise Invalid("--smtp: with tls=none the password could be read on the way. Use starttls or implicit.")
    name, sender = _sender(options.get("from", user or ""))
    return Smtp(parts.hostname, port, tls, sender, name, user, password)


def parse_oidc(
    issuer: str | None, client_id: str | None, secret: str | None, name: str | None, scopes: str | None
) -> Oidc | None:
    """None where no issuer is named. Raises Invalid."""
    if not issuer:
        if client_id or secret:
            raise Invalid("--oidc-issuer is missing: the address of the provider, like https://login.example.org.")
        return None
    parts = urlsplit(issuer)
    is_address = parts.scheme in ("https", "http") and parts.hostname and not parts.query and not parts.fragment
    if not is_address or parts.username is not None:
        raise Invalid("--oidc-issuer: an address like https://login.example.org was expected.")
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise Invalid("--oidc-issuer must begin with https:// (http is for a provider on this machine).")
    if not client_id:
        raise Invalid("--oidc-client-id is missing: the provider gives it out.")
    wanted = (scopes or SCOPES).split()
    if "openid" not in wanted:
        raise Invalid("--oidc-scopes must hold openid.")
    return Oidc(issuer, client_id, secret or None, (name or "").strip()[:64] or PROVIDER_NAME, " ".join(wanted))


def parse_bucket(value: str) -> Bucket:
    """`s3://key:secret@bucket/prefix?endpoint=…&region=…`. Raises Invalid; never says the secret again."""
    try:
        parts = urlsplit(value)
        options = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
    except ValueError:
        raise Invalid(f"--files: {FILES} was expected.") from None
    name, prefix = parts.netloc.rpartition("@")[2], unquote(parts.path.strip("/"))
    if parts.scheme != "s3" or not BUCKET_NAME.fullmatch(name) or set(options) - {"endpoint", "region"}:
        raise Invalid(f"--files: {FILES} was expected.")
    if not parts.username or not parts.password:
        raise Invalid("--files: a key and a secret were expected in front of the @ (write special characters as %2F).")
    region = options.get("region", "us-east-1")
    endpoint = options.get("endpoint", f"https://s3.{region}.amazonaws.com").rstrip("/")
    where = urlsplit(endpoint)
    if where.scheme not in ("https", "http") or not where.hostname or where.path or where.query:
        raise Invalid("--files: endpoint must be an address like https://minio.example.org:9000.")
    key, secret = unquote(parts.username), unquote(parts.password)
    return Bucket(endpoint, name, f"{prefix}/" if prefix else "", region, key, secret)


def _sender(value: str) -> tuple[str, str]:
    name, address = parseaddr(value) if value.isprintable() else ("", "")
    try:
        return name or SENDER_NAME, check_email(address)
    except Invalid:
        raise Invalid("--smtp: from=quillroom@example.org was expected: the address that mails come from.") from None
