"""The reply to one received mail, and the reply that counts further ones."""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.conversation import mail_words as words
from bot.conversation import words as common
from bot.conversation.bounds import HEADING, LABEL, cut
from bot.conversation.content import Action, Button, Buttons, Content, Divider, Heading, Note, Paragraph, Part, Table
from bot.conversation.findings import IN_FULL, in_lines, serious
from bot.conversation.phrases import (
    around,
    in_full,
    listed,
    mail_findings,
    ours_buttons,
    verdict_text,
    zone_file_note,
)
from bot.conversation.standing import counts, dmarc_result, domain_report
from bot.conversation.state import Conversation, MailSeen, Reports, report_of
from bot.conversation.unanswered import not_looked_up, unanswered_text
from checks import (
    MSCHECKER,
    Lang,
    MailFacts,
    Report,
    RequirementStatus,
    Severity,
    Standing,
    Status,
    Why,
    combine,
    printable,
    reason_text,
    standing,
)

SIGNATURES = 5
COMPARED = 6
CELL = 100
_DECIDED = (Status.MET, Status.NOT_MET)


def mail(state: Conversation, seen: MailSeen, reports: Reports) -> Content:
    """Who connected, what authentication gave, what is wrong, and what it means for the verdict."""
    lang = state.lang
    if seen.report is None:
        return Content(lang, words.MAIL_FAILED.say(lang), (Paragraph(words.MAIL_FAILED.say(lang)),))
    report = report_of(reports, seen.report)
    if (why := _not_analysed(report)) is not None:
        said = words.MAIL_NOT_ANALYSED.say(lang, {"reason": reason_text(why).say(lang)})
        return Content(lang, said, (Paragraph(said),))
    heading = _heading(report, lang)
    meaning = list(_meaning(state, seen, report, reports))
    if _tells_nothing_of_it(state, seen, report, reports):
        addresses = _addresses(report.mail, lang)
        return Content(lang, heading, (Heading(heading[:HEADING]), *addresses, *meaning, *_no_author(report, lang)))
    parts = [Heading(heading[:HEADING]), *_session(report.mail, lang), *meaning]
    parts += _findings(report, seen, lang)
    parts.append(_authentication(report, lang))
    return Content(lang, heading, tuple(parts))


def _not_analysed(report: Report) -> Why | None:
    """Why nothing is known of the bytes of this mail, None where it was analysed."""
    result = report.result("dkim.signature")
    is_open = report.mail is None and result is not None and result.reason in (Why.TOO_COSTLY, Why.NOT_ANALYSED)
    return result.reason if is_open and result else None


def _tells_nothing_of_it(state: Conversation, seen: MailSeen, report: Report, reports: Reports) -> bool:
    """A bounce, a forwarded or disowned mail or one of another domain: what is wrong with it is not of this thread."""
    domain = domain_report(state, reports)
    if domain is None:
        return False
    return seen.disowned or standing(domain, report) not in (Standing.COUNTS, Standing.NEEDS_CONFIRMATION)


def _no_author(report: Report, lang: Lang) -> Iterator[Part]:
    """What is wrong with From, where that is why the mail tells nothing of the domain."""
    if report.mail is None or report.mail.from_domain is not None:
        return
    for finding in mail_findings(report):
        if finding.rule.id == "MSG101":
            yield Divider()
            yield from in_full(finding, lang, report)


def _addresses(facts: MailFacts | None, lang: Lang) -> Iterator[Part]:
    if facts is not None:
        yield Paragraph("\n".join(_address_lines(facts, lang)))


def _address_lines(facts: MailFacts, lang: Lang) -> list[str]:
    path = words.NULL_PATH.say(lang) if facts.null_return_path else facts.return_path or "?"
    return [
        words.LINE_FROM.say(lang, {"value": cut(facts.from_address or "?")}),
        words.LINE_RETURN_PATH.say(lang, {"value": cut(path)}),
    ]


def _heading(report: Report, lang: Lang) -> str:
    if report.mail is None or not report.mail.from_address:
        return words.MAIL_NO_SENDER.say(lang)
    return words.MAIL.say(lang, {"sender": cut(report.mail.from_address, 100)})


def _session(facts: MailFacts | None, lang: Lang) -> Iterator[Part]:
    if facts is None:
        return
    lines = _address_lines(facts, lang)
    if facts.client_ip is not None:
        lines.append(words.LINE_CLIENT.say(lang, {"value": facts.client_ip}))
        lines.append(around(words.LINE_REVERSE, lang, value=_reverse(facts, lang)))
        lines.append(words.LINE_HELO.say(lang, {"value": cut(facts.helo or "?")}))
    if facts.tls_version is not None:
        tls = {"version": facts.tls_version, "cipher": facts.tls_cipher or "?"}
        lines.append(words.WITH_TLS.say(lang, tls))
    elif facts.client_ip is not None:
        lines.append(words.WITHOUT_TLS.say(lang))
    yield Paragraph("\n".join(lines))


def _reverse(facts: MailFacts, lang: Lang) -> str:
    if facts.reverse_name is None:
        return (words.REVERSE_NONE if facts.reverse == "absent" else words.REVERSE_UNKNOWN).say(lang)
    said = words.REVERSE[facts.reverse]
    return said.say(lang, {"name": cut(facts.reverse_name)})


def _meaning(state: Conversation, seen: MailSeen, report: Report, reports: Reports) -> Iterator[Part]:
    lang = state.lang
    domain = domain_report(state, reports)
    if domain is None:
        yield Note(words.MAIL_WAITS.say(lang))
        return
    if domain.verdict is None:
        return
    if counts(seen, domain, reports):
        if seen.claimed:
            yield Note(words.MAIL_CLAIMED.say(lang))
            yield Buttons(ours_buttons(seen.id, lang)[1:])
        together = combine(domain, report)
        yield Paragraph(around(words.MAIL_COUNTS, lang, verdict=verdict_text(together, lang)))
        if dmarc_result(report) == "pass" and serious(mail_findings(report)):
            yield Paragraph(words.MAIL_DOMAINS_STAY.say(lang))
        yield from _compared(domain, together, lang)
        return
    names = {"domain": state.row.shown, "other": cut((report.mail and report.mail.from_domain) or "?")}
    match standing(domain, report):
        case Standing.NEEDS_CONFIRMATION if seen.disowned:
            yield Note(words.MAIL_DISOWNED.say(lang))
            yield Buttons(ours_buttons(seen.id, lang)[:1])
        case Standing.NEEDS_CONFIRMATION:
            unknown = report.mail is None or report.mail.aligned_pass is None
            yield Paragraph((words.MAIL_UNKNOWN if unknown else words.MAIL_UNCONFIRMED).say(lang))
            yield Buttons(ours_buttons(seen.id, lang))
            yield Note((words.MAIL_IF_NOT_OURS_REJECTED if _is_rejected(report) else words.MAIL_IF_NOT_OURS).say(lang))
        case Standing.BOUNCE:
            yield Paragraph(words.MAIL_BOUNCE.say(lang))
        case Standing.FORWARDED:
            yield Paragraph(around(words.MAIL_FORWARDED, lang, signs=forwarding_signs(report, lang)))
        case _ if report.mail is None or report.mail.from_domain is None:
            yield Paragraph(words.MAIL_OTHER_UNKNOWN.say(lang, names))
        case _:
            yield Paragraph(words.MAIL_OTHER.say(lang, names))
            label = common.BUTTON_CHECK_DOMAIN.say(lang, {"domain": cut(report.mail.from_domain, 50)})
            yield Buttons((Button(Action.CHECK_DOMAIN, cut(label, LABEL), report.mail.from_domain),))


def forwarding_signs(report: Report, lang: Lang) -> str:
    """What shows that a mail was forwarded."""
    signs = report.mail.forwarded if report.mail else ()
    return listed(lang, [words.FORWARDED_BY[sign].say(lang) for sign in signs if sign in words.FORWARDED_BY])


def why_unused(seen: MailSeen, state: Conversation, reports: Reports) -> str:
    """In a few words, why this mail tells nothing of the domain."""
    lang, domain = state.lang, domain_report(state, reports)
    report = report_of(reports, seen.report) if seen.report is not None else None
    if report is None or report.mail is None or domain is None:
        return words.UNUSED_FAILED.say(lang)
    match standing(domain, report):
        case Standing.BOUNCE:
            return words.UNUSED_BOUNCE.say(lang)
        case Standing.FORWARDED:
            return around(words.UNUSED_FORWARDED, lang, signs=forwarding_signs(report, lang))
        case _ if report.mail.from_domain is None:
            return words.UNUSED_FROM.say(lang)
        case _:
            return words.UNUSED_OTHER.say(lang, {"other": cut(report.mail.from_domain)})


def _is_rejected(report: Report) -> bool:
    """Receivers that follow DMARC refuse the mail."""
    given = (report.authentication or {}).get("dmarc") or {}
    return given.get("result") == "fail" and (given.get("applied") or given.get("policy")) == "reject"


def _compared(domain: Report, together: Report, lang: Lang) -> Iterator[Part]:
    """What the mail confirms, and where it contradicts what DNS alone said."""
    before = {each.id: each for each in domain.profiles.get("mschecker", ())}
    titles = {each.id: each.title for each in MSCHECKER}
    lines, confirmed = [], []
    for each in together.profiles.get("mschecker", ()):
        if each.id not in titles or each.id not in before:
            continue
        then, item = before[each.id], titles[each.id].say(lang)
        if each.status is Status.MET and then.status is Status.NOT_KNOWN:
            confirmed.append(item)
        elif each.status in _DECIDED and (said := _said_by_dns(then, lang)) and then.status is not each.status:
            lines.append(
                words.COMPARED_ITEM.say(lang, {"item": item, "dns": said, "mail": common.STATUS[each.status].say(lang)})
            )
    if confirmed:
        yield Paragraph(words.CONFIRMED.say(lang, {"items": listed(lang, confirmed)}))
    if lines:
        yield Paragraph("\n".join(lines[:COMPARED]), lead=words.COMPARED.say(lang), breaks=True)


def _said_by_dns(then: RequirementStatus, lang: Lang) -> str | None:
    """None where DNS alone said nothing of the item."""
    if then.status in _DECIDED:
        return common.STATUS[then.status].say(lang)
    return words.IN_ORDER.say(lang) if then.so_far is Status.MET else None


def _findings(report: Report, seen: MailSeen, lang: Lang) -> Iterator[Part]:
    found, unknown = mail_findings(report), not_looked_up(report, of_mail=True)
    if not found:
        yield Paragraph((common.CLEAR_AS_FAR if unknown else words.MAIL_CLEAR).say(lang))
    # Whatever the root names as a step, as far as that is not too much to read.
    full = tuple(f for f in found if f.severity.rank <= Severity.ERROR.rank)
    steps = [f for f in found if f.severity is Severity.WARNING][: max(0, IN_FULL - len(full))]
    full = tuple(f for f in found if f in full or f in steps)
    for finding in full:
        yield Divider()
        yield from in_full(finding, lang, report)
    yield from zone_file_note(full, lang)
    yield from in_lines(tuple(f for f in found if f not in full), lang, seen.id, also=bool(full))
    if untold := unanswered_text(report, unknown, lang):
        yield Divider()
        yield Paragraph(untold)


def _authentication(report: Report, lang: Lang) -> Table:
    header = words.AUTHENTICATION.say(lang), words.DOMAIN_SHOWN.say(lang), words.RESULT.say(lang)
    given: Mapping[str, Any] = report.authentication or {}
    from_domain = _cell(report.mail.from_domain if report.mail else None)
    rows = [(words.ROW_FROM.say(lang), from_domain, words.FROM_COMPARED.say(lang))]
    rows += [_spf(given.get("spf") or {}, lang), *_signatures(given.get("dkim") or [], lang)]
    rows.append(_dmarc(given.get("dmarc") or {}, lang))
    arc = given.get("arc") or {}
    if arc.get("result", "none") != "none":
        said = {"result": _result(arc["result"], lang), "n": arc.get("instances", 0)}
        rows.append(("ARC", "–", words.ARC.say(lang, said)))
    return Table(header, tuple(rows))


def _spf(spf: Mapping[str, Any], lang: Lang) -> tuple[str, str, str]:
    label = words.ROW_SPF_HELO if spf.get("scope") == "helo" else words.ROW_SPF
    return label.say(lang), _cell(spf.get("domain")), _with_alignment(spf, lang)


def _signatures(signatures: list[Mapping[str, Any]], lang: Lang) -> Iterator[tuple[str, str, str]]:
    if not signatures:
        yield words.ROW_NO_DKIM.say(lang), "–", words.NO_SIGNATURE.say(lang)
    for each in signatures[:SIGNATURES]:
        label = words.ROW_DKIM.say(lang, {"selector": cut(each.get("selector") or "?", 40)})
        yield label, _cell(each.get("domain")), _with_alignment(each, lang)
    if len(signatures) > SIGNATURES:
        yield words.ROW_MORE_DKIM.say(lang, {"n": len(signatures) - SIGNATURES}), "–", "–"


def _dmarc(dmarc: Mapping[str, Any], lang: Lang) -> tuple[str, str, str]:
    if dmarc.get("result") == "none":
        return "DMARC", _cell(dmarc.get("domain")), words.NO_DMARC_RECORD.say(lang)
    at = _cell(dmarc.get("record_at") or dmarc.get("domain"))
    return "DMARC", at, _with_policy(dmarc, _result(dmarc.get("result"), lang), at, lang)


def _with_policy(dmarc: Mapping[str, Any], result: str, at: str, lang: Lang) -> str:
    """The result, and for mail that fails what receivers are asked to do with it, by which tag of whose record."""
    policy = dmarc.get("policy")
    if not policy:
        return result
    # A report of an earlier version names no tag, and one that only acts as p=none has none.
    facts = {"result": result, "policy": cut(str(policy), 20), "tag": dmarc.get("policy_tag") or "p", "domain": at}
    if dmarc.get("result") != "fail":
        return words.POLICY.say(lang, {name: facts[name] for name in ("result", "policy", "tag")})
    asked = words.ASKED.get(dmarc.get("applied") or str(policy))
    if asked is None:
        return result
    acts = dmarc.get("policy_tag") == ""
    eased = dmarc.get("applied") not in (None, policy)
    why = (words.POLICY_ACTS if acts else words.POLICY_EASED if eased else words.POLICY_OF).say(lang, facts)
    return words.POLICY_FAILS.say(lang, {"result": result, "asked": asked.say(lang), "why": why})


def _with_alignment(given: Mapping[str, Any], lang: Lang) -> str:
    result = _result(given.get("result"), lang)
    if given.get("result") != "pass":
        return result
    match given.get("aligned"):
        case True:
            said = words.ALIGNED
        case False:
            said = words.NOT_ALIGNED
        case _:
            said = words.ALIGNMENT_UNKNOWN
    return said.say(lang, {"result": result})


def _result(word: str | None, lang: Lang) -> str:
    return words.RESULTS.get(word or "", words.UNTESTED_RESULT).say(lang)


def _cell(name: str | None) -> str:
    return cut(printable(name), CELL) if name else "–"


def counting(state: Conversation, reports: Reports) -> Content:
    """The mails that got no reply of their own."""
    lang = state.lang
    counted = [seen for seen in state.mails if not seen.own_reply]
    results = [_dmarc_word(seen, reports) for seen in counted]
    latest = next((report_of(reports, s.report).mail for s in reversed(counted) if s.report is not None), None)
    heading = words.MANY.say(lang, {"n": len(counted)})
    line = words.MANY_LINE.say(
        lang,
        {
            "passed": results.count("pass"),
            "failed": results.count("fail"),
            "open": len(results) - results.count("pass") - results.count("fail"),
            "sender": cut((latest and latest.from_address) or "?"),
            "ip": (latest and latest.client_ip) or "?",
        },
    )
    return Content(lang, heading, (Paragraph(line, lead=heading, breaks=True), Note(words.MANY_WHY.say(lang))))


def _dmarc_word(seen: MailSeen, reports: Reports) -> str:
    if seen.report is None:
        return "?"
    return dmarc_result(report_of(reports, seen.report)) or "?"
