"""The command line: `python -m quillroom serve` and its siblings."""

import argparse
import gc
import ipaddress
import os
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy.exc import DBAPIError

from quillroom.bus.address import WrongAddress, read_address
from quillroom.main import migrate, serve
from quillroom.services.backup import Unsound, back_up, demand_database, restore
from quillroom.services.console import add_user, reset_password
from quillroom.services.errors import Conflict, Invalid
from quillroom.services.kept_files import verify_files
from quillroom.services.limits import parse_limits
from quillroom.services.moving import count_files, move
from quillroom.services.outside import EXAMPLE, FILES, parse_bucket, parse_oidc, parse_smtp
from quillroom.services.push_hosts import parse_hosts
from quillroom.services.repair import drop_after, examine
from quillroom.services.throttle import is_loopback
from quillroom.services.verify import verify, verify_audit
from quillroom.settings import THIS_MACHINE, Settings
from quillroom.store.blobs import open_blobs

OIDC_PARTS = {
    "issuer": "people sign in by this OpenID Connect provider: https://login.example.org",
    "client_id": "what the provider calls this server",
    "client_secret": "better as QUILLROOM_OIDC_CLIENT_SECRET: a command line can be read by others",
    "name": "what the button says",
    "scopes": "openid email profile, unless said otherwise",
}

LIMITS = {
    "max_file": "the largest file: 50MB unless said otherwise",
    "max_image": "the largest picture: 20MB unless said otherwise",
    "max_voice": "the longest voice message: 5m unless said otherwise",
    "quota": "how much each person may have uploaded, in files that are still there: 1GB unless said otherwise",
}


def main(arguments: list[str] | None = None) -> int:
    """Run a command; 2 for a wrong one."""
    try:
        options = _parser().parse_args(arguments)
        run = _COMMANDS[options.command]
        return run(_settings(options), options)
    except (Invalid, Conflict) as problem:
        return _says(str(problem), 2)
    except (Unsound, OSError, DBAPIError) as problem:
        return _says(str(problem).splitlines()[0], 1)


def _settings(options: argparse.Namespace) -> Settings:
    return Settings(
        host=options.host,
        port=options.port,
        data=Path(options.data),
        database=options.database,
        redis=options.redis,
        workers=options.workers,
        is_open=options.open,
        url=options.url,
        trusted_proxies=options.trusted_proxy,
        push_hosts=_hosts(options.push_hosts),
        smtp=parse_smtp(options.smtp) if options.smtp else None,
        bucket=parse_bucket(options.files) if options.files else None,
        file_limits=parse_limits(options.max_file, options.max_image, options.max_voice, options.quota),
        oidc=parse_oidc(*(getattr(options, f"oidc_{part}") for part in OIDC_PARTS)),
    )


def _hosts(said: str) -> tuple[str, ...]:
    hosts = tuple(each.strip() for each in said.split(",") if each.strip())
    parse_hosts(hosts)
    return hosts


def _says(problem: str, code: int) -> int:
    print(f"quillroom: {problem}", file=sys.stderr)
    return code


def _serve(settings: Settings, options: argparse.Namespace) -> int:
    problem = _problem(options)
    if problem is not None:
        raise Invalid(problem)
    if settings.workers > 1 and settings.redis is None:
        _says("without --redis the server processes follow each other in the database, up to a second later.", 0)
    code = serve(settings)
    gc.freeze()  # to end, Python would walk once more through all that the system takes back anyway: 0.3 s
    return code


def _migrate(settings: Settings, options: argparse.Namespace) -> int:
    if options.source is None and options.target is None:
        migrate(settings)
        return 0
    if options.source is None or options.target is None:
        raise Invalid("To move an installation, say both: migrate --from sqlite:///… --to postgresql://…")
    counts = move(options.source, options.target, lambda line: print(line, flush=True))
    print(f"{counts['document']} documents and {sum(counts.values())} rows are moved, verified.")
    files = count_files(options.target)
    where = f"the bucket of --files {settings.bucket.name}" if settings.bucket else f"{settings.data / 'files'}"
    if files:
        print(f"{files} uploaded files stay where they are: give the new server the same --data or --files ({where}).")
    print("Start the server with --database and the new address. Keep the old database until you have looked around.")
    return 0


def _verify(settings: Settings, options: argparse.Namespace) -> int:
    demand_database(settings.database_url)
    verdicts = verify(settings.database_url)
    problems = [f"{each.document}: {problem}" for each in verdicts for problem in each.problems]
    problems += [f"audit log: {problem}" for problem in verify_audit(settings.database_url)]
    problems += verify_files(settings.database_url, open_blobs(settings))
    for problem in problems:
        print(problem)
    rows = sum(each.rows for each in verdicts)
    print(f"{len(verdicts)} documents, {rows} rows, {len(problems)} problems.")
    return 1 if problems else 0


def _backup(settings: Settings, options: argparse.Namespace) -> int:
    count = back_up(settings.database_url, options.file, open_blobs(settings))
    print(f"{options.file} holds {count} documents, {options.file.stat().st_size} bytes, verified.")
    return 0


def _restore(settings: Settings, options: argparse.Namespace) -> int:
    count = restore(options.file, settings.data, settings.database_url, open_blobs(settings))
    print(f"{count} documents are restored, verified. What browsers held of them they keep as copies.")
    return 0


def _repair(settings: Settings, options: argparse.Namespace) -> int:
    demand_database(settings.database_url)
    if options.drop_after is not None:
        if options.document is None:
            raise Invalid("Say which document: repair DOCUMENT --drop-after SEQ.")
        repaired = drop_after(settings.database_url, options.document, options.drop_after)
        print(f"{options.document} ends at {repaired.seq} now; {repaired.rows} rows are set aside.")
        return 0
    found = examine(settings.database_url, options.document)
    for sentence in found:
        print(sentence)
    if not found:
        print("Nothing needs repair.")
    return 1 if found else 0


def _user(settings: Settings, options: argparse.Namespace) -> int:
    settings.data.mkdir(parents=True, exist_ok=True)
    if options.what == "reset-password":
        secret = reset_password(settings.database_url, options.email)
        print(f"Open {settings.url or 'http://127.0.0.1:8000'}/reset#{secret} within 24 hours to set another password.")
        return 0
    if options.name is None:
        raise Invalid("Say who it is: user add ADDRESS --name NAME.")
    given = sys.stdin.readline().rstrip("\n") if options.password_stdin else None
    password = add_user(
        settings.database_url, options.email, options.name, is_operator=options.operator, password=given
    )
    print(f"{options.email} has an account." + ("" if given else f" Password: {password}"))
    return 0


def _problem(options: argparse.Namespace) -> str | None:
    if options.open and not options.open_anyway and not is_loopback(options.host):
        return (
            f"--open lets anyone who reaches {options.host} read and write everything. "
            "Use a loopback address, or add --open-anyway."
        )
    if options.smtp and options.url is None:
        # Whoever asks for a new password says under which name they ask; a mail must not repeat that name.
        return "--smtp needs --url https://docs.example.org: the address that mails lead to."
    if options.redis and not _is_postgresql(options.database):
        return (
            "--redis is how several servers tell each other what they wrote, and these need PostgreSQL: add --database "
            "postgresql://user:password@host/quillroom, or leave --redis out."
        )
    return _workers_problem(options)


def _is_postgresql(database: str | None) -> bool:
    return (database or "").startswith(("postgres:", "postgresql:", "postgresql+"))


def _workers_problem(options: argparse.Namespace) -> str | None:
    number = options.workers
    if number < 1:
        return f"--workers takes how many server processes run, 1 or more; {number} came."
    if number > 1 and not _is_postgresql(options.database):
        return (
            f"--workers {number} needs PostgreSQL, as SQLite is written by one process: add --database "
            "postgresql://user:password@host/quillroom (and --redis redis://host, which makes it quicker)."
        )
    if number > 1 and not hasattr(os, "fork"):
        return "--workers needs a system on which processes can fork. Start several servers on ports of their own."
    return None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="quillroom", description="Write documents together.")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("serve", help="run the server")
    backup = commands.add_parser("backup", help="write everything into one verified file (SQLite), also while it runs")
    restored = commands.add_parser("restore", help="put a backup into an empty data folder")
    repair = commands.add_parser("repair", help="say which documents cannot be replayed, or go on without the bad rows")
    user = commands.add_parser("user", help="make an account, or an address to set another password")
    moving = commands.add_parser("migrate", help="bring the database to this version, or move everything to another")
    others = [
        user,
        moving,
        commands.add_parser("verify", help="check that log, checkpoints and hashes agree, also while it runs"),
        backup,
        restored,
        repair,
    ]
    for each in (run, *others):
        each.add_argument("--data", default=_env("DATA", "data"), help="folder of all that is kept")
        each.add_argument("--database", default=_env("DATABASE", None), help="sqlite:/// or postgresql://")
        each.add_argument(
            "--files", default=_env("FILES", None), help=f"where files are kept instead of in the data folder: {FILES}"
        )
        each.set_defaults(host="127.0.0.1", port=8000, open=False, url=None, smtp=None, trusted_proxy=(), push_hosts="")
        each.set_defaults(redis=None, workers=1, **dict.fromkeys(LIMITS))
        each.set_defaults(**{f"oidc_{part}": None for part in OIDC_PARTS})
    moving.add_argument("--from", dest="source", metavar="URL", help="move all of this database, of a stopped server")
    moving.add_argument("--to", dest="target", metavar="URL", help="into this one, which is empty")
    user.add_argument("what", choices=["add", "reset-password"])
    user.add_argument("email", metavar="ADDRESS")
    user.add_argument("--name", help="how others see them")
    user.add_argument("--operator", action="store_true", help="may administer; the first account does anyway")
    user.add_argument("--password-stdin", action="store_true", help="read the password from there; else one is made")
    for each in (backup, restored):
        each.add_argument("file", type=Path, metavar="FILE")
    repair.add_argument("document", nargs="?", metavar="DOCUMENT")
    repair.add_argument("--drop-after", type=int, metavar="SEQ", help="set aside the rows behind this one")
    run.add_argument("--host", default=_env("HOST", "127.0.0.1"))
    run.add_argument("--port", type=int, default=int(_env("PORT", "8000") or 8000), help="0 for a free one")
    run.add_argument(
        "--url", type=_url, default=_env("URL", None), help="how people reach it: https://docs.example.org"
    )
    run.add_argument(
        "--trusted-proxy", type=_proxies, default=_env("TRUSTED_PROXY", ",".join(THIS_MACHINE)),
        metavar="ADDRESSES", help="whose X-Forwarded-For and -Proto are believed: 10.0.0.7,10.1.0.0/16 or none; "
        "unless said otherwise, proxies on this machine",
    )  # fmt: skip
    run.add_argument(
        "--push-hosts", default=_env("PUSH_HOSTS", "") or "", metavar="HOSTS",
        help="push services besides those of the known browsers: push.example.org,*.example.net:8443",
    )  # fmt: skip
    run.add_argument("--smtp", default=_env("SMTP", None), help=EXAMPLE)
    for part, says in OIDC_PARTS.items():
        run.add_argument(f"--oidc-{part.replace('_', '-')}", default=_env(f"OIDC_{part.upper()}", None), help=says)
    for name, says in LIMITS.items():
        run.add_argument(f"--{name.replace('_', '-')}", default=_env(name.upper(), None), metavar="AMOUNT", help=says)
    run.add_argument(
        "--redis",
        type=_redis,
        default=_env("REDIS", None) or None,
        help="makes several servers on one database quick: "
        "redis://host:6379 (also rediss://, unix:///, redis+sentinel://, redis+cluster://)",
    )
    run.add_argument(
        "--workers", type=int, default=_env("WORKERS", "1"), metavar="N",
        help="server processes behind the one port; more than one need PostgreSQL",
    )  # fmt: skip
    run.add_argument("--open", action="store_true", default=_env("OPEN", None) == "1",
                     help="any document may be opened and written without signing in")  # fmt: skip
    run.add_argument("--open-anyway", action="store_true", help="also where others can reach it")
    return parser


def _proxies(value: str) -> tuple[str, ...]:
    found = () if value == "none" else tuple(part.strip() for part in value.split(","))
    try:
        for address in found:
            ipaddress.ip_network(address)
    except ValueError:
        raise argparse.ArgumentTypeError(f"addresses like 10.0.0.7,10.1.0.0/16 were expected, {value!r} came") from None
    return found


def _redis(value: str) -> str:
    try:
        read_address(value)
    except WrongAddress as wrong:
        raise argparse.ArgumentTypeError(str(wrong)) from None
    return value


def _url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise argparse.ArgumentTypeError(f"https://docs.example.org was expected, {value!r} came")
    return f"{parts.scheme}://{parts.netloc}"


def _env(name: str, default: str | None) -> str | None:
    """`QUILLROOM_NAME`, or what stands in the file that `QUILLROOM_NAME_FILE` names: no list of processes shows it."""
    said = os.environ.get(f"QUILLROOM_{name}")
    kept = os.environ.get(f"QUILLROOM_{name}_FILE")
    if kept is None:
        return default if said is None else said
    if said is not None:
        raise Invalid(f"QUILLROOM_{name} and QUILLROOM_{name}_FILE say the same thing. Set one of them.")
    return Path(kept).read_text("utf-8").strip()


_COMMANDS: dict[str, Callable[[Settings, argparse.Namespace], int]] = {
    "serve": _serve,
    "migrate": _migrate,
    "verify": _verify,
    "backup": _backup,
    "restore": _restore,
    "repair": _repair,
    "user": _user,
}


if __name__ == "__main__":
    sys.exit(main())
