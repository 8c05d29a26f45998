"""Guests of a server under test: a session for each, and the pages that they have open."""

import json
from collections.abc import Iterator
from http.client import HTTPConnection

JSON = {"Content-Type": "application/json"}


def everybody(port: int, rooms: int, people: int) -> Iterator[tuple[str, str]]:
    """(token, document) of each, room after room, so many people in each. Each comes from an address of its own."""
    web = HTTPConnection("127.0.0.1", port)
    number = 0
    for room in range(rooms):
        document = ""
        for _ in range(people):
            headers = {**JSON, "X-Forwarded-For": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"}
            told = _post(web, "/api/session/guest", {"name": f"Guest {number}", "token": True}, headers)
            token = str(told["token"])
            if not document:
                headers["Authorization"] = f"Bearer {token}"
                made = _post(web, "/api/documents", {"title": f"Room {room}"}, headers)
                assert isinstance(made["document"], dict)
                document = str(made["document"]["id"])
            number += 1
            yield token, document
    web.close()


def _post(web: HTTPConnection, path: str, body: dict[str, object], headers: dict[str, str]) -> dict[str, object]:
    web.request("POST", path, json.dumps(body), headers)
    answer = web.getresponse()
    text = answer.read()
    if answer.status != 201:
        raise RuntimeError(f"{path}: {answer.status} {text[:200]!r}")
    told: dict[str, object] = json.loads(text)
    return told
