"""How a mail was sent: what makes two mails ones of the same stream, as people, an invoice system or a newsletter make.

Who signed is left out: it is what changes when a stream is mended, and selectors are changed now and then.
"""

import re
from dataclasses import dataclass

from checks import MailFacts, Report, registrable, service_of_sender

_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Stream:
    """`client`: who connected, as far as it is told apart. `return_path`: the domain there; its registrable domain
    where it is not of the organization in From, since services put each mail or customer under a name of its own.
    """

    from_domain: str
    client: str
    return_path: str


def stream_of(report: Report) -> Stream | None:
    """None where the mail has no author's domain."""
    facts = report.mail
    if facts is None or facts.from_domain is None:
        return None
    path = return_path_domain(facts)
    kept = path if is_own(path, facts) else registrable(path) or path
    return Stream(facts.from_domain, _client(facts), kept)


def return_path_domain(facts: MailFacts) -> str:
    """In lower case, "" for the null return path."""
    return (facts.return_path or "").rpartition("@")[2].lower().rstrip(".")


def host_of(facts: MailFacts) -> str | None:
    """The name of the client: the reverse name if it leads back to the address, else what HELO said, if that is one."""
    if facts.reverse == "confirmed" and facts.reverse_name:
        return facts.reverse_name.lower().rstrip(".")
    said = (facts.helo or "").lower().rstrip(".")
    _, dot, last = said.rpartition(".")
    return said if dot and not last.isdigit() and not said.startswith("[") else None


def _client(facts: MailFacts) -> str:
    """Own hosts are told apart, but for their numbers; of everybody else's only whose they are."""
    host = host_of(facts)
    if host is None:
        return facts.client_ip or ""
    if is_own(host, facts):
        return _NUMBER.sub("#", host)
    service = service_of_sender(host)
    return service.id if service is not None else registrable(host) or host


def client_shown(facts: MailFacts) -> tuple[str, bool]:
    """What to call who connected, and whether that is a name of the DNS or an address, as opposed to a service's."""
    host = host_of(facts)
    if host is None:
        return facts.client_ip or "?", True
    if is_own(host, facts):
        return host, True
    service = service_of_sender(host)
    return (service.name, False) if service is not None else (registrable(host) or host, True)


def is_own(name: str, facts: MailFacts) -> bool:
    """It lies in the organization of the author's domain."""
    of_author = facts.from_domain or ""
    organization = facts.from_organizational or registrable(of_author) or of_author
    return bool(organization) and (name == organization or name.endswith(f".{organization}"))
