"""What our mails say, in English and 中文. Names that people chose are text in them, never markup."""

from collections.abc import Mapping
from html import escape

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
