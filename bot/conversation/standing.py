"""Which mail decides the verdict, and what the thread therefore shows as its report."""

from bot.conversation.state import Conversation, MailSeen, Reports, report_of
from bot.conversation.stream import Stream, stream_of
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


def waits(mail: MailSeen, state: Conversation, reports: Reports) -> bool:
    """Nobody has said yet whose this unproven mail of the domain is."""
    domain = domain_report(state, reports)
    return domain is not None and _waits(mail, domain, reports)


def unused(state: Conversation, reports: Reports) -> tuple[MailSeen, ...]:
    """The mails that came since the last that counts or may count, and that tell nothing of the domain."""
    domain = domain_report(state, reports)
    if domain is None or domain.verdict is None:
        return ()
    found: list[MailSeen] = []
    for mail in reversed(state.mails):
        if counts(mail, domain, reports) or _waits(mail, domain, reports):
            break
        if not mail.disowned:
            found.append(mail)
    return tuple(reversed(found))


def fails_dmarc(state: Conversation, reports: Reports) -> bool:
    """The newest mail of some stream of the domain fails DMARC, and nobody disowned it."""
    newest = [mails[-1].report for mails in by_stream(state, reports).values()]
    return any(dmarc_result(report_of(reports, each)) == "fail" for each in newest if each is not None)


def by_stream(state: Conversation, reports: Reports) -> dict[Stream, list[MailSeen]]:
    """The mails of the domain by how they were sent, each stream's in the order in which they came.

    Those that count, and those of which nobody has said whose they are; all were analysed.
    """
    domain = domain_report(state, reports)
    found: dict[Stream, list[MailSeen]] = {}
    if domain is None or domain.verdict is None:
        return found
    for mail in state.mails:
        if mail.report is None or not (counts(mail, domain, reports) or _waits(mail, domain, reports)):
            continue
        if (stream := stream_of(report_of(reports, mail.report))) is not None:
            found.setdefault(stream, []).append(mail)
    return found


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
