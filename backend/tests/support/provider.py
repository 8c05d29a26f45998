"""A real OpenID Connect provider in a process of its own, and a browser that signs in there."""

import re
import subprocess
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest

from support.ports import free_port

FOLDER = Path(__file__).parents[1] / "oidc"
CLIENT, SECRET = "quill room", "a secret: of +both"


class SignInProvider:
    """`start` makes new keys each time; `options` are those of our server."""

    def __init__(self, server_port: int) -> None:
        self.port = free_port()
        self.redirect = f"http://127.0.0.1:{server_port}/api/oidc/callback"
        self._process: subprocess.Popen[str] | None = None

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def options(self) -> tuple[str, ...]:
        return (
            "--oidc-issuer", self.issuer, "--oidc-client-id", CLIENT, "--oidc-client-secret", SECRET,
            "--oidc-name", "Our house",
        )  # fmt: skip

    def start(self) -> "SignInProvider":
        if not (FOLDER / "node_modules").is_dir():
            pytest.skip("the provider is not installed: scripts/install-test-tools")
        self._process = subprocess.Popen(
            ["node", str(FOLDER / "provider.mjs"), str(self.port), CLIENT, SECRET, self.redirect],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline().strip() == "ready"
        return self

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None


async def goes_to_provider(browser: httpx.AsyncClient, next: str = "/") -> str:
    """The address to which our server sends the browser."""
    answer = await browser.get("/api/oidc/start", params={"next": next})
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


async def signs_in_there(browser: httpx.AsyncClient, address: str, login: str) -> str:
    """Fill in the provider's pages; the address by which it sends the browser back."""
    while "/api/oidc/callback" not in address:
        answer = await browser.get(address)
        if answer.is_redirect:
            address = urljoin(address, answer.headers["location"])
            continue
        assert answer.status_code == 200, answer.text
        prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)
        assert prompt is not None, answer.text
        form = {"prompt": prompt[1], "login": login, "password": "any"}
        posted = await browser.post(address, data=form)
        address = urljoin(address, posted.headers["location"])
    return address


async def signs_in_by_provider(browser: httpx.AsyncClient, login: str, next: str = "/") -> str:
    """All the way; where the browser ends."""
    back = await signs_in_there(browser, await goes_to_provider(browser, next), login)
    answer = await browser.get(back)
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]
