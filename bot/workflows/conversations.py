"""Threads: an event goes in, and the new state, its messages and its work are on disk together when it returns."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.conversation import words
from bot.conversation.acts import Act, CloseAddress, OpenAddress, SetLanguage, SetRunning, Show, StartCheck
from bot.conversation.advance import advance
from bot.conversation.content import Content, Note
from bot.conversation.events import Asked, Begun, Checked, Event, MailAnalysed, Offer, RootRefused
from bot.conversation.state import Conversation, MissingReport, Reports
from bot.render.slack.message import payloads
from bot.store import (
    DELETED,
    Effect,
    LanguageSet,
    MailboxClosed,
    MailboxOpened,
    NewThread,
    Opened,
    PutMessage,
    Running,
    StartWork,
    State,
    Store,
    UnknownThread,
)
from bot.store import Thread as StoredThread
from bot.workflows.names import CHECK_WORK, EXPIRY_WORK, numbered
from checks import CATALOGUE, Lang, Report

KEPT_REPORTS = 100
MOST_TRIES = 40
ROOT = "root"


def message_key(thread_id: str, key: str) -> str:
    """The store's key of one of a thread's messages."""
    return f"{thread_id}/{key}"


@dataclass(frozen=True, slots=True)
class Opening:
    """Who asked for a check, where, and of what. `id` comes from the event, so that asking twice is asking once."""

    id: str
    team_id: str
    channel_id: str
    user_id: str
    lang: Lang
    domains: tuple[Asked, ...]


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread as it stands: where, what happened so far, and the reports of it."""

    stored: StoredThread
    state: Conversation
    reports: Reports

    @property
    def id(self) -> str:
        return self.stored.id


class Conversations:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._parsed: OrderedDict[str, Report] = OrderedDict()

    async def open(self, opening: Opening, offer: Offer | None) -> Opened:
        """Begin a thread, unless checks of all these domains already run in one thread of that channel."""
        wanted = {each.ascii for each in opening.domains}
        domain = ",".join(sorted(wanted))
        new = NewThread(
            id=opening.id,
            team_id=opening.team_id,
            channel_id=opening.channel_id,
            domain=domain,
            lang=opening.lang,
            invoker=opening.user_id,
        )
        event = Begun(opening.domains, opening.lang, offer)

        def begin(data: State) -> tuple[State, list[Effect]]:
            return _step(new.id, new.channel_id, data, event, {})

        def does_it(thread: StoredThread) -> bool:
            rows = Conversation.from_json(thread.state).rows
            return wanted <= {row.ascii for row in rows if row.run is not None}

        return await self._store.threads.open(new, f"begun:{new.id}", begin, does_it=does_it)

    async def apply(self, thread_id: str, event_key: str, event: Event) -> bool:
        """False if the event was applied before. Raises UnknownThread."""
        reports: dict[str, Report] = dict(await self._reports(_named(event)))
        for _ in range(MOST_TRIES):
            thread = await self._store.threads.get(thread_id)
            if thread is None:
                raise UnknownThread(thread_id)
            channel_id = thread.channel_id
            reports |= await self._reports(Conversation.from_json(thread.state).report_ids())

            def transition(
                data: State, channel_id: str = channel_id, reports: Reports = reports
            ) -> tuple[State, list[Effect]]:
                return _step(thread_id, channel_id, data, event, reports)

            try:
                return await self._store.threads.apply(thread_id, event_key, transition)
            except MissingReport:
                # Another event brought a report in between: read again.
                continue
        raise LookupError(f"thread {thread_id} names a report that is not stored")

    async def read(self, thread_id: str) -> Thread | None:
        stored = await self._store.threads.get(thread_id)
        return None if stored is None else await self._with_reports(stored)

    async def at(self, team_id: str, channel_id: str, root_ts: str) -> Thread | None:
        """The thread under that root message."""
        stored = await self._store.threads.by_root(team_id, channel_id, root_ts)
        return None if stored is None else await self._with_reports(stored)

    async def give_up(self, key: str, error: str) -> None:
        """The chat refuses the message `key` as it shall look now. A thread ends if its root does not stand there.

        A root that stands there and may not be edited keeps its thread: the next revision is tried again.
        """
        thread_id, _, name = key.rpartition("/")
        if name != ROOT or await self._store.threads.get(thread_id) is None:
            return
        root = await self._store.messages.get(key)
        if root is None or root.ts is None or error == DELETED:
            await self.apply(thread_id, "root-refused", RootRefused())

    async def report(self, report_id: str) -> Report | None:
        return (await self._reports([report_id])).get(report_id)

    async def _with_reports(self, stored: StoredThread) -> Thread:
        state = Conversation.from_json(stored.state)
        return Thread(stored, state, await self._reports(state.report_ids()))

    async def _reports(self, ids: Iterable[str]) -> dict[str, Report]:
        """Those that are stored; reports never change, so parsed ones are kept for a while."""
        found = {}
        for report_id in ids:
            report = self._parsed.get(report_id)
            if report is None:
                stored = await self._store.reports.get(report_id)
                if stored is None:
                    continue
                report = self._parsed[report_id] = Report.from_stored(stored.data, CATALOGUE)
                if len(self._parsed) > KEPT_REPORTS:
                    self._parsed.popitem(last=False)
            else:
                self._parsed.move_to_end(report_id)
            found[report_id] = report
        return found


def _named(event: Event) -> list[str]:
    match event:
        case Checked(report_id=report_id):
            return [report_id]
        case MailAnalysed(report_id=str() as report_id):
            return [report_id]
        case _:
            return []


def _step(thread_id: str, channel_id: str, data: State, event: Event, reports: Reports) -> tuple[State, list[Effect]]:
    before = Conversation.from_json(data)
    state, acts = advance(before, event, reports)
    effects: list[Effect] = []
    for act in acts:
        match act:
            case Show():
                made, count = _messages(thread_id, channel_id, act, state)
                effects += made
                state = replace(state, parts={**state.parts, act.key: count})
            case _:
                effects += _effects(thread_id, act, state)
    return state.as_json(), effects


def _effects(thread_id: str, act: Act, state: Conversation) -> Sequence[Effect]:
    match act:
        case StartCheck(run):
            argument = numbered(thread_id, run)
            return [StartWork(CHECK_WORK, f"{CHECK_WORK}:{argument}", argument)]
        case OpenAddress(token, expires_at):
            number, given = next((n, each) for n, each in enumerate(state.addresses) if each.token == token)
            opened = MailboxOpened(token, expires_at, given.max_mails, given.max_bytes)
            argument = numbered(thread_id, number)
            return [opened, StartWork(EXPIRY_WORK, f"{EXPIRY_WORK}:{argument}", argument)]
        case CloseAddress(token):
            return [MailboxClosed(token)]
        case SetRunning(running):
            return [Running(running)]
        case SetLanguage(lang):
            return [LanguageSet(lang)]
        case _:
            return []


def _messages(thread_id: str, channel_id: str, show: Show, state: Conversation) -> tuple[list[Effect], int]:
    """The messages of one content, each under a key of its own; those that it no longer fills are emptied."""
    shown: list[dict[str, Any]] = payloads(show.content)
    emptied = words.EMPTIED.say(state.lang)
    filler = payloads(Content(state.lang, emptied, (Note(emptied),)))[0]
    count = max(len(shown), state.parts.get(show.key, 0))
    shown += [filler] * (count - len(shown))
    root = message_key(thread_id, ROOT)
    effects: list[Effect] = []
    for number, payload in enumerate(shown, 1):
        key = message_key(thread_id, show.key if number == 1 else f"{show.key}.{number}")
        parent = None if key == root else root
        effects.append(PutMessage(key, channel_id, payload, parent_key=parent, progress=show.progress))
    return effects, count
