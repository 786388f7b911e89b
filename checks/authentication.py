"""Authentication results of a received mail in the words of RFC 8601, and the facts that a thread shows of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Literal

from checks.evidence.dmarc import DmarcResultEvidence
from checks.evidence.message import MessageEvidence, SessionEvidence, SpfResultEvidence
from checks.evidence.ptr import ClientReverseEvidence, ReverseName
from checks.model import Absent, Seen, Unreachable
from checks.report import MailFacts


def authentication_of(gathered: Mapping[str, Any]) -> dict[str, Any]:
    """SPF, every DKIM signature, ARC and DMARC as plain data. `aligned` speaks of the domains, whatever the result.

    A result is None where it was not evaluated. `policy`: what the record at `record_at` asks receivers to do with mail
    that fails, by its tag `policy_tag` (p, sp, np; "" where it only acts as p=none). `applied`: what it asks for now,
    one level below `policy` under t=y. Both are None where no record acts, or a failed lookup decides it.
    `hearsay`: what the topmost Received field of a mail file says of its session, None where we saw the session.
    """
    message: MessageEvidence | None = gathered.get("MessageEvidence")
    spf: SpfResultEvidence | None = gathered.get("SpfResultEvidence")
    dmarc: DmarcResultEvidence | None = gathered.get("DmarcResultEvidence")
    signatures = message.signatures if message else ()
    aligned = dmarc.dkim_aligned if dmarc else (None,) * len(signatures)
    return {
        "spf": {
            "result": spf.result if spf else None,
            "scope": spf.scope if spf else "mfrom",
            "domain": spf.domain if spf else "",
            "aligned": dmarc.spf_aligned if dmarc else None,
        },
        "dkim": [
            {
                "result": signature.result,
                "domain": signature.domain,
                "selector": signature.selector,
                "algorithm": signature.algorithm,
                "key_bits": signature.key_bits,
                "aligned": is_aligned,
                "reason": signature.reason,
            }
            for signature, is_aligned in zip(signatures, aligned, strict=True)
        ],
        "arc": {"result": message.arc.result, "instances": message.arc.instances}
        if message
        else {"result": None, "instances": 0},
        "dmarc": {
            "result": dmarc.result if dmarc else None,
            "from": (message.from_address if message else None) or "",
            "domain": (message.from_domain if message else None) or "",
            "policy": dmarc.policy if dmarc else None,
            "policy_tag": dmarc.policy_tag if dmarc else "",
            "applied": dmarc.applied if dmarc else None,
            "record_at": dmarc.at if dmarc else None,
        },
        "hearsay": asdict(message.hearsay) if message and message.hearsay else None,
    }


def mail_facts_of(gathered: Mapping[str, Any], size: int) -> MailFacts | None:
    """What a thread shows of the mail; None where our own analysis of it broke."""
    message: MessageEvidence | None = gathered.get("MessageEvidence")
    if message is None or "SessionEvidence" not in gathered:
        return None
    session: SessionEvidence = gathered["SessionEvidence"]
    dmarc: DmarcResultEvidence | None = gathered.get("DmarcResultEvidence")
    client: ClientReverseEvidence | None = gathered.get("ClientReverseEvidence")
    spf: SpfResultEvidence | None = gathered.get("SpfResultEvidence")
    reverse = client.reverse if client else None
    name = reverse.confirmed if reverse else None
    if name is None and reverse and isinstance(reverse.names, Seen) and reverse.names.value.values:
        name = reverse.names.value.values[0]
    return MailFacts(
        from_address=message.from_address,
        from_domain=message.from_domain,
        from_organizational=_organizational(message, dmarc),
        return_path=session.mail_from,
        null_return_path=session.mail_from == "",
        client_ip=session.client_ip,
        helo=session.helo,
        reverse_name=name,
        reverse=_reverse_state(reverse),
        tls_version=session.tls_version,
        tls_cipher=session.tls_cipher,
        forwarded=_forwarded(message, spf, dmarc),
        aligned_pass=_aligned_pass(message, spf, dmarc),
        size=size,
    )


def _reverse_state(reverse: ReverseName | None) -> Literal["confirmed", "unconfirmed", "absent", "unknown"]:
    if reverse is None or isinstance(reverse.names, Unreachable):
        return "unknown"
    if isinstance(reverse.names, Absent):
        return "absent"
    if reverse.confirmed:
        return "confirmed"
    return "unknown" if reverse.unconfirmed_why else "unconfirmed"


def _organizational(message: MessageEvidence, dmarc: DmarcResultEvidence | None) -> str | None:
    if dmarc is None:
        return None
    return dmarc.organizational.value if isinstance(dmarc.organizational, Seen) else message.from_domain


def _forwarded(
    message: MessageEvidence, spf: SpfResultEvidence | None, dmarc: DmarcResultEvidence | None
) -> tuple[str, ...]:
    is_aligned = bool(spf and spf.result == "pass" and dmarc and dmarc.spf_aligned)
    return message.signs_of_forwarding(spf_is_aligned=is_aligned)


def _aligned_pass(
    message: MessageEvidence, spf: SpfResultEvidence | None, dmarc: DmarcResultEvidence | None
) -> bool | None:
    if dmarc is None:
        return None
    signed = zip(message.signatures, dmarc.dkim_aligned, strict=True)
    if any(s.result == "pass" and aligned for s, aligned in signed):
        return True
    if spf and spf.result == "pass" and dmarc.spf_aligned:
        return True
    return None if dmarc.result in ("temperror", None) else False
