"""What people wrote survives every form it is read and written in."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from pycrdt import Array, Doc, Map, Text, XmlElement, XmlFragment, XmlText

from quillroom.content.errors import ContentError
from quillroom.content.fragment import read_document
from quillroom.content.guard import guarded
from quillroom.content.hash import content_hash
from quillroom.content.markdown import from_markdown, to_markdown
from quillroom.content.read import render
from quillroom.content.replace import begin_with, replace_content
from quillroom.content.schema import Node, clean, safe_image, safe_link
from quillroom.content.title import read_title, write_title

RICH = """# 題 Title

A **b** *i* ~~s~~ `c` [l](https://x.y/?a=1) ==hl==

- a
  - b
- c

3. x
4. y

- [x] done
- [ ] to do

> q
>
> r

```py
a

b
```

---

| a | b |
| --- | --- |
| 1 | 2 |

![alt](https://x/y.png)
"""


def loaded(*updates: bytes) -> Doc[Any]:
    doc: Doc[Any] = Doc()
    for update in updates:
        doc.apply_update(update)
    return doc


def document(*paragraphs: str) -> Node:
    return clean({"type": "doc", "content": [_paragraph({"type": "text", "text": text}) for text in paragraphs]})


def _paragraph(*content: Node) -> Node:
    return {"type": "paragraph", "content": list(content)}


def test_a_rich_document_comes_back_from_markdown_and_from_yjs() -> None:
    rich = from_markdown(RICH)
    assert from_markdown(to_markdown(rich)) == rich
    assert to_markdown(rich) == RICH
    assert render(begin_with(RICH, "T").update, "json") == rich


def test_a_ticked_task_stays_ticked() -> None:
    items = from_markdown("- [x] done\n- [ ] to do\n")["content"][0]["content"]
    assert [item["attrs"]["checked"] for item in items] == [True, False]
    assert items[0]["content"] == [_paragraph({"type": "text", "text": "done"})]


WORDS = some.text(alphabet="ab 文字é👩‍🚀🎉", min_size=1, max_size=8)
MARKS = some.sets(some.sampled_from(["bold", "italic", "strike"])).map(lambda names: [{"type": n} for n in names])
RUNS = some.lists(some.builds(lambda t, m: {"type": "text", "text": t, "marks": m}, WORDS, MARKS), max_size=4)
PARAGRAPHS = some.builds(lambda runs: _paragraph(*runs), RUNS)
HEADINGS = some.builds(
    lambda runs, level: {"type": "heading", "attrs": {"level": level}, "content": runs}, RUNS, some.integers(1, 6)
)
QUOTES = some.builds(lambda p: {"type": "blockquote", "content": p}, some.lists(PARAGRAPHS, max_size=2))
DOCUMENTS = some.lists(PARAGRAPHS | HEADINGS | QUOTES, max_size=6).map(lambda b: clean({"type": "doc", "content": b}))


@settings(max_examples=150, deadline=None)
@given(DOCUMENTS, DOCUMENTS)
def test_a_replaced_document_is_exactly_the_new_one(before: Node, after: Node) -> None:
    first = replace_content(b"\0\0", before, None, None)
    assert first is not None
    assert read_document(loaded(first)) == before
    second = replace_content(first, after, None, None)
    assert (second is None) == (before == after)
    assert read_document(loaded(first, second or b"\0\0")) == after


def test_words_whose_bold_was_taken_off_are_one_run_again() -> None:
    runs = {"type": "text", "text": "a", "marks": [{"type": "bold"}]}, {"type": "text", "text": "a"}
    bold, plain = clean({"type": "doc", "content": [_paragraph(*runs)]}), document("aa")
    first = replace_content(b"\0\0", bold, None, None)
    assert first is not None
    second = replace_content(first, plain, None, None)
    assert second is not None
    assert read_document(loaded(first, second)) == plain


def test_bob_keeps_what_he_types_while_two_other_blocks_are_replaced() -> None:
    first = begin_with("one\n\ntwo\n\nthree\n", "").update
    bob = loaded(first)
    text = bob.get("default", type=XmlFragment).children[1].children[0]
    assert isinstance(text, XmlText)
    text.insert(len(text), " 文字")
    update = replace_content(first, document("new", "ONE", "two", "three!"), None, None)
    assert update is not None
    assert read_document(loaded(bob.get_update(), update)) == document("new", "ONE", "two 文字", "three!")


@pytest.mark.parametrize(
    "href",
    ["javascript:alert(1)", "java\tscript:a", " JAVASCRIPT:a", "data:text/html,a", "vbscript:a", "\x01javascript:a"],
)
def test_a_link_that_could_run_something_is_dropped(href: str) -> None:
    assert safe_link(href) is None
    assert safe_image(href) is None
    link = {"type": "text", "text": "a", "marks": [{"type": "link", "attrs": {"href": href}}]}
    assert clean({"type": "doc", "content": [_paragraph(link)]}) == document("a")


@pytest.mark.parametrize("href", ["https://a.b/c?d#e", "mailto:a@b.c", "tel:1", "#a", "/a", "a/b:c", "a"])
def test_a_link_that_leads_somewhere_stays(href: str) -> None:
    assert safe_link(href) == href


@pytest.mark.parametrize("kind", ["paragraph", "blockquote", "unknown"])
def test_hostile_depth_and_types_are_refused_or_dropped(kind: str) -> None:
    node = _paragraph()
    for _ in range(400):
        node = {"type": kind, "content": [node]}
    with pytest.raises(ContentError):
        clean({"type": "doc", "content": [node]})
    odd = {"type": "text", "text": "a", "marks": [{"type": []}, 1]}
    assert clean({"type": "doc", "content": [{"type": []}, 7, _paragraph(odd)]}) == document("a")


def test_the_deepest_document_that_is_accepted_can_be_read() -> None:
    node: Node = _paragraph({"type": "text", "text": "a"})
    for _ in range(63):
        node = {"type": "blockquote", "content": [node]}
    update = replace_content(b"\0\0", {"type": "doc", "content": [node]}, None, None)
    assert update is not None
    assert read_document(loaded(update))["content"] == [node]
    with pytest.raises(ContentError):
        clean({"type": "doc", "content": [{"type": "blockquote", "content": [node]}]})


def test_a_panic_of_the_native_code_is_a_content_error() -> None:
    doc: Doc[Any] = Doc()
    doc["title"] = text = Text("文字")
    with pytest.raises(ContentError), guarded():
        del text[1:2]
    with pytest.raises(ContentError):
        render(b"rubbish", "json")


def test_converged_replicas_have_one_hash_even_where_their_bytes_differ() -> None:
    chance = random.Random(13)
    differing_bytes = 0
    for _ in range(200):
        replicas: list[Doc[Any]] = [Doc(client_id=i + 1) for i in range(3)]
        log: list[bytes] = []
        seen = [0, 0, 0]
        for turn in [chance.randrange(3) for _ in range(15)] + [0, 1, 2]:
            doc, is_last = replicas[turn], len(log) == 15
            upto = len(log) if is_last else chance.randint(seen[turn], len(log))
            for update in log[seen[turn] : upto]:
                doc.apply_update(update)
            seen[turn] = upto
            if not is_last:
                log.append(_edited(doc, chance))
        assert len({content_hash(doc) for doc in replicas}) == 1
        differing_bytes += len({doc.get_update() for doc in replicas}) > 1
    assert differing_bytes > 0


def _edited(doc: Doc[Any], chance: random.Random) -> bytes:
    updates: list[bytes] = []
    subscription = doc.observe(lambda event: updates.append(event.update))
    text = doc.get("title", type=Text)
    if len(text) > 2 and chance.random() < 0.3:
        del text[0:1]
    else:
        text.insert(chance.randint(0, len(text)), chance.choice("abc"))
    doc.unobserve(subscription)
    return updates[0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Text("a"), Text("b")),
        (Map({"a": Array([1, None])}), Map({"a": Array([2, None])})),
        (Array(["a", b"b"]), Array(["a", b"c"])),
        (XmlFragment([XmlElement("p", {"k": "1"})]), XmlFragment([XmlElement("p", {"k": "2"})])),
        (XmlFragment([XmlElement("p", {}, [XmlText("a")])]), XmlFragment([XmlElement("p", {}, [XmlText("b")])])),
    ],
)
def test_different_content_of_any_type_has_different_hashes(one: Any, other: Any) -> None:
    docs: list[Doc[Any]] = [Doc(), Doc()]
    docs[0]["r"], docs[1]["r"] = one, other
    hashes = {content_hash(doc) for doc in docs}
    assert len(hashes | {content_hash(b"\0\0")}) == 3
    assert hashes == {content_hash(doc.get_update()) for doc in docs}


def test_a_title_holds_no_nul_whoever_wrote_it() -> None:
    doc: Doc[Any] = Doc()
    write_title(doc, "Plan\0of\0\0May")
    assert read_title(doc) == "Plan of May"
