"""Signs that a mail did not come straight from its author's system."""

from __future__ import annotations

import re
from collections.abc import Sequence

from checks.evidence.message import Signature
from checks.parse.message.fields import Mail

_REWRITTEN = re.compile(r"srs[01][=+-]|[^@]*\+srs=|[^@]*\+caf_=", re.IGNORECASE)
"""Return paths as forwarders rewrite them: SRS, its Microsoft 365 form (`bounces+SRS=`), Gmail's (`+caf_=`)."""

_SEALS_ITS_OWN_USERS = frozenset({"microsoft.com", "google.com", "zohomail.com"})
"""Platforms that seal what their own users write, too. What the first two forward has a rewritten return path as
well."""


def signs_of_forwarding(
    mail: Mail,
    mail_from: str | None,
    author_domain: str | None,
    sealers: Sequence[str],
    signatures: Sequence[Signature] = (),
) -> tuple[str, ...]:
    """Which of srs, list_id, resent and arc are there. `sealers`: d= of the ARC seals. `signatures`: of DKIM."""
    foreign = [sealer for sealer in sealers if not _are_related(sealer, author_domain or "")]
    is_own_platform = len(sealers) == 1 and sealers[0] in _SEALS_ITS_OWN_USERS
    signs = {
        "srs": bool(mail_from and _REWRITTEN.match(mail_from)),
        "list_id": bool(mail.all(b"list-id")) and not _is_own_list(mail, author_domain or "", signatures),
        "resent": any(key.startswith(b"resent-") for key in mail.by_key),
        "arc": bool(foreign) and not is_own_platform,
    }
    return tuple(sign for sign, is_there in signs.items() if is_there)


def _is_own_list(mail: Mail, author_domain: str, signatures: Sequence[Signature]) -> bool:
    """Whoever sends the newsletter wrote List-Id, and no list on the way.

    The author's own signature passes, and covers every List-Id or belongs to the domain that all of them name.
    """
    names = mail.all(b"list-id")
    hosts = [_list_domain(name.text) for name in names]
    return any(
        signature.result == "pass"
        and _are_related(signature.domain, author_domain)
        and (
            signature.signed_headers.count("list-id") >= len(names)
            or all(_are_related(host, author_domain) or _are_related(host, signature.domain) for host in hosts)
        )
        for signature in signatures
    )


def _list_domain(value: str) -> str:
    """What stands in the angle brackets of List-Id, a domain in form (RFC 2919 section 2); "" for a single label."""
    name = value.rpartition("<")[2].partition(">")[0].strip().strip(".").lower()
    return name if "." in name else ""


def _are_related(one: str, other: str) -> bool:
    """The same name, or one below the other. The organizational domain is not known here."""
    if not one or not other:
        return False
    return one == other or one.endswith("." + other) or other.endswith("." + one)
