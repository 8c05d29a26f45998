"""Mail, to a real SMTP server."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from quillroom.services import letters
from quillroom.services.errors import Invalid
from quillroom.services.mail import Letter, Mail
from quillroom.services.outside import parse_oidc, parse_smtp
from quillroom.settings import Smtp
from support.mailbox import PASSWORD, USER, Mailbox, certificate

LETTER = Letter("bob@example.org", "Hello", "Hello Bob", "<p>Hello Bob</p>")


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    opened = Mailbox().opens()
    yield opened
    opened.closes()


def by(mailbox: Mailbox, tls: str = "none", user: str | None = None, password: str | None = None) -> Smtp:
    return Smtp("127.0.0.1", mailbox.port, tls, "quill@example.org", "Quillroom", user, password)


@pytest.fixture
def mail(mailbox: Mailbox) -> Iterator[Mail]:
    started = Mail(by(mailbox), retry_seconds=(0.01, 0.01, 0.01))
    started.start()
    yield started
    started.stop()


def test_an_invitation_arrives_as_text_and_html_in_the_language_asked_for(mail: Mail, mailbox: Mailbox) -> None:
    url = "https://docs.example.org/join#abc"
    for language in ("en", "zh", "xx", None):
        assert mail.post(letters.invitation("b@x.org", language, inviter="Ännchen", workspace="文房", url=url))
    english, chinese, *others = mailbox.waits_for(4)
    assert english["Subject"] == "Ännchen invites you to 文房"
    assert chinese["Subject"] == "Ännchen 邀请您加入 文房"
    assert [other["Subject"] for other in others] == [english["Subject"]] * 2
    for letter in (english, chinese):
        text, html = (letter.get_body((kind,)) for kind in ("plain", "html"))
        assert text is not None
        assert html is not None
        assert url in text.get_content()
        assert f'href="{url}"' in html.get_content()
        assert "<img" not in html.get_content()
    assert english["Auto-Submitted"] == "auto-generated"
    assert english["From"] == "Quillroom <quill@example.org>"


def test_a_name_is_no_header_and_no_markup(mail: Mail, mailbox: Mailbox) -> None:
    name = "Eve\r\nBcc: all@example.org\r\n\r\n<img src=x>\x1b[2J"
    assert mail.post(letters.invitation("b@x.org", "en", inviter=name, workspace="W", url="https://x.org/join#a"))
    [letter] = mailbox.waits_for(1)
    assert letter["Bcc"] is None
    assert "\n" not in letter["Subject"]
    assert "\x1b" not in letter["Subject"]
    html = letter.get_body(("html",))
    assert html is not None
    assert "<img" not in html.get_content()


def test_a_server_that_is_busy_is_asked_again_and_one_that_refuses_is_not(mail: Mail, mailbox: Mailbox) -> None:
    mailbox.answers = ["451 busy", "451 busy", "451 busy"]
    assert mail.post(LETTER)
    assert len(mailbox.waits_for(1)) == 1
    assert mailbox.tries == 4
    mailbox.answers = ["554 never"]
    assert mail.post(LETTER)
    mailbox.waits_for_tries(5)
    assert mail.post(LETTER)
    mailbox.waits_for(2)
    assert mailbox.tries == 6


def test_a_letter_is_given_up_after_three_more_tries(mail: Mail, mailbox: Mailbox) -> None:
    mailbox.answers = ["451 busy"] * 4
    assert mail.post(LETTER)
    mailbox.waits_for_tries(4)
    assert mail.post(Letter("carol@example.org", "Second", "", ""))
    assert [letter["Subject"] for letter in mailbox.waits_for(1)] == ["Second"]
    assert mailbox.tries == 5


def test_what_waits_is_sent_before_the_server_stops(mailbox: Mailbox) -> None:
    mail = Mail(by(mailbox), retry_seconds=(3600.0,))
    mail.start()
    mailbox.answers = ["451 busy"]
    mail.post(LETTER)
    mailbox.waits_for_tries(1)
    mail.post(LETTER)
    mail.stop()
    assert len(mailbox.letters) == 2
    assert not mail.post(LETTER)


def test_without_a_server_no_letter_is_taken_and_nobody_waits_for_a_full_queue(mailbox: Mailbox) -> None:
    assert not Mail(None).post(LETTER)
    never_started = Mail(by(mailbox))
    taken = [never_started.post(LETTER) for _ in range(502)]
    assert taken.count(True) == 500
    assert taken[-2:] == [False, False]


@pytest.mark.parametrize(("tls", "is_implicit"), [("starttls", False), ("implicit", True)])
def test_the_password_goes_over_tls_to_whom_the_certificate_names(
    tls: str, is_implicit: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    mailbox = Mailbox(tls=context, is_implicit=is_implicit, asks=not is_implicit).opens()
    monkeypatch.delenv("SSL_CERT_FILE")
    try:
        unknown = Mail(by(mailbox, tls, USER, PASSWORD) if not is_implicit else by(mailbox, tls), retry_seconds=())
        unknown.start()
        unknown.post(LETTER)
        unknown.stop()
        assert mailbox.tries == 0
        monkeypatch.setenv("SSL_CERT_FILE", str(pem))
        known = Mail(by(mailbox, tls, USER, PASSWORD) if not is_implicit else by(mailbox, tls), retry_seconds=())
        known.start()
        known.post(LETTER)
        mailbox.waits_for(1)
        known.stop()
    finally:
        mailbox.closes()


def test_an_address_of_a_mail_server_is_read_strictly() -> None:
    read = parse_smtp("smtp://quill%40room:pass%2Fword%3A%201@mail.example.org?from=Our%20Docs%20<q@example.org>")
    assert read == Smtp("mail.example.org", 587, "starttls", "q@example.org", "Our Docs", "quill@room", "pass/word: 1")
    assert "pass/word" not in repr(read)
    assert parse_smtp("smtp://mail.example.org:465?from=q@example.org").tls == "implicit"
    alone = parse_smtp("smtp://a%40b.org:p@localhost:25?tls=none")
    assert (alone.sender, alone.sender_name) == ("a@b.org", "Quillroom")


@pytest.mark.parametrize(
    "value",
    ["mail.example.org", "http://mail.example.org?from=q@example.org", "smtp://?from=q@example.org",
     "smtp://mail.example.org", "smtp://mail.example.org?from=nobody", "smtp://mail.example.org:x?from=q@example.org",
     "smtp://mail.example.org/path?from=q@example.org", "smtp://mail.example.org?from=q@example.org&tls=maybe",
     "smtp://mail.example.org?from=q@example.org&bcc=e@example.org", "smtp://u@mail.example.org?from=q@example.org",
     "smtp://u:secret@mail.example.org?from=q@example.org&tls=none",
     "smtp://mail.example.org?from=q@example.org%0d%0aBcc:e@example.org"],
)  # fmt: skip
def test_what_is_no_address_of_a_mail_server_is_refused_with_a_sentence(value: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_smtp(value)
    assert "--smtp" in str(refused.value)
    assert "secret" not in str(refused.value)


def test_a_provider_is_named_wholly_or_not_at_all() -> None:
    assert parse_oidc(None, None, None, None, None) is None
    found = parse_oidc("https://login.example.org", "us", "secret", None, None)
    assert found is not None
    assert (found.name, found.scopes) == ("Single sign-on", "openid email profile")
    assert "secret'" not in repr(found)
    for wrong in (
        (None, "us", None, None, None),
        ("https://login.example.org", None, None, None, None),
        ("http://login.example.org", "us", None, None, None),
        ("login.example.org", "us", None, None, None),
        ("https://login.example.org", "us", None, None, "email"),
    ):
        with pytest.raises(Invalid, match="--oidc"):
            parse_oidc(*wrong)
