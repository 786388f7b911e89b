"""What a reader of the root message does next: at most three steps, and the button that is the first of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.conversation import words
from bot.conversation.content import Action
from bot.conversation.findings import is_effect_of_dns, serious
from bot.conversation.phrases import around, listed, mail_findings
from bot.conversation.standing import deciding_mail, domain_report, waiting_mail
from bot.conversation.state import Conversation, Reports, report_of
from bot.conversation.unanswered import is_bogus, not_looked_up
from checks import Finding, Report, Text, Verdict

MOST = 3
_NAMED = 4


@dataclass(frozen=True, slots=True)
class Steps:
    """`lines` in order, without numbers; `first`: the button that belongs to what comes next, if one does."""

    lines: tuple[str, ...]
    first: Action | None


def steps(state: Conversation, reports: Reports) -> Steps:
    """For a thread about one domain that exists and has a report."""
    domain = domain_report(state, reports)
    assert domain is not None
    seen = waiting_mail(state, reports)
    if seen is not None and seen.report is not None:
        return _whose(state, report_of(reports, seen.report))
    if is_bogus(domain):
        return _said(state, [words.STEP_DNSSEC, words.STEP_DNSSEC_THEN], Action.CHECK_AGAIN)
    seen = deciding_mail(state, reports)
    mail = report_of(reports, seen.report) if seen is not None and seen.report is not None else None
    in_dns, of_mail = serious(domain.findings), serious(mail_findings(mail)) if mail is not None else ()
    in_mail = tuple(f for f in of_mail if not is_effect_of_dns(f))
    if in_dns or in_mail:
        return _change(state, in_dns, in_mail, again=mail is not None)
    if of_mail and not any(result.id.startswith("spf.") for result in not_looked_up(domain)):
        return _said(state, [words.STEP_SEND_SINCE], _send(state))
    return _nothing_found(state, domain, mail)


def _said(state: Conversation, texts: Iterable[Text], first: Action | None, *found: Iterable[Finding]) -> Steps:
    """`found`: the findings that the texts name, one after the other."""
    named = iter(found)
    lines = []
    for text in texts:
        facts = {"domain": state.row.shown}
        if "rules" in text.fields():
            facts["rules"] = _rules(next(named), state)
        lines.append(text.say(state.lang, facts))
    return Steps(tuple(lines[:MOST]), first)


def _rules(found: Iterable[Finding], state: Conversation) -> str:
    ids = list(dict.fromkeys(f.rule.id for f in found))
    return listed(state.lang, ids[:_NAMED] + (["…"] if len(ids) > _NAMED else []))


def _whose(state: Conversation, mail: Report) -> Steps:
    wrong = serious(mail_findings(mail))
    texts = [words.STEP_WHOSE, *([words.STEP_IF_OURS] if wrong else [])]
    return _said(state, texts, Action.OURS, wrong)


def _change(state: Conversation, in_dns: tuple[Finding, ...], in_mail: tuple[Finding, ...], *, again: bool) -> Steps:
    """`again`: a mail was received already."""
    texts, can_send = [], state.address is not None
    if in_dns:
        texts.append(words.STEP_DO if any(f.rule.in_system for f in in_dns) else words.STEP_DNS)
    if in_mail:
        no_record = not in_dns and all(f.rule.in_system for f in in_mail)
        texts.append(words.STEP_SYSTEM if no_record else words.STEP_MAIL)
    if not in_dns:
        return _said(state, [*texts, *([words.STEP_MAIL_AGAIN] if can_send else [])], _send(state), in_mail)
    if again:
        texts.append(words.STEP_TTL_AND_MAIL if can_send else words.STEP_TTL)
    else:
        texts.append(words.STEP_TTL if words.STEP_DNS in texts else words.STEP_THEN_AGAIN)
        texts += [words.STEP_THEN_MAIL] if can_send and _is_open(state) else []
    return _said(state, texts, Action.CHECK_AGAIN, *filter(None, (in_dns, in_mail)))


def _nothing_found(state: Conversation, domain: Report, mail: Report | None) -> Steps:
    if domain.verdict is Verdict.UNDETERMINED:
        return _said(state, [words.STEP_TRY_AGAIN, words.STEP_ASK_OPERATOR], Action.CHECK_AGAIN)
    if mail is not None and not_looked_up(mail, of_mail=True):
        return _said(state, [words.STEP_SEND_LATER], _send(state))
    advice = [words.STEP_ADVICE] if (notices := (*domain.findings, *(mail_findings(mail) if mail else ()))) else []
    if mail is None and state.address is not None and not domain.non_sending:
        send = words.STEP_SEND if _is_open(state) else words.STEP_NEW_ADDRESS
        return _said(state, [send, *advice], _send(state), notices)
    return _said(state, [words.STEP_NONE, *advice], None, notices)


def _is_open(state: Conversation) -> bool:
    return state.address is not None and state.address.status == "open"


def _send(state: Conversation) -> Action | None:
    return Action.SEND_TEST if state.address is not None else None


def numbered(given: Steps, state: Conversation) -> Iterator[str]:
    """One step needs no number."""
    if len(given.lines) == 1:
        yield given.lines[0]
        return
    for n, line in enumerate(given.lines, 1):
        yield around(words.STEP, state.lang, n=str(n), step=line)
