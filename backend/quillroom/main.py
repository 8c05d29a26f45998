"""Wires the objects, once, and runs the server."""

import asyncio
import contextlib
import secrets
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from quillroom.api.context import Context
from quillroom.api.turn import Lag, Turn
from quillroom.bus.carrier import Alone, Carrier
from quillroom.bus.memory import MemoryBus
from quillroom.bus.redis import RedisBus
from quillroom.crew import Crew, Post
from quillroom.port import address_of, join, listen, reserve
from quillroom.server import Server
from quillroom.services import chat_commands
from quillroom.services.access import Access
from quillroom.services.accounts import Accounts
from quillroom.services.administration import Administration
from quillroom.services.api_tokens import ApiTokens
from quillroom.services.bus_key import ensure_bus_key
from quillroom.services.chat import RECALLED, Chat
from quillroom.services.digest import Digest
from quillroom.services.directory import Directory
from quillroom.services.documents import Documents
from quillroom.services.duplicate import Duplicates
from quillroom.services.elsewhere import Elsewhere
from quillroom.services.epoch import ensure_epoch
from quillroom.services.errands import NAMES as QUEUED
from quillroom.services.errands import Errands
from quillroom.services.favourites import Favourites, Recents
from quillroom.services.files import Files
from quillroom.services.followers import Followers
from quillroom.services.heap import Heap
from quillroom.services.inbox import Inbox
from quillroom.services.instances import Instances, Load
from quillroom.services.invitations import Invitations
from quillroom.services.leases import Leases
from quillroom.services.lines import Lines
from quillroom.services.links import Links
from quillroom.services.live import FOLLOWED, Live
from quillroom.services.mail import Mail
from quillroom.services.marks import Marks
from quillroom.services.message_search import LEAVING, SAYING, MessageSearch
from quillroom.services.notes import Notes
from quillroom.services.notices import Notices
from quillroom.services.notifications import TOLD, Notifications
from quillroom.services.page_news import NAMES as PAGE_NEWS
from quillroom.services.pages import Pages
from quillroom.services.passwords import Passwords
from quillroom.services.people import People
from quillroom.services.posting import SENT
from quillroom.services.preferences import Choices
from quillroom.services.presence import NAMES as CONCERNING_PRESENCE
from quillroom.services.presence import Presences
from quillroom.services.presence_shared import SharedPresence
from quillroom.services.profile import Profiles
from quillroom.services.projections import Projections
from quillroom.services.push import Push
from quillroom.services.push_hosts import Postman, PushHosts
from quillroom.services.receipts import Receipts
from quillroom.services.relay import Relay
from quillroom.services.resets import Resets
from quillroom.services.revocation import NAMES as REVOKING
from quillroom.services.revocation import Revocation
from quillroom.services.room_relay import RoomRelay
from quillroom.services.rooms import Rooms
from quillroom.services.second_factor import SecondFactor
from quillroom.services.servers import Servers
from quillroom.services.sessions import NAMES as ENDING
from quillroom.services.sessions import Sessions
from quillroom.services.sharing import Shares
from quillroom.services.single_sign_on import SingleSignOn
from quillroom.services.subscriptions import Subscriptions
from quillroom.services.tail import Tail
from quillroom.services.titles import Titles
from quillroom.services.transcript import Transcript
from quillroom.services.trash import PURGED, Trash
from quillroom.services.tree import Tree
from quillroom.services.typists import Typists
from quillroom.services.unread import SAID, Unreads
from quillroom.services.unused import NAMES as LEAVING_BYTES
from quillroom.services.unused import UnusedBytes
from quillroom.services.upkeep import Upkeep
from quillroom.services.uploads import Uploads
from quillroom.services.workers import Workers
from quillroom.settings import Settings
from quillroom.store.blobs import open_blobs, open_pieces
from quillroom.store.database import Database, open_database
from quillroom.store.writer import Round, Writer
from quillroom.systemd import notify

MEMBERS_FROM = 2**52  # no two servers number theirs from the same place, and all of these are numbers to a browser
# A writer thread that waits up to 5 ms for the interpreter after each fsync would be most of the latency.
SWITCH_SECONDS = 0.0005
CROWDED_SECONDS = 0.05  # when the loop comes so late, typing and faces wait for edits and messages


@dataclass(frozen=True)
class Place:
    """Where a server process lets people in, and who is told that it does."""

    listen: Callable[[], socket.socket]
    on_ready: Callable[[socket.socket], None]
    post: Post | None = None  # one of several processes


def serve(settings: Settings) -> int:
    """Run until a signal ends it, what was accepted being committed first; the exit code."""
    settings.data.mkdir(parents=True, exist_ok=True)
    if settings.workers > 1:
        return _serve_in_crew(settings)
    return _run(settings, Place(lambda: listen(settings.host, settings.port), lambda door: _say_ready(settings, door)))


def _serve_in_crew(settings: Settings) -> int:
    reserved = reserve(settings.host, settings.port)
    migrate(settings)
    post = Crew(settings.workers, on_ready=lambda: _say_ready(settings, reserved)).work()
    if isinstance(post, int):
        return post
    return _run(settings, Place(lambda: join(reserved), lambda door: post.report(), post))


def _say_ready(settings: Settings, door: socket.socket) -> None:
    print(f"Quillroom is ready on {address_of(settings.host, door)}", flush=True)
    notify("READY=1")


def _run(settings: Settings, place: Place) -> int:
    sys.setswitchinterval(SWITCH_SECONDS)
    with _runner() as runner:
        runner.run(_serve(settings, place))
    return 0


async def _serve(settings: Settings, place: Place) -> None:
    loop = asyncio.get_running_loop()
    database = open_database(settings.database_url)
    if place.post is None:
        await asyncio.to_thread(database.migrate)
    bus: MemoryBus[Round] = MemoryBus()
    inbox = Inbox(loop, bus.publish)
    workers = Workers()
    projections = Projections()
    notices = Notices(is_open=settings.is_open, has_mail=settings.smtp is not None)
    projections.add(notices.names, notices.project)
    writer = Writer(
        database,
        project=projections.run,
        on_round=inbox.put,
        on_trouble=lambda trouble: _soon(loop, lambda: rooms.on_trouble(trouble)),
    )
    rooms = Rooms(database, writer, workers)
    rooms.await_round = inbox.wait
    bus.subscribe(rooms.on_round)
    epoch = await asyncio.to_thread(ensure_epoch, database)
    carrier = await asyncio.to_thread(_carrier, settings, database, epoch)
    relay = Relay(carrier)
    if relay.is_shared:
        rooms.number_members_from(secrets.randbelow(MEMBERS_FROM))
    room_relay = RoomRelay(rooms, relay, database)
    if not database.is_sqlite:
        rooms.several = room_relay
    titles = Titles(writer)
    rooms.on_commit = titles.changed
    people = People(database, writer)
    access = Access(database, is_open=settings.is_open)
    lines = None if database.is_sqlite else Lines(database, relay)
    live = Live(database, access, epoch, lines)
    bus.subscribe(live.on_round)
    sessions = Sessions(database, writer, rooms.hub, live.hub)
    passwords = Passwords()
    notes = Notes(writer)
    rooms.on_refused = access.on_refused = notes.refused
    revocation = Revocation(database, rooms, live.topics, is_open=settings.is_open)
    documents = Documents(database, writer, rooms, workers, access)
    documents.on_exported, documents.catch_up = notes.exported, room_relay.catch_up
    shared_presence = None if carrier.store is None else SharedPresence(relay, carrier.store)
    presences = Presences(database, writer, access, live, lambda: revocation.epoch, shared_presence)
    rooms.on_enter, rooms.on_leave, rooms.on_edit = presences.opened, presences.left, presences.edited
    rooms.is_hidden, presences.on_hidden = presences.is_hidden, rooms.hide
    live.on_enter(presences.came)
    live.on_leave(presences.left)
    live.on_follow(presences.greet)
    live.command("presence", presences.say)
    revocation.on_judged, revocation.also = presences.judged, presences.claimed
    documents.people_in = presences.people_in
    tree = Tree(database, access)
    tree.everywhere = presences.everywhere
    leases = Leases(database, relay.instance)
    trash = Trash(database, writer, rooms, access, leases)
    followers = Followers()
    followers.add(PURGED, trash.forget, everywhere=True)
    followers.add(PURGED, trash.follow)
    followers.add({*FOLLOWED, *PAGE_NEWS}, live.follow, everywhere=True)
    followers.add(REVOKING, revocation.follow, everywhere=True)
    followers.add(ENDING, sessions.follow, everywhere=True)
    blobs = open_blobs(settings)
    pieces = None if database.is_sqlite else open_pieces(settings, blobs)
    unused = UnusedBytes(database, writer, blobs, settings.uploads, leases, pieces)
    followers.add(LEAVING_BYTES, unused.follow)
    files = Files(database, writer, access, blobs, settings.file_limits)
    files.on_removed = unused.wake
    media_workers = Workers()
    uploads = Uploads(writer, files, blobs, unused, media_workers, settings.uploads, settings.file_limits, pieces)
    followers.add(CONCERNING_PRESENCE, presences.follow, everywhere=True)
    sessions.review, sessions.changed_on_live = revocation.review, live.topics.judge_person
    bus.subscribe(followers.on_round)
    upkeep_workers = Workers()
    upkeep = Upkeep(settings.database_url, database, writer, upkeep_workers, leases)
    rooms.on_load, rooms.on_idle = upkeep.loaded, upkeep.idle
    bus.subscribe(upkeep.on_round)
    message_search = MessageSearch(database, writer, access, leases)
    projections.add(SAYING, message_search.project)
    followers.add(LEAVING, message_search.follow)
    mail = Mail(settings.smtp)
    notifications = Notifications(database, writer, access)
    live.told(TOLD, notifications.told)
    push_hosts = PushHosts(settings.push_hosts)
    subscriptions, postman = Subscriptions(writer, push_hosts), Postman(push_hosts)
    push = Push(
        database,
        writer,
        subscriptions,
        postman,
        contact=settings.contact,
        is_open=settings.is_open,
        is_active=presences.is_active,
    )
    live.on_leave(lambda member: push.left(member.person.id))
    errands = Errands(database, writer, leases)
    errands.add("push", push.push)
    errands.add("close", push.close)
    errands.add_job("inbox", notices.spread)
    if mail.is_on and settings.url is not None:
        digest = Digest(database, writer, mail, settings.url, settings.is_open, presences.is_active, leases)
        errands.add("mail", digest.mail)
    followers.add(QUEUED, errands.follow)
    chat, unreads = Chat(writer, access), Unreads(database, access, live)
    receipts = Receipts(database, writer, access, live, unreads)
    typists = Typists(access, live)
    chat_commands.register(live, chat, receipts, typists)
    followers.add((SENT, RECALLED), unreads.follow)
    lag = Lag(lambda: len(rooms.hub) + len(live.hub) > 0)
    instances = Instances(
        database,
        access,
        relay.instance,
        lambda: Load(len(rooms.hub.everyone()), len(live.hub.everyone()), len(live.topics), lag.take_worst()),
        rooms.places,
    )
    instances.unable = lambda: rooms.trouble
    if not relay.is_shared:
        presences.is_local = lambda: instances.count > 1
    if relay.is_shared:
        instances.slow = lambda: None if relay.is_connected else relay.why
        live.syncing, instances.on_mode = instances.syncing, live.servers_changed
    if lines is not None:
        servers = Servers(database, lines, live.topics, relay.instance)
        projections.add(followers.everywhere, servers.project)
        servers.on_events = live.topics.on_changes = followers.on_remote
        followers.add((SAID,), unreads.follow_elsewhere, everywhere=True)
        unreads.on_said = lambda ids: writer.attempt(lambda c: servers.say(c, SAID, {"documents": sorted(ids)}))
        elsewhere = Elsewhere(relay, live)
        elsewhere.may_show = typists.elsewhere
        marks = Marks(database, relay, live, elsewhere, receipts, unreads)
        look_anew = (revocation, sessions, live, presences, trash)
        servers.on_lost += [each.look_anew for each in look_anew]
        await servers.begin()
    single_sign_on = None if settings.oidc is None else SingleSignOn(database, writer, people, settings.oidc)
    context = Context(
        settings,
        database,
        people,
        rooms,
        documents,
        sessions,
        access,
        revocation,
        upkeep,
        Accounts(database, writer, people, passwords),
        Profiles(database, writer, workers),
        SecondFactor(writer),
        ApiTokens(database, writer),
        Shares(database, writer, access),
        Links(database, writer, access, people, passwords),
        tree,
        Pages(writer, access),
        Duplicates(database, writer, documents, access),
        trash,
        Favourites(writer, documents, access),
        Recents(writer, documents),
        mail,
        live,
        presences,
        Directory(database, writer, access),
        Invitations(database, writer, access, mail),
        Resets(database, writer, access, passwords, mail),
        Administration(database, writer, access),
        notifications,
        Choices(database, writer, access),
        subscriptions,
        push,
        chat,
        receipts,
        unreads,
        Transcript(database, access),
        message_search,
        single_sign_on,
        files,
        uploads,
        Turn(loop),
        lag,
        instances,
        relay=relay,
    )
    writer.start()
    mail.start()
    chores = (upkeep.run(), trash.run(), unused.run(), errands.run(), message_search.run())
    running = [loop.create_task(each) for each in chores]
    if lines is not None:
        tail = Tail(database, relay, rooms, room_relay, lines)
        running += [loop.create_task(each) for each in (relay.watch(), tail.run(), marks.watch())]
    carrying = loop.create_task(carrier.run())
    live.topics.is_crowded = lambda: lag.last > CROWDED_SECONDS
    lag.start(loop)
    if shared_presence is not None:
        running.append(loop.create_task(shared_presence.run()))
    heap = Heap(lambda: len(rooms.hub) > 0)
    watches = (sessions.watch(), revocation.watch(), heap.watch(), presences.watch(), instances.run())
    running += [loop.create_task(each) for each in watches]
    listener = place.listen()

    def ready() -> None:
        heap.start()
        place.on_ready(listener)

    server = Server(context, ready, settle=lambda: asyncio.wrap_future(writer.execute(lambda connection: None)))
    if place.post is not None:
        place.post.when_left(loop, server.leave)
    try:
        await server.serve([listener])
    finally:
        for task in running:
            task.cancel()
        heap.stop()
        await instances.end()
        await postman.close()
        upkeep_workers.close()
        media_workers.close()
        blobs.close()
        if single_sign_on is not None:
            await single_sign_on.provider.close()
        await titles.flush()
        await presences.flush()
        if shared_presence is not None:
            await shared_presence.close()
        await asyncio.to_thread(writer.stop)
        await carrier.close()  # after the last commit: the others hear of it
        carrying.cancel()
        workers.close()
        passwords.close()
        await asyncio.to_thread(mail.stop)
        database.close()


def _carrier(settings: Settings, database: Database, epoch: str) -> Carrier:
    """How this server speaks to the others; a new name for it at each start."""
    instance = secrets.token_urlsafe(9)
    if settings.redis is None or database.is_sqlite:
        return Alone(instance)
    return RedisBus(settings.redis, instance, f"quillroom:{epoch}", ensure_bus_key(database))


def _soon(loop: asyncio.AbstractEventLoop, call: object) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to tell
        loop.call_soon_threadsafe(call)  # type: ignore[arg-type]


def _runner() -> asyncio.Runner:
    try:
        import uvloop
    except ImportError:  # Windows
        return asyncio.Runner()
    return asyncio.Runner(loop_factory=uvloop.new_event_loop)


def migrate(settings: Settings) -> None:
    """Bring the database to this version, and nothing else."""
    Path(settings.data).mkdir(parents=True, exist_ok=True)
    database = open_database(settings.database_url)
    database.migrate()
    database.close()
