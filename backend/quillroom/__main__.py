"""The command line: `python -m quillroom serve` and its siblings."""

import argparse
import ipaddress
import os
import sys
from pathlib import Path

from quillroom.main import migrate, serve
from quillroom.settings import Settings


def main(arguments: list[str] | None = None) -> int:
    """Run a command; 2 for a wrong one."""
    options = _parser().parse_args(arguments)
    settings = Settings(
        host=options.host,
        port=options.port,
        data=Path(options.data),
        database=options.database,
        is_open=options.open,
    )
    if options.command == "migrate":
        migrate(settings)
        return 0
    problem = _problem(options)
    if problem is not None:
        print(f"quillroom: {problem}", file=sys.stderr)
        return 2
    serve(settings)
    return 0


def _problem(options: argparse.Namespace) -> str | None:
    if options.open and not options.open_anyway and not _is_loopback(options.host):
        return (
            f"--open lets anyone who reaches {options.host} read and write everything. "
            "Use a loopback address, or add --open-anyway."
        )
    if options.workers > 1:
        return (
            "several workers need PostgreSQL and Redis (--database, --redis), and this version "
            "runs one process only. Start it without --workers."
        )
    return None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="quillroom", description="Write documents together.")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("serve", help="run the server")
    moved = commands.add_parser("migrate", help="bring the database to this version")
    for each in (run, moved):
        each.add_argument("--data", default=_env("DATA", "data"), help="folder of all that is kept")
        each.add_argument("--database", default=_env("DATABASE", None), help="sqlite:/// or postgresql://")
        each.set_defaults(host="127.0.0.1", port=8000, open=False)
    run.add_argument("--host", default=_env("HOST", "127.0.0.1"))
    run.add_argument("--port", type=int, default=int(_env("PORT", "8000") or 8000), help="0 for a free one")
    run.add_argument("--redis", default=_env("REDIS", None), help="used by several servers only")
    run.add_argument("--workers", type=int, default=int(_env("WORKERS", "1") or 1))
    run.add_argument("--open", action="store_true", default=_env("OPEN", None) == "1",
                     help="any document may be opened and written without signing in")  # fmt: skip
    run.add_argument("--open-anyway", action="store_true", help="also where others can reach it")
    return parser


def _env(name: str, default: str | None) -> str | None:
    return os.environ.get(f"QUILLROOM_{name}", default)


if __name__ == "__main__":
    sys.exit(main())
