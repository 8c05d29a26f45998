"""A page of stories, built for tests only, that a browser takes for one of the server's."""

import mimetypes
import subprocess
from pathlib import Path

from e2e.people import makes, who_is
from playwright.async_api import Page, Route

from quillroom.api.page import HEADERS, NONCE, POLICY

HERE = Path(__file__).resolve().parent
SPENT = "used-once"


def build(target: Path) -> Path:
    """The built stories."""
    config = HERE / "stories" / "vite.config.mts"
    command = ["npx", "vite", "build", "--config", str(config), "--outDir", str(target), "--logLevel", "error"]
    subprocess.run(command, cwd=HERE.parent, check=True)
    return target


async def tells(page: Page, origin: str, built: Path) -> None:
    """Open the story of files as the person who is signed in there, under the policy of the real page."""

    async def answer(route: Route) -> None:
        name = route.request.url.split("/story/")[1].partition("#")[0] or "index.html"
        body = (built / name).read_bytes().replace(NONCE, SPENT.encode())
        headers = {**HEADERS, "Content-Type": mimetypes.guess_type(name)[0] or "text/html"}
        headers["Content-Security-Policy"] = POLICY.format(nonce=SPENT)
        await route.fulfill(body=body, headers=headers)

    await page.route("**/story/**", answer)
    await page.goto(f"{origin}/story/")
    document = await makes(page, "Files")
    await page.evaluate("address => { location.hash = address; }", f"{document}/{await who_is(page)}")
    await page.reload()
    await page.get_by_role("heading", name="Chat").wait_for()
