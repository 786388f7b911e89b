"""The ARC chain of a mail (RFC 8617 section 5.2), over the same verification as DKIM."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from checks.evidence.message import ArcEvidence, ArcReason
from checks.model import Unreachable, Why
from checks.parse.message.crypto import BodyHashes, header_signature_holds, signed_fields_hold
from checks.parse.message.fields import Field, Mail
from checks.parse.message.key import Key, KeyProblem
from checks.parse.message.signature import (
    Limits,
    SignatureField,
    instance_of,
    instance_of_results,
    read_arc_message_signature,
    read_arc_seal,
)

_RESULTS = b"arc-authentication-results"
_MESSAGE_SIGNATURE = b"arc-message-signature"
_SEAL = b"arc-seal"
FindKey: TypeAlias = Callable[[SignatureField], Key | Unreachable]
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
    """The sets from the oldest; () where there are none, and None where they are no chain (gap, repetition, too many).

    `newest`: the seal with the highest instance value, None where there is none.
    """

    sets: tuple[ArcSet, ...] | None
    instances: int
    newest: Field | None = None


def read_chain(mail: Mail, limits: Limits) -> ArcChain:
    """Collect the ARC sets; a chain has one field of each kind for each instance of 1..n. Never raises."""
    fields: dict[tuple[int, bytes], Field] = {}
    total = broken = octets = 0
    for key in _KEYS:
        for field in mail.all(key):
            total += 1
            octets += len(field.value)
            instance = instance_of_results(field.value) if key == _RESULTS else instance_of(field.value)
            if instance is None or (instance, key) in fields:
                broken += 1
            else:
                fields[instance, key] = field
    highest = max((instance for instance, _ in fields), default=0)
    newest = fields.get((highest, _SEAL))
    if broken or highest > limits.arc_instances or total != 3 * highest or octets > limits.arc_octets:
        return ArcChain(None, highest, newest)
    # No more fields than three for each instance, and no two alike: none is missing.
    sets = (ArcSet(*(fields[instance, key] for key in _KEYS)) for instance in range(1, highest + 1))
    return ArcChain(tuple(sets), highest, newest)


def key_names(chain: ArcChain, limits: Limits) -> list[str]:
    """Where the keys of the chain's seals and of its newest message signature are published.

    None for what fails whatever the keys say.
    """
    if not chain.sets:
        return []
    seals = [read_arc_seal(one.seal.value, limits) for one in chain.sets]
    newest = read_arc_message_signature(chain.sets[-1].message_signature.value, limits)
    if _contradict(seals) or newest.problem or any(seal.problem for seal in seals):
        return []
    return [newest.key_name, *(seal.key_name for seal in seals)]


def sealers(mail: Mail, limits: Limits) -> tuple[str, ...]:
    """The d= of every ARC-Seal that can be read, chain or not, from the top."""
    seals = mail.all(_SEAL)[: limits.arc_instances]
    return tuple(d for field in seals if (d := read_arc_seal(field.value, limits).domain))


def verify_chain(mail: Mail, hashes: BodyHashes, find_key: FindKey, limits: Limits) -> ArcEvidence:
    """The status of the chain (RFC 8617 section 5.2). `find_key` may raise KeyProblem.

    Goes on past a failed lookup: what is wrong for certain is told before what could not be found out.
    """
    chain = read_chain(mail, limits)
    if chain.sets == ():
        return ArcEvidence("none", 0)
    newest = read_arc_seal(chain.newest.value, limits) if chain.newest else None
    sealer = newest.domain if newest else next(iter(sealers(mail, limits)), "")
    if newest and newest.chain_validation == "fail":
        return ArcEvidence("fail", chain.instances, sealer, "cv_fail")
    if chain.sets is None:
        return ArcEvidence("fail", chain.instances, sealer, "structure")
    seals = [read_arc_seal(one.seal.value, limits) for one in chain.sets]
    if _contradict(seals):
        return ArcEvidence("fail", chain.instances, sealer, "structure")
    failed: list[Why] = []
    for reason, holds in _verified(mail, hashes, chain.sets, seals, find_key, limits):
        if isinstance(holds, Why):
            failed.append(holds)
        elif not holds:
            return ArcEvidence("fail", chain.instances, sealer, reason)
    if failed:
        return ArcEvidence("fail", chain.instances, sealer, "key_lookup_failed", failed[0].value)
    return ArcEvidence("pass", chain.instances, sealer)


def _contradict(seals: Sequence[SignatureField]) -> bool:
    """cv= must be none in the oldest seal, and pass in every other."""
    return any(seal.chain_validation != ("pass" if i else "none") for i, seal in enumerate(seals))


def _verified(
    mail: Mail,
    hashes: BodyHashes,
    sets: Sequence[ArcSet],
    seals: Sequence[SignatureField],
    find_key: FindKey,
    limits: Limits,
) -> Iterator[tuple[ArcReason, bool | Why]]:
    """Whether the newest message signature and then each seal from the newest hold; a Why where that is not known."""
    field = sets[-1].message_signature
    signature = read_arc_message_signature(field.value, limits)
    is_whole = not signature.problem and hashes.beyond(signature) >= 0 and hashes.matches(signature)
    yield (
        "message_signature",
        is_whole and _holds(signature, find_key, lambda key: header_signature_holds(mail, field, signature, key)),
    )
    for count in range(len(sets), 0, -1):
        seal = seals[count - 1]
        # RFC 8617 section 5.1.1: every set up to its own, from the oldest, its own seal last.
        *signed, own = [field for one in sets[:count] for field in one.fields]
        yield "seal", not seal.problem and _holds(seal, find_key, partial(signed_fields_hold, signed, own, seal))


def _holds(signature: SignatureField, find_key: FindKey, holds: Callable[[Key], bool]) -> bool | Why:
    try:
        key = find_key(signature)
    except KeyProblem:
        return False
    return key.why if isinstance(key, Unreachable) else holds(key)
