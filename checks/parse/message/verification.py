"""From the bytes of a mail and the answers to its key lookups to evidence: no network, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from checks.evidence.message import MessageEvidence, SessionEvidence, Signature, SignatureReason, SignatureResult
from checks.model import Absent, Answer, Known, Seen, Unreachable, Why
from checks.parse.message import arc
from checks.parse.message.addresses import find_author
from checks.parse.message.crypto import BodyHashes, header_signature_holds
from checks.parse.message.fields import Field, Mail, split_mail
from checks.parse.message.form import Arrival, read_form
from checks.parse.message.forwarding import signs_of_forwarding
from checks.parse.message.key import Key, KeyProblem, parse_key
from checks.parse.message.received import read_received
from checks.parse.message.signature import DEFAULT_LIMITS, Limits, SignatureField, read_dkim_signature

CLOCK_SKEW_S = 300
_WEAK_BITS = 1024
_MAX_LISTED = 20
_MAX_NAMES = 500
_MAX_TEXT = 1000


@dataclass(frozen=True, slots=True)
class Outline:
    """What to look up before a mail can be verified: `key_names` are TXT questions, each once, in lower case."""

    key_names: tuple[str, ...]


def outline(raw: bytes, limits: Limits = DEFAULT_LIMITS) -> Outline:
    """The names of the keys of every DKIM signature and ARC set within `limits`. Never raises."""
    mail = split_mail(raw)
    signatures = [read_dkim_signature(f.value, limits) for f in mail.all(b"dkim-signature")[: limits.signatures]]
    names = [s.key_name for s in signatures if not s.problem] + arc.key_names(arc.read_chain(mail, limits), limits)
    return Outline(tuple(dict.fromkeys(name for name in names if name)))


def verify(
    raw: bytes,
    answers: Mapping[str, Known[Answer[bytes]]],
    session: SessionEvidence | None,
    now: datetime,
    limits: Limits = DEFAULT_LIMITS,
) -> MessageEvidence:
    """Everything that the bytes tell. `answers`: TXT by the names of `outline`. `now`: when it came, unless the session
    tells. Never raises.

    Of a file, with or without a session, expiry is judged at the date of its topmost Received field unless somebody
    says when it came, and not at all without one.
    """
    mail = split_mail(raw)
    is_told = session is not None and session.client_ip is not None
    is_live = session is not None and session.is_live
    hashes = BodyHashes(mail.body)
    arrived = session.received_at if session is not None else None
    at = arrived if arrived is not None else now.timestamp() if is_live else _received_at(mail)
    verifier = _Verifier(mail, hashes, answers, at)
    author = find_author(mail.all(b"from"))
    return_path = next((f.text[:_MAX_TEXT].strip("<> ") for f in mail.all(b"return-path")), None)
    mail_from = session.mail_from if session is not None and session.mail_from is not None else return_path
    form = read_form(raw, Arrival(at, is_live, mail_from, session.smtputf8 if session else None), author.address)
    signatures = tuple(
        verifier.verify(index, field, limits)
        for index, field in enumerate(mail.all(b"dkim-signature")[: max(_MAX_LISTED, limits.signatures)])
    )
    return MessageEvidence(
        size=len(raw),
        from_fields=tuple(f.text[:_MAX_TEXT] for f in mail.all(b"from")[:_MAX_LISTED]),
        from_address=author.address,
        from_domain=author.domain,
        from_problem=author.problem,
        signatures=signatures,
        arc=arc.verify_chain(mail, hashes, verifier.find_key, limits),
        forwarded=signs_of_forwarding(mail, mail_from, author.domain, arc.sealers(mail, limits), signatures),
        longest_line=form.longest_line,
        has_bare_line_ends=bool(form.bare_cr or form.bare_lf),
        header_names=tuple(f.key[:100].decode("ascii") for f in mail.fields[:_MAX_NAMES]),
        list_unsubscribe=tuple(f.text[:_MAX_TEXT] for f in mail.all(b"list-unsubscribe")[:_MAX_LISTED]),
        list_unsubscribe_post=tuple(f.text[:_MAX_TEXT] for f in mail.all(b"list-unsubscribe-post")[:_MAX_LISTED]),
        return_path_header=return_path,
        malformed_header_lines=mail.not_fields,
        form=form,
        hearsay=None if is_told else next((read_received(f.text) for f in mail.all(b"received")), None),
    )


def _received_at(mail: Mail) -> float | None:
    """Seconds since 1970 by the topmost Received field, None where it does not tell."""
    for field in mail.all(b"received")[:1]:
        try:
            received = parsedate_to_datetime(field.text.rpartition(";")[2][:100].strip())
            return (received if received.tzinfo else received.replace(tzinfo=UTC)).timestamp()
        except (ValueError, IndexError, OverflowError, TypeError, OSError):
            return None
    return None


class _Published(NamedTuple):
    """What is at the name of a key: its TXT records, and the canonical name where it is an alias."""

    records: tuple[str, ...] = ()
    alias_of: str | None = None


_NOTHING = _Published()


class _Verifier:
    """Verifies the signatures of one mail."""

    def __init__(
        self, mail: Mail, hashes: BodyHashes, answers: Mapping[str, Known[Answer[bytes]]], at: float | None
    ) -> None:
        self._mail = mail
        self._hashes = hashes
        self._answers = answers
        self._at = at

    def verify(self, index: int, field: Field, limits: Limits) -> Signature:
        """One DKIM-Signature field, in the order of RFC 6376 section 6.1: the field, the key, the body, the header."""
        if index >= limits.signatures:
            return _evidence(index, SignatureField(), "policy", "too_many")
        signature = read_dkim_signature(field.value, limits)
        if problem := signature.problem or self._time_problem(signature):
            return _evidence(index, signature, "permerror", problem)
        try:
            key = self.find_key(signature)
        except KeyProblem as problem_of_key:
            reason = problem_of_key.reason
            result: SignatureResult = "policy" if reason == "key_too_short" else "permerror"
            published = self._published(signature.key_name)
            return _evidence(index, signature, result, reason, bits=problem_of_key.bits, published=published)
        if isinstance(key, Unreachable):
            return _evidence(index, signature, "temperror", "key_lookup_failed", why=key.why.value)
        result, reason = self._judge(field, signature, key)
        beyond = self._hashes.beyond(signature) if reason != "body_changed" else 0
        published = self._published(signature.key_name)
        return _evidence(index, signature, result, reason, bits=key.bits, published=published, unsigned_octets=beyond)

    def find_key(self, signature: SignatureField) -> Key | Unreachable:
        """The key that may verify this signature, Unreachable where the lookup failed. Raises KeyProblem otherwise."""
        match self._answers.get(signature.key_name):
            case None:
                return Unreachable(Why.DEPENDS, "not asked")
            case Unreachable() as failed:
                return failed
            case Absent():
                raise KeyProblem("key_not_found")
            case Seen(answer):
                key = parse_key(answer.values)
        algorithm, _, digest = signature.algorithm.partition("-")
        must_be_same = "s" in key.flags and signature.identity_domain != signature.domain
        if (
            key.kind != algorithm
            or (key.hashes is not None and digest not in key.hashes)
            or not key.serves_mail
            or must_be_same
        ):
            raise KeyProblem("key_restricted", key.bits)
        if key.kind == "rsa" and key.bits < _WEAK_BITS:  # RFC 8301 section 3.2
            raise KeyProblem("key_too_short", key.bits)
        return key

    def _judge(self, field: Field, signature: SignatureField, key: Key) -> tuple[SignatureResult, SignatureReason]:
        if self._hashes.beyond(signature) < 0:
            return "permerror", "body_changed"
        if not self._hashes.matches(signature):
            return "fail", "body_changed"
        if not header_signature_holds(self._mail, field, signature, key):
            return "fail", "signature_invalid"
        return "pass", ""

    def _time_problem(self, signature: SignatureField) -> SignatureReason:
        if self._at is None:
            return ""
        is_past = signature.expires_at is not None and signature.expires_at + CLOCK_SKEW_S < self._at
        is_ahead = signature.signed_at is not None and signature.signed_at - CLOCK_SKEW_S > self._at
        return "expired" if is_past or is_ahead else ""

    def _published(self, name: str) -> _Published:
        match self._answers.get(name):
            case Seen(answer):
                texts = tuple(v.decode("utf-8", "backslashreplace")[:_MAX_TEXT] for v in answer.values[:_MAX_LISTED])
                return _Published(texts, answer.alias_of)
            case Absent(alias_of=target):
                return _Published((), target)
            case _:
                return _NOTHING


def _evidence(
    index: int,
    signature: SignatureField,
    result: SignatureResult,
    reason: SignatureReason,
    *,
    bits: int | None = None,
    why: str = "",
    published: _Published = _NOTHING,
    unsigned_octets: int = 0,
) -> Signature:
    return Signature(
        index=index,
        result=result,
        reason=reason,
        domain=signature.domain,
        selector=signature.selector,
        algorithm=signature.algorithm,
        key_bits=bits,
        identity=signature.identity,
        signed_headers=signature.signed_headers,
        body_length=signature.body_length,
        key_name=signature.key_name,
        key_why=why,
        key_records=published.records,
        key_alias_of=published.alias_of,
        signed_at=signature.signed_at,
        expires_at=signature.expires_at,
        unsigned_octets=unsigned_octets,
    )
