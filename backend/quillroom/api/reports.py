"""`POST /api/csp-report`: what a browser refused to run on our page. Logged, a few a minute; kept nowhere."""

import json
import logging
import time

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from quillroom.api.body import read_body
from quillroom.core.pace import Pace

REPORT_BYTES = 16 * 1024
PER_SECOND, BURST = 1 / 6, 10.0
_FIELDS = ("effective-directive", "violated-directive", "blocked-uri", "source-file", "line-number")
_log = logging.getLogger(__name__)
_pace = Pace(PER_SECOND, BURST, time.monotonic())


async def report(request: Request) -> Response:
    """Whatever comes, 204: a browser does not look at the answer."""
    body = await read_body(request, REPORT_BYTES)
    if _pace.spend(1.0, time.monotonic()) <= 0.0:
        _log.warning("A browser refused something on the page: %s", _said(body))
    return Response(status_code=204)


def _said(body: bytes) -> str:
    """One line of it that cannot forge another one."""
    try:
        found = json.loads(body)["csp-report"]
        kept = {name: str(found[name])[:200] for name in _FIELDS if name in found}
    except (ValueError, KeyError, TypeError, RecursionError):
        return "(not a report)"
    return json.dumps(kept)


ROUTES = [Route("/api/csp-report", report, methods=["POST"])]
