"""People with accounts, each in a browser of their own."""

from typing import Any

from playwright.async_api import Browser, Page

from support.server import Server

PASSWORD = "a long walk to the harbour"


async def joins(browser: Browser, server: Server, name: str, host: Page | None = None) -> Page:
    """Somebody makes an account and sees Home: the first one as operator, everyone else invited by a `host`."""
    context = await browser.new_context()
    page = await context.new_page()
    page.set_default_timeout(15_000)
    account = {"email": f"{name.lower()}@example.org", "password": PASSWORD, "name": name}
    if host is not None:
        account["invitation"] = await _invited(host, account["email"])
    made = await context.request.post(f"{server.url}/api/accounts", data=account, headers={"Origin": server.url})
    assert made.status == 201, await made.text()
    await page.goto(server.url)
    await page.get_by_role("heading", name="Home").wait_for()
    return page


async def asks(page: Page, method: str, path: str, data: dict[str, object] | None = None) -> Any:
    """What the server answers this person over HTTP; None where there is nothing to say. Fails on a refusal."""
    origin = await page.evaluate("location.origin")
    answer = await page.request.fetch(f"{origin}{path}", method=method, data=data, headers={"Origin": origin})
    assert answer.ok, f"{method} {path}: {answer.status} {await answer.text()}"
    return await answer.json() if answer.status != 204 and "json" in answer.headers["content-type"] else None


async def makes(page: Page, title: str, **more: object) -> str:
    """A new page of this person, by HTTP: its id."""
    made = await asks(page, "POST", "/api/documents", {"title": title, **more})
    return str(made["document"]["id"])


async def who_is(page: Page) -> str:
    """The id of the person who is signed in there."""
    return str((await asks(page, "GET", "/api/session"))["user"]["id"])


async def _invited(host: Page, email: str) -> str:
    page = await makes(host, "A warm welcome")
    added = await asks(host, "POST", f"/api/documents/{page}/people", {"who": [email], "role": "view"})
    return str(added["invitations"][0]["url"].split("#")[1])
