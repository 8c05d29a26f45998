"""The one table from what went wrong to a status, a code and a sentence."""

import math
from collections.abc import Mapping

from sqlalchemy.exc import DBAPIError
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocket

from quillroom.api.body import TooSlow
from quillroom.content.errors import ContentError
from quillroom.core.replica import BrokenDocument
from quillroom.services.errors import (
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Throttled,
    TooLarge,
    TryLater,
    Unfit,
    WrongCredentials,
)
from quillroom.store.trouble import is_of_the_database, trouble_of

TABLE: dict[type[Exception], tuple[int, str, str]] = {
    ContentError: (400, "invalid", "The content is not a document."),
    BrokenDocument: (500, "broken", "This document needs repair; what was written is kept."),
    Invalid: (400, "invalid", "The request is not valid."),
    NotSignedIn: (401, "not_signed_in", "Sign in first: POST /api/session/guest with a name."),
    NotAllowed: (403, "not_allowed", "You may not do this."),
    WrongCredentials: (401, "wrong_credentials", "The e-mail address or the password is wrong."),
    Conflict: (409, "conflict", "This contradicts what is there."),
    Throttled: (429, "throttled", "Too many tries. Wait a little."),
    NotFound: (404, "not_found", "There is no such thing, or you may not see it."),
    TooLarge: (413, "too_large", "Too many bytes."),
    TooSlow: (408, "too_slow", "The rest of the request did not come in time."),
    TryLater: (503, "try_later", "This cannot be done right now. Try again in a moment."),
}

_Coded = Conflict | Unfit | TooLarge | WrongCredentials


def error(status: int, code: str, message: str, details: Mapping[str, object] | None = None) -> JSONResponse:
    """An error as clients get it."""
    more = {} if details is None else {"details": details}
    return JSONResponse({"error": {"code": code, "message": message, **more}}, status_code=status)


def code_and_sentence(problem: Exception) -> tuple[str, str] | None:
    """What a client is told of a problem, over HTTP and over `/live`; None when it is our own fault."""
    if isinstance(problem, DBAPIError) and is_of_the_database(problem):
        return "try_later", f"{trouble_of(problem)} Try again in a moment."
    found = next((TABLE[t] for t in type(problem).__mro__ if t in TABLE), None)
    if found is None:
        return None
    status, code, sentence = found
    said = str(problem) if status in (400, 403, 409, 413, 429, 503) or isinstance(problem, WrongCredentials) else ""
    return problem.code if isinstance(problem, _Coded) else code, said or sentence


async def on_error(request: Request, problem: Exception) -> Response:
    """Starlette's handler for every type in TABLE."""
    status = next(TABLE[t][0] for t in type(problem).__mro__ if t in TABLE)
    code, sentence = code_and_sentence(problem) or ("internal", "Something went wrong.")
    answer = error(status, code, sentence, _details(problem))
    if isinstance(problem, Throttled):
        answer.headers["Retry-After"] = str(max(1, math.ceil(problem.seconds)))
    if status in (408, 413):
        answer.headers["Connection"] = "close"  # nobody waits for the rest of the body
    return answer


def _details(problem: Exception) -> Mapping[str, object] | None:
    if isinstance(problem, Conflict):
        return problem.details
    if isinstance(problem, Unfit | TooLarge) and problem.most is not None:
        return {"most": problem.most}
    return None


async def on_database_error(request: HTTPConnection, problem: Exception) -> Response:
    """What could not be read may be there in a moment; what is wrong with a statement is our own fault."""
    found = code_and_sentence(problem)
    if found is None:
        raise problem
    answer = error(503, *found)
    answer.headers["Retry-After"] = "2"
    if isinstance(request, WebSocket):
        await request.send_denial_response(answer)
    return answer
