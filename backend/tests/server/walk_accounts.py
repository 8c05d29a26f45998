"""Every endpoint around accounts, called once as it is described."""

import io
from typing import Any

import pyotp
from PIL import Image

from server.walk_directory import walk_directory

PASSWORD = "three green otters"


def picture(side: int = 300, format: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, side), "teal").save(out, format)
    return out.getvalue()


async def walk_accounts(calls: Any) -> None:
    """`calls(status, method, path, …)` holds each answer against the description; somebody is signed in by a token."""
    kept = calls.web.headers.pop("Authorization")
    assert (await calls(200, "GET", "/api/setup"))["claimed"] is False
    ann = {"email": "ann@example.org", "password": PASSWORD, "name": "Ann"}
    made = await calls(201, "POST", "/api/accounts", json={**ann, "token": True})
    assert made["is_operator"]
    assert made["welcome"]
    await calls(403, "POST", "/api/accounts", json={**ann, "email": "bob@example.org"})
    calls.web.cookies.clear()
    await calls(401, "POST", "/api/session", json={"email": "ann@example.org", "password": "wrong"})
    session = await calls(
        201, "POST", "/api/session", json={"email": "ann@example.org", "password": PASSWORD, "token": True}
    )
    calls.web.cookies.clear()
    calls.web.headers["Authorization"] = f"Bearer {session['token']}"
    await calls(200, "PATCH", "/api/me", json={"name": "Ann B.", "language": "zh", "time_zone": "Europe/Berlin"})
    await calls(400, "PATCH", "/api/me", json={"colour": "red"})
    me = await calls(200, "PUT", "/api/me/avatar", content=picture())
    await calls(200, "GET", "/api/people/{id}/avatar", id=me["user"]["id"])
    await calls(400, "PUT", "/api/me/avatar", content=b"<svg/>")
    await calls(200, "DELETE", "/api/me/avatar")
    await calls(404, "GET", "/api/people/{id}/avatar", id=me["user"]["id"])
    await _walk_second_factor(calls)
    token = await calls(201, "POST", "/api/me/tokens", json={"name": "script", "scopes": ["read"]})
    await calls(200, "GET", "/api/me/tokens")
    await calls(204, "DELETE", "/api/me/tokens/{id}", id=token["token"]["id"])
    await calls(404, "DELETE", "/api/me/tokens/{id}", id=token["token"]["id"])
    await walk_directory(calls, session["token"])
    await calls(204, "PUT", "/api/me/password", json={"current": PASSWORD, "new": PASSWORD + "!"})
    [listed] = (await calls(200, "GET", "/api/sessions"))["sessions"]
    await calls(404, "DELETE", "/api/sessions/{id}", id="none")
    await calls(204, "DELETE", "/api/sessions/{id}", id=listed["id"])
    await calls(401, "DELETE", "/api/sessions")
    calls.web.headers["Authorization"] = kept


async def _walk_second_factor(calls: Any) -> None:
    prepared = await calls(200, "POST", "/api/me/totp", json={"password": PASSWORD})
    await calls(401, "POST", "/api/me/totp/confirm", json={"code": "000000x"})
    code = pyotp.TOTP(prepared["secret"]).now()
    codes = (await calls(200, "POST", "/api/me/totp/confirm", json={"code": code}))["recovery_codes"]
    proof = {"password": PASSWORD, "code": codes[0]}
    newer = (await calls(200, "POST", "/api/me/totp/recovery-codes", json=proof))["recovery_codes"]
    await calls(401, "DELETE", "/api/me/totp", json={"password": PASSWORD, "code": codes[1]})
    await calls(204, "DELETE", "/api/me/totp", json={"password": PASSWORD, "code": newer[1]})
