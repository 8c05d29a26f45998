"""Everyone can be found by document and by person, and nobody is left behind."""

from core.people import Peer, ann, bob
from quillroom.core.hub import Hub


def test_members_are_found_by_document_and_by_person_on_every_device() -> None:
    hub = Hub()
    laptop, phone, guest, other = Peer(ann()), Peer(ann("phone")), Peer(), Peer(bob())
    for document, member in (("a", laptop), ("b", phone), ("a", guest), ("a", other)):
        hub.join(document, member)
        hub.join(document, member)
    assert hub.of_document("a") == {laptop, guest, other}
    assert hub.of_person("ann") == {laptop, phone}
    assert set(hub.everyone()) == {laptop, phone, guest, other}
    assert len(hub) == 4


def test_who_left_is_found_nowhere_and_may_leave_again() -> None:
    hub = Hub()
    member = Peer(ann())
    hub.join("a", member)
    hub.leave("a", member)
    hub.leave("a", member)
    hub.leave("never opened", member)
    assert hub.of_document("a") == hub.of_person("ann") == frozenset()
    assert hub.everyone() == []


def test_ten_thousand_visits_leave_nothing_behind() -> None:
    hub = Hub()
    stays = Peer(ann())
    hub.join("d", stays)
    for visit in range(10_000):
        member = Peer(bob(f"device {visit}") if visit % 3 else None or bob())
        hub.join(f"document {visit}", member)
        hub.leave(f"document {visit}", member)
    assert vars(hub) == {"_documents": {"d": {stays}}, "_people": {"ann": {stays}}}
