"""What a reader of the root message does next: at most three steps, and the button that is the first of them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bot.conversation import step_words
from bot.conversation.content import Action
from bot.conversation.findings import depends_on_the_server, is_effect_of_dns, serious
from bot.conversation.phrases import around, mail_findings, rules_named
from bot.conversation.records import Wait, are_own_records, ttl_of, wait_for
from bot.conversation.standing import deciding_mail, domain_report, unused, waiting_mail
from bot.conversation.state import Conversation, Reports, report_of
from bot.conversation.unanswered import is_bogus, not_looked_up
from checks import Finding, Lang, Report, Text, Verdict

MOST = 3


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
        return _said(state, [step_words.STEP_DNSSEC, step_words.STEP_DNSSEC_THEN], Action.CHECK_AGAIN)
    seen = deciding_mail(state, reports)
    mail = report_of(reports, seen.report) if seen is not None and seen.report is not None else None
    in_dns, of_mail = serious(domain.findings), serious(mail_findings(mail)) if mail is not None else ()
    in_mail = tuple(f for f in of_mail if not is_effect_of_dns(f))
    if in_dns or in_mail:
        return _change(state, domain, in_dns, in_mail, again=mail is not None)
    if of_mail and not any(result.id.startswith("spf.") for result in not_looked_up(domain)):
        return _said(state, [step_words.STEP_SEND_SINCE], _send(state))
    return _nothing_found(state, domain, mail, reports)


def _said(state: Conversation, texts: Iterable[Text], first: Action | None, *found: Iterable[Finding]) -> Steps:
    """`found`: the findings that the texts name, one after the other."""
    named = iter(found)
    lines = []
    for text in texts:
        facts = {"domain": state.row.shown}
        if "rules" in text.fields():
            facts["rules"] = rules_named(next(named), state.lang)
        lines.append(text.say(state.lang, facts))
    return Steps(tuple(lines[:MOST]), first)


def _whose(state: Conversation, mail: Report) -> Steps:
    wrong = serious(mail_findings(mail))
    texts = [step_words.STEP_WHOSE, *([step_words.STEP_IF_OURS] if wrong else [])]
    return _said(state, texts, Action.OURS, wrong)


_WAIT = {
    Wait.OLD_RECORDS: step_words.STEP_TTL,
    Wait.NO_RECORDS: step_words.STEP_ADDED,
    Wait.ELSEWHERE: step_words.STEP_ELSEWHERE,
    Wait.NOTHING: step_words.STEP_THEN_AGAIN,
}


def wait_text(said: Mapping[Wait, Text], with_ttl: Text, found: tuple[Finding, ...], report: Report) -> Text:
    """What to wait for, `with_ttl` where the time that old records stay is known."""
    wait = wait_for(found, report)
    if wait not in (Wait.OLD_RECORDS, Wait.OLD_AND_NO_RECORDS):
        return said[wait]
    text = said[Wait.OLD_RECORDS]
    if (ttl := ttl_of(found, report)) is not None:
        en, ja = (_duration(ttl, lang) for lang in ("en", "ja"))
        text = Text(en=with_ttl.en.replace("{ttl}", en), ja=with_ttl.ja.replace("{ttl}", ja))
    return joined(text, step_words.STEP_ALSO_ADDED) if wait is Wait.OLD_AND_NO_RECORDS else text


def _duration(seconds: int, lang: Lang) -> str:
    hours, rest = divmod(seconds, 3600)
    if rest:
        return step_words.MINUTES.say(lang, {"n": seconds // 60})
    return step_words.HOUR.say(lang) if hours == 1 else step_words.HOURS.say(lang, {"n": hours})


def _change(
    state: Conversation, domain: Report, in_dns: tuple[Finding, ...], in_mail: tuple[Finding, ...], *, again: bool
) -> Steps:
    """`again`: a mail was received already."""
    texts, can_send = [], state.address is not None
    if in_dns:
        texts.append(step_words.STEP_DNS if are_own_records(in_dns, domain) else step_words.STEP_DO)
    if in_mail:
        no_record = not in_dns and all(f.rule.in_system for f in in_mail)
        of_whom = step_words.STEP_MAIL_IF_OWN if any(map(depends_on_the_server, in_mail)) else step_words.STEP_MAIL
        texts.append(step_words.STEP_SYSTEM if no_record else of_whom)
    if not in_dns:
        return _said(state, [*texts, *([step_words.STEP_MAIL_AGAIN] if can_send else [])], _send(state), in_mail)
    wait = wait_text(_WAIT, step_words.STEP_TTL_OF, in_dns, domain)
    if again and can_send:
        texts.append(joined(wait, step_words.STEP_MAIL_AGAIN))
    else:
        texts += [wait, *([step_words.STEP_THEN_MAIL] if can_send and _is_open(state) and not again else [])]
    return _said(state, texts, Action.CHECK_AGAIN, *filter(None, (in_dns, in_mail)))


def joined(first: Text, then: Text) -> Text:
    """Two sentences as one step."""
    return Text(en=f"{first.en} {then.en}", ja=first.ja + then.ja)


def _nothing_found(state: Conversation, domain: Report, mail: Report | None, reports: Reports) -> Steps:
    if domain.verdict is Verdict.UNDETERMINED:
        return _said(state, [step_words.STEP_TRY_AGAIN, step_words.STEP_ASK_OPERATOR], Action.CHECK_AGAIN)
    if mail is not None and not_looked_up(mail, of_mail=True):
        return _said(state, [step_words.STEP_SEND_LATER], _send(state))
    advice = [step_words.STEP_ADVICE] if (notices := (*domain.findings, *(mail_findings(mail) if mail else ()))) else []
    if mail is None and state.address is not None and not domain.non_sending:
        send = step_words.STEP_SEND if _is_open(state) else step_words.STEP_NEW_ADDRESS
        if _is_open(state) and _lacks_author(state, reports):
            send = step_words.STEP_FROM
        return _said(state, [send, *advice], _send(state), notices)
    return _said(state, [step_words.STEP_NONE, *advice], None, notices)


def _lacks_author(state: Conversation, reports: Reports) -> bool:
    """The latest mail, no bounce, told nothing because its From is not one valid address."""
    mails = unused(state, reports)
    facts = report_of(reports, mails[-1].report).mail if mails and mails[-1].report is not None else None
    return facts is not None and not facts.null_return_path and facts.from_domain is None


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
        yield around(step_words.STEP, state.lang, n=str(n), step=line)
