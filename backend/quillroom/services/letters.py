"""What our mails say, in English and 中文. Names that people chose are text in them, never markup."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import quote

from quillroom.services.mail import Letter

_INVITATION = {
    "en": (
        "{inviter} invites you to {workspace}",
        "{inviter} invites you to write together in {workspace}.",
        "Join",
        "The address is good for 14 days, and for one person. If you do not know {inviter}, ignore this mail.",
    ),
    "zh": (
        "{inviter} 邀请您加入 {workspace}",
        "{inviter} 邀请您加入 {workspace}，一起写作。",
        "加入",
        "此链接 14 天内有效，仅限一人使用。如果您不认识 {inviter}，请忽略这封邮件。",
    ),
}
_RESET = {
    "en": (
        "A new password for {workspace}",
        "Somebody, probably you, wants to choose a new password for {workspace}.",
        "Choose a new password",
        "The address is good for one hour, once. If it was not you, ignore this mail: your password stays as it is.",
    ),
    "zh": (
        "重设您在 {workspace} 的密码",
        "有人（应该是您本人）想要重设您在 {workspace} 的密码。",
        "设置新密码",
        "此链接一小时内有效，仅可使用一次。如果不是您本人操作，请忽略这封邮件，您的密码不会改变。",
    ),
}
_SAID = {
    "en": {
        "mention": "{actor} mentioned you in {page}",
        "reply": "{actor} answered you in {page}",
        "message": "{actor} wrote in {page}",
        "access_requested": "{actor} asks for access to {page}",
        "access_given": "{actor} gave you access to {page}",
        "invited": "{actor} invited you to {page}",
    },
    "zh": {
        "mention": "{actor} 在 {page} 中提到了您",
        "reply": "{actor} 在 {page} 中回复了您",
        "message": "{actor} 在 {page} 中发了消息",
        "access_requested": "{actor} 申请访问 {page}",
        "access_given": "{actor} 向您开放了 {page}",
        "invited": "{actor} 邀请您加入 {page}",
    },
}
_DIGEST = {
    "en": (
        "{first}",
        "{first}, and {more} more",
        "This waits for you in {workspace}:",
        "Open the inbox",
        "You get this mail because you have not seen it there. Choose what you hear of:",
        "Somebody",
        "Untitled",
    ),
    "zh": (
        "{first}",
        "{first}，还有 {more} 条",
        "{workspace} 中有内容等待您查看：",
        "打开收件箱",
        "您收到此邮件，是因为您尚未在那里看到这些内容。选择接收哪些通知：",
        "有人",
        "无标题",
    ),
}
_DIGEST_HTML = """<!doctype html>
<html lang="{language}">
<body style="font: 16px/1.5 sans-serif; color: #1c1e21; max-width: 36em; margin: 2em auto; padding: 0 1em">
<p>{what}</p>
<ul style="padding-left: 1.2em">
{lines}
</ul>
<p><a href="{url}" style="background: #1f62b5; color: #fff; padding: .6em 1.2em; border-radius: 6px">{button}</a></p>
<p style="font-size: 13px; color: #5a616c">{small} <a href="{choices}">{choices}</a></p>
</body>
</html>
"""
_HTML = """<!doctype html>
<html lang="{language}">
<body style="font: 16px/1.5 sans-serif; color: #1c1e21; max-width: 36em; margin: 2em auto; padding: 0 1em">
<p>{what}</p>
<p><a href="{url}" style="background: #1f62b5; color: #fff; padding: .6em 1.2em; border-radius: 6px">{button}</a></p>
<p style="font-size: 13px; word-break: break-all">{url}</p>
<p style="font-size: 13px; color: #5a616c">{small}</p>
</body>
</html>
"""


def invitation(to: str, language: str | None, *, inviter: str, workspace: str, url: str) -> Letter:
    """Come and join us."""
    return _letter(_INVITATION, to, language, url, inviter=inviter, workspace=workspace)


def reset(to: str, language: str | None, *, workspace: str, url: str) -> Letter:
    """Choose a new password."""
    return _letter(_RESET, to, language, url, workspace=workspace)


def digest(
    to: str,
    language: str | None,
    *,
    workspace: str,
    lines: Sequence[Mapping[str, object]],
    count: int,
    url: str,
    shows_preview: bool,
) -> Letter:
    """What waits in an inbox, newest first, as its lines are told."""
    known = language if language is not None and language in _DIGEST else "en"
    one, several, what, button, small, somebody, untitled = _DIGEST[known]
    told = [_line(line, _SAID[known], somebody, untitled, url, shows_preview=shows_preview) for line in lines]
    first = told[0][0]
    subject = (one if count == 1 else several).format(first=first, more=count - 1)
    text = "\n\n".join("\n".join(filter(None, each)) for each in told)
    html = "\n".join(_listed(*each) for each in told)
    head, inbox, choices = what.format(workspace=workspace), f"{url}/inbox", f"{url}/settings/notifications"
    return Letter(
        to,
        subject,
        f"{head}\n\n{text}\n\n{button}:\n{inbox}\n\n{small} {choices}\n",
        _DIGEST_HTML.format(
            language={"zh": "zh-CN"}.get(known, known), what=escape(head), lines=html, url=escape(inbox),
            button=escape(button), small=escape(small), choices=escape(choices),
        ),
    )  # fmt: skip


def _line(
    line: Mapping[str, Any], said: Mapping[str, str], somebody: str, untitled: str, url: str, *, shows_preview: bool
) -> tuple[str, str | None, str]:
    """(what happened, what was written, where)."""
    actor, document, message = line["actor"], line["document"], line["message"]
    page = document["title"] or untitled
    sentence = said[line["kind"]].format(actor=somebody if actor is None else actor["name"], page=page)
    address = f"{url}/d/{quote(document['id'], safe='')}"
    if message is None:
        return sentence, None, address
    where = f"{address}?message={quote(message['id'], safe='')}"
    return sentence, (message["preview"] or None) if shows_preview else None, where


def _listed(sentence: str, preview: str | None, url: str) -> str:
    words = "" if preview is None else f'<br><span style="color: #5a616c">{escape(preview)}</span>'
    return f'<li style="margin-bottom: .8em"><a href="{escape(url)}">{escape(sentence)}</a>{words}</li>'


def _letter(texts: Mapping[str, tuple[str, ...]], to: str, language: str | None, url: str, **names: str) -> Letter:
    known = language if language is not None and language in texts else "en"
    subject, what, button, small = (text.format(**names) for text in texts[known])
    shown = {"what": what, "url": url, "button": button, "small": small}
    return Letter(
        to,
        subject,
        f"{what}\n\n{button}:\n{url}\n\n{small}\n",
        _HTML.format(language={"zh": "zh-CN"}.get(known, known), **{k: escape(v) for k, v in shown.items()}),
    )
