"""Coming back to a chat: to where one stopped reading; and with what was said offline in two tabs."""

from e2e.chat import field, hears, holds, message, messages, opens_chat, says, visits, waiting
from e2e.page import body
from e2e.people import asks, makes, who_is
from playwright.async_api import Page, expect

from support.server import Server

IN_SIGHT = """(article) => {
    const list = article.closest(".message-scroll").getBoundingClientRect();
    const {top, bottom} = article.getBoundingClientRect();
    return top >= list.top - 1 && bottom <= list.bottom + 1;
}"""


async def test_whoever_was_away_for_long_begins_where_they_stopped_though_it_is_not_loaded(
    ann: Page, bob: Page, server: Server
) -> None:
    document = await makes(ann, "Busy")
    holds(server, document, await who_is(ann), 150)
    await asks(bob, "PUT", f"/api/documents/{document}/read", {"seq": 20})
    await visits(bob, f"{server.url}/d/{document}")
    await expect(bob.locator(".fresh-line + .message")).to_contain_text("number 20")
    assert await message(bob, "number 20").first.evaluate(IN_SIGHT)
    latest = bob.get_by_role("button", name="130 new")
    await expect(latest).to_be_visible()
    unread = await asks(bob, "GET", f"/api/documents/{document}/messages?limit=1")
    assert unread["unread"]["count"] == 130  # to come is not to read
    await latest.click()
    await expect(message(bob, "number 149")).to_be_visible()
    await expect(bob.get_by_role("button", name="Toggle chat", exact=True)).to_be_visible()


async def test_two_tabs_that_wrote_offline_say_each_thing_once_and_in_order(
    ann: Page, bob: Page, server: Server
) -> None:
    url = ann.url
    other = await bob.context.new_page()
    other.set_default_timeout(15_000)
    await other.goto(url)
    await body(other).wait_for()
    for page in (ann, bob, other):
        await opens_chat(page)
    await says(ann, "before")
    for page in (bob, other):
        await hears(page, "before")
    await bob.context.set_offline(True)
    said = [f"from afar {number}" for number in range(6)]
    for number, text in enumerate(said):
        tab = (bob, other)[number % 2]
        await tab.bring_to_front()
        await says(tab, text)
        for page in (bob, other):  # what one tab says waits in both
            await expect(waiting(page)).to_have_count(number + 1)
    await bob.context.set_offline(False)
    for page in (ann, bob, other):
        await hears(page, "before", *said)
        await expect(waiting(page)).to_have_count(0)
    await expect(field(other)).to_have_value("")
    assert await messages(ann).count() == len(said) + 1
