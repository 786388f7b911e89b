"""The reply with the test address, and what becomes of it."""

from shlex import quote

from bot.conversation import mail_words as words
from bot.conversation import words as common
from bot.conversation.bounds import HEADING
from bot.conversation.content import (
    Action,
    Button,
    Buttons,
    Code,
    Content,
    Heading,
    Link,
    Moment,
    Note,
    Paragraph,
    Part,
)
from bot.conversation.state import Address, Conversation
from bot.conversation.unanswered import is_bogus
from checks import Lang, Report


def takes_no_mail(report: Report) -> bool:
    """A test mail could tell nothing: the domain does not exist, or it is set up not to send any."""
    return report.verdict is None or report.non_sending


def address(state: Conversation, report: Report | None) -> Content:
    """The address handed out last, or why there is none; `report`: the newest, if there is one."""
    lang, given = state.lang, state.address
    if report is not None and takes_no_mail(report) and (given is None or given.status != "open"):
        said = words.ADDRESS_POINTLESS if report.verdict is None else words.ADDRESS_NON_SENDING
        line = said.say(lang, {"domain": state.row.shown})
        return Content(lang, line, (Paragraph(line),))
    if given is None:
        return Content(lang, words.NO_MAILBOX.say(lang), (Paragraph(words.NO_MAILBOX.say(lang)),))
    heading = words.ADDRESS.say(lang, {"domain": state.row.shown})
    if given.status == "open":
        return Content(lang, heading, (Heading(heading[:HEADING]), *_open(state, given, report)))
    said = words.ADDRESS_CLOSED if given.status == "closed" else words.ADDRESS_EXPIRED
    line = said.say(lang, {"address": given.address})
    return Content(lang, line, (Paragraph(line), Buttons((new_address_button(lang),))))


def new_address_button(lang: Lang) -> Button:
    return Button(Action.NEW_ADDRESS, common.BUTTON_NEW_ADDRESS.say(lang))


def _open(state: Conversation, given: Address, report: Report | None) -> tuple[Part, ...]:
    lang = state.lang
    limits: dict[str, str | int] = {
        "mails": given.max_mails,
        "size": f"{given.max_bytes / 1024**2:g} MiB",
    }
    bogus = report is not None and is_bogus(report)
    to = words.ADDRESS_TO_LATER if bogus else words.ADDRESS_TO
    # In both cases the root has no button for another address (bot.conversation.root).
    bounded_by = words.ADDRESS_LIMITS_BOGUS if bogus else words.ADDRESS_LIMITS
    if report is not None and takes_no_mail(report):
        bounded_by = words.ADDRESS_LIMITS_ALONE
    return (
        Paragraph((words.ADDRESS_BOGUS if bogus else words.ADDRESS_HOW).say(lang)),
        Link(to.say(lang), given.address, f"mailto:{given.address}"),
        Code(words.ADDRESS_SWAKS.say(lang), swaks(given, state.row.ascii)),
        Note(words.ADDRESS_SWAKS_NOTE.say(lang)),
        Moment(
            words.ADDRESS_UNTIL.say(lang),
            given.expires_at,
            words.ADDRESS_ZONE.say(lang),
            bounded_by.say(lang, limits),
        ),
        Note(words.ADDRESS_SHOWS.say(lang)),
        Buttons((Button(Action.CLOSE_ADDRESS, common.BUTTON_CLOSE_ADDRESS.say(lang), given.token),)),
    )


def swaks(given: Address, domain: str) -> str:
    """One line that sends a mail from the domain to the address, over TLS where offered."""
    server = f" --server {quote(given.server)}" if given.server else ""
    return f"swaks --tls-optional --from {quote(f'postmaster@{domain}')} --to {quote(given.address)}{server}"


def nothing_arrived(given: Address, lang: Lang) -> Content:
    line = words.NOTHING_ARRIVED.say(lang, {"address": given.address})
    return Content(lang, line, (Paragraph(line), Buttons((new_address_button(lang),))))
