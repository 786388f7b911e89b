"""Which mail decides the verdict, and what the thread therefore shows as its report."""

from bot.conversation.state import Conversation, MailSeen, Reports, report_of
from checks import Report, Standing, combine, standing


def domain_report(state: Conversation, reports: Reports) -> Report | None:
    """The newest finished check of a thread about one domain."""
    return None if state.row.report is None else report_of(reports, state.row.report)


def counts(mail: MailSeen, domain: Report, reports: Reports) -> bool:
    if mail.report is None:
        return False
    match standing(domain, report_of(reports, mail.report)):
        case Standing.COUNTS:
            return True
        case Standing.NEEDS_CONFIRMATION:
            return mail.claimed
        case _:
            return False


def deciding_mail(state: Conversation, reports: Reports) -> MailSeen | None:
    """The newest mail that counts."""
    domain = domain_report(state, reports)
    if domain is None or domain.verdict is None:
        return None
    return next((mail for mail in reversed(state.mails) if counts(mail, domain, reports)), None)


def waiting_mail(state: Conversation, reports: Reports) -> MailSeen | None:
    """The newest mail of the domain that proves nothing, and of which no member has said whether it is theirs."""
    domain = domain_report(state, reports)
    if domain is None or domain.verdict is None:
        return None
    return next((mail for mail in reversed(state.mails) if _waits(mail, domain, reports)), None)


def _waits(mail: MailSeen, domain: Report, reports: Reports) -> bool:
    if mail.report is None or mail.claimed or mail.disowned:
        return False
    return standing(domain, report_of(reports, mail.report)) is Standing.NEEDS_CONFIRMATION


def fails_dmarc(state: Conversation, reports: Reports) -> bool:
    """The newest mail of some stream of the domain (one From and Return-Path) fails DMARC, and nobody disowned it."""
    domain = domain_report(state, reports)
    if domain is None or domain.verdict is None:
        return False
    newest: dict[tuple[str | None, str], bool] = {}
    for mail in state.mails:
        if not (counts(mail, domain, reports) or _waits(mail, domain, reports)) or mail.report is None:
            continue
        report = report_of(reports, mail.report)
        facts = report.mail
        stream = (facts.from_domain, (facts.return_path or "").rpartition("@")[2]) if facts else (None, "")
        newest[stream] = dmarc_result(report) == "fail"
    return any(newest.values())


def dmarc_result(report: Report) -> str | None:
    """The word of RFC 8601, None where it was not evaluated."""
    given = (report.authentication or {}).get("dmarc") or {}
    return given.get("result")


def current_report(state: Conversation, reports: Reports) -> Report | None:
    """DNS and the deciding mail together, or DNS alone while no mail counts."""
    domain = domain_report(state, reports)
    mail = deciding_mail(state, reports)
    if domain is None or mail is None or mail.report is None:
        return domain
    return combine(domain, report_of(reports, mail.report))
