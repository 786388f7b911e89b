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


def current_report(state: Conversation, reports: Reports) -> Report | None:
    """DNS and the deciding mail together, or DNS alone while no mail counts."""
    domain = domain_report(state, reports)
    mail = deciding_mail(state, reports)
    if domain is None or mail is None or mail.report is None:
        return domain
    return combine(domain, report_of(reports, mail.report))
