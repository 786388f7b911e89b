"""The ARC chain of a mail (RFC 8617 section 5.2), over the same verification as DKIM."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from checks.evidence.message import ArcEvidence
from checks.model import Unreachable
from checks.parse.message.crypto import BodyHashes, header_signature_holds, signed_fields_hold
from checks.parse.message.fields import Field, Mail
from checks.parse.message.key import Key, KeyProblem
from checks.parse.message.signature import (
    Limits,
    SignatureField,
    instance_of,
    read_arc_message_signature,
    read_arc_seal,
)

_RESULTS = b"arc-authentication-results"
_MESSAGE_SIGNATURE = b"arc-message-signature"
_SEAL = b"arc-seal"
_KEYS = (_RESULTS, _MESSAGE_SIGNATURE, _SEAL)


@dataclass(frozen=True, slots=True)
class ArcSet:
    """The three fields that one intermediary added."""

    results: Field
    message_signature: Field
    seal: Field

    @property
    def fields(self) -> tuple[Field, Field, Field]:
        """In the order in which a seal signs them (RFC 8617 section 5.1.1)."""
        return self.results, self.message_signature, self.seal


@dataclass(frozen=True, slots=True)
class ArcChain:
    """The sets from the oldest; () where there are none, and None where they are no chain (gap, too many)."""

    sets: tuple[ArcSet, ...] | None
    instances: int


def read_chain(mail: Mail, limits: Limits) -> ArcChain:
    """Collect the ARC sets; a chain has one field of each kind for each instance of 1..n. Never raises."""
    fields: dict[tuple[int, bytes], Field] = {}
    total = broken = octets = 0
    for key in _KEYS:
        for field in mail.all(key):
            total += 1
            octets += len(field.value)
            instance = instance_of(field.value)
            if instance is None or (instance, key) in fields:
                broken += 1
            else:
                fields[instance, key] = field
    highest = max((instance for instance, _ in fields), default=0)
    if broken or highest > limits.arc_instances or total != 3 * highest or octets > limits.arc_octets:
        return ArcChain(None, highest)
    return ArcChain(
        tuple(ArcSet(*(fields[instance, key] for key in _KEYS)) for instance in range(1, highest + 1)), highest
    )


def key_names(chain: ArcChain, limits: Limits) -> list[str]:
    """Where the keys of the chain's seals and of its newest message signature are published."""
    if not chain.sets:
        return []
    names = [read_arc_message_signature(chain.sets[-1].message_signature.value, limits).key_name]
    return names + [read_arc_seal(one.seal.value, limits).key_name for one in chain.sets]


def sealers(mail: Mail, limits: Limits) -> tuple[str, ...]:
    """The d= of every ARC-Seal that can be read, chain or not, from the top."""
    seals = mail.all(_SEAL)[: limits.arc_instances]
    return tuple(d for field in seals if (d := read_arc_seal(field.value, limits).domain))


def verify_chain(
    mail: Mail, hashes: BodyHashes, find_key: Callable[[SignatureField], Key | Unreachable], limits: Limits
) -> ArcEvidence:
    """The status of the chain. `find_key` may raise KeyProblem; a failed lookup gives the reason key_lookup_failed."""
    chain = read_chain(mail, limits)
    if chain.sets is None:
        sealer = next(iter(sealers(mail, limits)), "")
        return ArcEvidence("fail", chain.instances, sealer, "structure")
    if not chain.sets:
        return ArcEvidence("none", 0)
    seals = [read_arc_seal(one.seal.value, limits) for one in chain.sets]
    reason = _problem(mail, hashes, chain.sets, seals, find_key, limits)
    return ArcEvidence("fail" if reason else "pass", chain.instances, seals[-1].domain, reason)


def _problem(
    mail: Mail,
    hashes: BodyHashes,
    sets: Sequence[ArcSet],
    seals: Sequence[SignatureField],
    find_key: Callable[[SignatureField], Key | Unreachable],
    limits: Limits,
) -> str:
    """ "" for a chain that holds, else a fixed word, in the order of RFC 8617 section 5.2."""
    if seals[-1].chain_validation == "fail":
        return "cv_fail"
    if any(seal.chain_validation != ("pass" if i else "none") for i, seal in enumerate(seals)):
        return "structure"
    newest = read_arc_message_signature(sets[-1].message_signature.value, limits)
    if newest.problem or hashes.is_shorter_than_signed(newest) or not hashes.matches(newest):
        return "message_signature"
    try:
        key = find_key(newest)
        if isinstance(key, Unreachable):
            return "key_lookup_failed"
        if not header_signature_holds(mail, sets[-1].message_signature, newest, key):
            return "message_signature"
    except KeyProblem:
        return "message_signature"
    for instance in range(len(sets), 0, -1):
        if problem := _seal_problem(sets[:instance], seals[instance - 1], find_key):
            return problem
    return ""


def _seal_problem(
    sets: Sequence[ArcSet], seal: SignatureField, find_key: Callable[[SignatureField], Key | Unreachable]
) -> str:
    if seal.problem:
        return "seal"
    try:
        key = find_key(seal)
    except KeyProblem:
        return "seal"
    if isinstance(key, Unreachable):
        return "key_lookup_failed"
    signed = [field for one in sets for field in one.fields][:-1]
    # Fields are chosen from the bottom, so the oldest set goes there.
    holds = signed_fields_hold(signed[::-1], [field.key for field in signed], sets[-1].seal, seal, key)
    return "" if holds else "seal"
