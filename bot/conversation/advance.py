"""The conversation itself: one event in, the new state and what to do about it out."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from bot.conversation.acts import Act, CloseAddress, OpenAddress, SetLanguage, SetRunning, Show, StartCheck
from bot.conversation.address import address, nothing_arrived, takes_no_mail
from bot.conversation.comparison import comparison, is_due
from bot.conversation.content import Content
from bot.conversation.events import (
    AddressAsked,
    AddressClosed,
    AddressExpired,
    Begun,
    Checked,
    CheckFailed,
    Claimed,
    Disowned,
    Event,
    LanguageChosen,
    MailAnalysed,
    Offer,
    Progressed,
    RecheckAsked,
    RootRefused,
)
from bot.conversation.findings import differences, findings, since
from bot.conversation.guidelines import guidelines
from bot.conversation.mail import counting, mail
from bot.conversation.overview import overview
from bot.conversation.root import root
from bot.conversation.standing import current_report, domain_report, waiting_mail
from bot.conversation.state import (
    Address,
    AddressStatus,
    Conversation,
    MailSeen,
    Reports,
    Row,
    Since,
    report_of,
    seconds,
)
from bot.conversation.talk import said
from bot.conversation.talk_words import DOMAIN_IS_GONE

BURST = 5
BURST_S = timedelta(minutes=10).total_seconds()

LISTS = ("findings", "guidelines")

Step = tuple[Conversation, list[Act]]


def advance(state: Conversation, event: Event, reports: Reports) -> Step:
    """What `event` changes. `reports` holds those that `state` and `event` name; raises MissingReport otherwise.

    An event that no longer fits (a check that was overtaken, an address already closed) changes nothing.
    """
    if state.refused:
        return state, []
    match event:
        case Begun():
            return _begun(event, reports)
        case Progressed():
            return _progressed(state, event, reports)
        case Checked():
            return _checked(state, event, reports)
        case CheckFailed(run):
            return _check_failed(state, run, reports)
        case MailAnalysed():
            return _mail(state, event, reports)
        case Claimed(mail_id):
            return _answered(state, mail_id, reports, claimed=True)
        case Disowned(mail_id):
            return _answered(state, mail_id, reports, claimed=False)
        case RecheckAsked(lost):
            return _recheck(state, lost, reports)
        case AddressAsked(offer, ended):
            return _address_asked(state, offer, ended, reports)
        case AddressClosed(token):
            return _address_ends(state, token, "closed", reports)
        case AddressExpired(token, got_mail):
            return _address_ends(state, token, "expired", reports, got_mail=got_mail)
        case LanguageChosen(lang):
            new = replace(state, lang=lang)
            return new, [SetLanguage(lang), *_show(new, reports, drawn(new))]
        case RootRefused():
            return _refused(state)


def _begun(event: Begun, reports: Reports) -> Step:
    rows = tuple(
        Row(each.ascii, each.shown, *((each.note.en, each.note.ja) if each.note else ("", "")), run=run)
        for run, each in enumerate(event.domains, 1)
    )
    offered = event.offer if len(rows) == 1 else None
    state = Conversation(
        lang=event.lang, rows=rows, runs=len(rows), addresses=(Address.of(offered),) if offered else ()
    )
    acts: list[Act] = [SetRunning(True), *_show(state, reports, drawn(state)), *_opened(offered)]
    return state, acts + [StartCheck(run) for run in range(1, len(rows) + 1)]


def _progressed(state: Conversation, event: Progressed, reports: Reports) -> Step:
    if event.run not in {row.run for row in state.rows} or state.is_overview:
        return state, []
    new = replace(state, done=event.done, total=event.total)
    return new, [Show("root", _content(new, "root", reports), progress=True)]


def _checked(state: Conversation, event: Checked, reports: Reports) -> Step:
    at = _index(state, event.run)
    if at is None:
        return state, []
    before = state.rows[at].report
    row = replace(state.rows[at], run=None, report=event.report_id, failed=False)
    new = replace(_with_row(state, at, row), done=0, total=0, unchanged=False)
    acts: list[Act] = [] if new.is_running else [SetRunning(False)]
    if new.is_overview:
        return new, [*acts, _root_after_a_run(new, reports)]
    is_open = new.address is not None and new.address.status == "open"
    if is_open and not new.mails and takes_no_mail(report_of(reports, event.report_id)):
        acts.append(CloseAddress(new.addresses[-1].token))
        new = _with_last_address(new, "closed")
    if before is not None:
        old, now = report_of(reports, before), report_of(reports, event.report_id)
        if differences(old, now, "en"):
            new = replace(new, since=(*new.since, Since(event.run, before, event.report_id)))
        else:
            new = replace(new, unchanged=True)
    return new, [*acts, *_show(new, reports, drawn(new))]


def _check_failed(state: Conversation, run: int, reports: Reports) -> Step:
    at = _index(state, run)
    if at is None:
        return state, []
    new = _with_row(state, at, replace(state.rows[at], run=None, failed=True))
    new = replace(new, done=0, total=0, unchanged=False)
    acts: list[Act] = [] if new.is_running else [SetRunning(False)]
    return new, [*acts, _root_after_a_run(new, reports)]


def _root_after_a_run(state: Conversation, reports: Reports) -> Act:
    """A row of an overview is a passing state as long as others run."""
    return Show("root", _content(state, "root", reports), progress=state.is_running)


def _mail(state: Conversation, event: MailAnalysed, reports: Reports) -> Step:
    if any(seen.id == event.mail_id for seen in state.mails):
        return state, []
    at = seconds(event.at)
    recent = sum(seen.own_reply and at - seen.at < BURST_S for seen in state.mails)
    seen = MailSeen(event.mail_id, event.report_id, at, own_reply=recent < BURST, token=event.token)
    new = replace(state, mails=(*state.mails, seen))
    key = f"mail-{seen.id}" if seen.own_reply else "more-mails"
    return new, _show(new, reports, [key, *_changed_by_mail(new)])


def _changed_by_mail(state: Conversation) -> list[str]:
    return ["streams", "root", "findings", "guidelines"] if state.row.report is not None else []


def _answered(state: Conversation, mail_id: str, reports: Reports, *, claimed: bool) -> Step:
    """The last answer to "is this mail yours" stands."""
    mails = tuple(
        replace(seen, claimed=claimed, disowned=not claimed) if seen.id == mail_id else seen for seen in state.mails
    )
    if mails == state.mails:
        return state, []
    new = replace(state, mails=mails)
    keys = [f"mail-{seen.id}" for seen in mails if seen.id == mail_id and seen.own_reply]
    return new, _show(new, reports, [*keys, *_changed_by_mail(new)])


def _recheck(state: Conversation, lost: int, reports: Reports) -> Step:
    if not state.rows or any(row.run is not None and row.run > lost for row in state.rows):
        return state, []
    rows = tuple(replace(row, run=state.runs + n, failed=False) for n, row in enumerate(state.rows, 1))
    new = replace(state, rows=rows, runs=state.runs + len(rows), done=0, total=0, unchanged=False)
    acts: list[Act] = [SetRunning(True), Show("root", _content(new, "root", reports), progress=True)]
    return new, acts + [StartCheck(row.run) for row in rows if row.run is not None]


def _address_asked(state: Conversation, offer: Offer | None, ended: str, reports: Reports) -> Step:
    if offer is None or state.is_overview:
        return state, []
    closed: list[Act] = []
    if state.address is not None and state.address.status == "open":
        if state.address.token != ended:
            return state, []
        state, closed = _with_last_address(state, "closed"), [CloseAddress(ended)]
    new = replace(state, addresses=(*state.addresses, Address.of(offer)))
    # The reply that said the old address is over now shows the new one; the notice below it keeps its words.
    return new, [*closed, *_show(new, reports, ["address", "root"]), *_opened(offer)]


def _opened(offer: Offer | None) -> list[Act]:
    return [OpenAddress(offer.token, offer.expires_at)] if offer else []


def _address_ends(
    state: Conversation, token: str, how: AddressStatus, reports: Reports, *, got_mail: bool = False
) -> Step:
    at = next((n for n, each in enumerate(state.addresses) if each.token == token and each.status == "open"), None)
    if at is None:
        return state, []
    ended = replace(state.addresses[at], status=how, got_mail=got_mail)
    new = replace(state, addresses=(*state.addresses[:at], ended, *state.addresses[at + 1 :]))
    # The root says what to do next, and that was perhaps to send a mail there.
    acts: list[Act] = [CloseAddress(token), *_show(new, reports, ["address", "root"])]
    if how == "expired" and new.is_silent(new.addresses[at]):
        acts.append(Show(f"nothing-{at}", nothing_arrived(new.addresses[at], new.lang)))
    return new, acts


def _refused(state: Conversation) -> Step:
    ended = replace(state, refused=True, rows=tuple(replace(row, run=None) for row in state.rows))
    open_ = [each.token for each in state.addresses if each.status == "open"]
    return ended, [SetRunning(False), *(CloseAddress(token) for token in open_)]


def _with_last_address(state: Conversation, status: AddressStatus) -> Conversation:
    return replace(state, addresses=(*state.addresses[:-1], replace(state.addresses[-1], status=status)))


def _index(state: Conversation, run: int) -> int | None:
    return next((n for n, row in enumerate(state.rows) if row.run == run), None)


def _with_row(state: Conversation, at: int, row: Row) -> Conversation:
    return replace(state, rows=(*state.rows[:at], row, *state.rows[at + 1 :]))


def drawn(state: Conversation) -> list[str]:
    """The keys of every message that this thread may show, in the order in which they were first said."""
    if state.is_overview:
        return ["root"]
    keys = ["root", "address"]
    if state.row.report is not None:
        keys += ["findings", "guidelines"]
    keys += [f"mail-{seen.id}" for seen in state.mails if seen.own_reply]
    if any(not seen.own_reply for seen in state.mails):
        keys.append("more-mails")
    if state.row.report is not None:
        keys.append("streams")
    keys += [f"since-{each.run}" for each in state.since]
    expired = [n for n, each in enumerate(state.addresses) if each.status == "expired" and state.is_silent(each)]
    return keys + [f"nothing-{n}" for n in expired]


def _show(state: Conversation, reports: Reports, keys: Iterable[str]) -> list[Act]:
    return [Show(key, _content(state, key, reports)) for key in keys if _is_sayable(state, key, reports)]


def _is_sayable(state: Conversation, key: str, reports: Reports) -> bool:
    """A domain that does not exist has a root message that says so, and nothing to list: a list that stands there
    from before is replaced. Streams are compared once there are two, and from then on."""
    if key == "streams":
        return key in state.parts or is_due(state, reports)
    if key not in LISTS:
        return True
    report = domain_report(state, reports)
    return report is not None and (report.verdict is not None or key in state.parts)


def _content(state: Conversation, key: str, reports: Reports) -> Content:
    kind, _, rest = key.partition("-")
    report = None if state.is_overview else current_report(state, reports)
    match kind:
        case "findings" | "guidelines" | "streams" if report is not None and report.verdict is None:
            return said(state.lang, DOMAIN_IS_GONE, domain=state.row.shown)
        case "root":
            return overview(state, reports) if state.is_overview else root(state, reports)
        case "address":
            return address(state, report)
        case "findings":
            domain = domain_report(state, reports)
            assert domain is not None
            return findings(state, domain, reports)
        case "guidelines":
            assert report is not None
            return guidelines(report, state.lang, waiting=waiting_mail(state, reports) is not None)
        case "mail":
            return mail(state, next(seen for seen in state.mails if seen.id == rest), reports)
        case "streams":
            return comparison(state, reports)
        case "since":
            told = next(each for each in state.since if str(each.run) == rest)
            return since(report_of(reports, told.before), report_of(reports, told.after), state.lang)
        case "nothing":
            return nothing_arrived(state.addresses[int(rest)], state.lang)
        case _:
            return counting(state, reports)
