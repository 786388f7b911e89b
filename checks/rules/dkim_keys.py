"""Can receivers get the public keys of the mail's signatures, and are they fit for use?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, Rule, Sample, Text, Texts
from checks.evidence.dmarc import DmarcResultEvidence
from checks.evidence.message import MessageEvidence, Signature, SignatureReason
from checks.model import Severity, Tier, Unreachable, Why
from checks.parse.message.key import TESTING, key_flags
from checks.rules._dkim_key_rules import (
    KEY_NOT_FOUND,
    KEY_RECORD,
    KEY_RECORD_SYNTAX,
    KEY_REVOKED,
    MINIMUM_BITS,
    RECOMMENDED_BITS,
    SHORT_KEY,
    SHOWN,
    TESTING_MODE,
    WEAK_KEY,
    count_of_keys,
)
from checks.rules._per_signature import ALTERNATIVES, FACTS, Broken, broken_signatures, is_aligned

KEY_RESTRICTION_BROKEN = Rule(
    id="DKIM210",
    name="key-restriction-broken",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.1",
    facts=(*FACTS, "record", "algorithm"),
    alternatives=ALTERNATIVES,
    texts=Texts(
        title=Text(
            en="The key at `{key_name}` does not permit this signature",
            ja="`{key_name}` の公開鍵は、この署名を許可していません",
        ),
        why=Text(
            en="The signature of `{domain}` (`{algorithm}`) is outside what the tags `k=`, `h=`, `s=` or `t=s` of the key "
            "allow, so receivers reject it. The record begins: `{record}`.",
            ja="`{domain}` の署名(`{algorithm}`)が、公開鍵の `k=`、`h=`、`s=`、`t=s` のいずれかの制限に反しているため、"
            "受信側では無効と判定されます。レコードの先頭は `{record}` です。",
        ),
        fix=Text(
            en="Replace the record at `{key_name}` by what the sending system shows for `{selector}`. Usually removing `h=`, "
            "`s=` and `t=s` is enough; `k=` must fit the algorithm of the signature.",
            ja="`{key_name}` のレコードを、送信システムに表示される `{selector}` の値に直してください。多くは `h=`、`s=`、`t=s` を"
            "削除すれば解決します。`k=` は署名のアルゴリズムに合わせます。",
        ),
    ),
    references=(KEY_RECORD,),
    sample=Sample(
        bad='s1._domainkey.example.co.jp.  TXT  "v=DKIM1; h=sha1; p=MIIBIjANBgkq..."',
        good='s1._domainkey.example.co.jp.  TXT  "v=DKIM1; k=rsa; p=MIIBIjANBgkq..."',
    ),
)

_OF_MAIL: tuple[SignatureReason, ...] = (
    "key_not_found",
    "key_revoked",
    "key_syntax",
    "key_too_short",
    "key_restricted",
)


def judge(message: MessageEvidence, dmarc: DmarcResultEvidence) -> Iterator[Finding]:
    yield from _unusable(message, dmarc)
    yield from _unfit(message, dmarc)
    for signature in message.signatures:
        if signature.reason == "key_lookup_failed":
            raise CannotTell(Why(signature.key_why) if signature.key_why else Why.DEPENDS)


def _unusable(message: MessageEvidence, dmarc: DmarcResultEvidence) -> Iterator[Finding]:
    for broken in broken_signatures(message, dmarc, _OF_MAIL):
        signature = broken.signature
        records = signature.key_records
        begin = records[0][:SHOWN] if records else "-"
        match signature.reason:
            case "key_not_found":
                yield broken.found(KEY_NOT_FOUND, with_record=True)
            case "key_revoked":
                yield broken.found(KEY_REVOKED, with_record=True)
            case "key_syntax":
                count = count_of_keys(records)
                variant = "several" if count > 1 else None
                yield broken.found(KEY_RECORD_SYNTAX, variant=variant, with_record=True, record=begin, count=count)
            case "key_too_short":
                bits = signature.key_bits or 0
                yield broken.found(WEAK_KEY, with_record=True, bits=bits, minimum=MINIMUM_BITS)
            case "key_restricted":
                yield broken.found(
                    KEY_RESTRICTION_BROKEN, with_record=True, record=begin, algorithm=signature.algorithm
                )


def _unfit(message: MessageEvidence, dmarc: DmarcResultEvidence) -> Iterator[Finding]:
    """Keys that do for now, of the author's own domain: what a third party signs with is not the author's to change."""
    usable = [s for s in message.signatures if s.key_bits is not None and s.reason not in _OF_MAIL]
    undecided = False
    seen: set[str] = set()
    for signature in usable:
        is_testing, is_short = _is_testing(signature), _is_short(signature)
        if not (is_testing or is_short) or signature.key_name in seen:
            continue
        seen.add(signature.key_name)
        match is_aligned(signature.index, message, dmarc):
            case None:
                undecided = True
            case True:
                if is_testing:
                    mild = any(_is_real_pass(s) and is_aligned(s.index, message, dmarc) for s in usable)
                    yield Broken(signature, Severity.WARNING, Tier.NONE if mild else Tier.MAIL).found(
                        TESTING_MODE, variant="hosted" if signature.key_alias_of else None, with_record=True
                    )
                if is_short:
                    yield Broken(signature, Severity.WARNING, Tier.NONE).found(
                        SHORT_KEY, with_record=True, bits=signature.key_bits or 0, recommended=RECOMMENDED_BITS
                    )
    if undecided:
        raise CannotTell(dmarc.organizational.why if isinstance(dmarc.organizational, Unreachable) else Why.DEPENDS)


def _is_testing(signature: Signature) -> bool:
    return any(TESTING in key_flags(record) for record in signature.key_records)


def _is_short(signature: Signature) -> bool:
    is_rsa = signature.algorithm.startswith("rsa")
    return is_rsa and signature.key_bits is not None and MINIMUM_BITS <= signature.key_bits < RECOMMENDED_BITS


def _is_real_pass(signature: Signature) -> bool:
    return signature.result == "pass" and not _is_testing(signature)


CHECKS = (
    Check(
        id="dkim.key",
        title=Text(en="DKIM: keys of the mail's signatures", ja="DKIM: 署名の公開鍵"),
        needs=(MessageEvidence, DmarcResultEvidence),
        rules=(
            KEY_NOT_FOUND,
            KEY_REVOKED,
            KEY_RECORD_SYNTAX,
            TESTING_MODE,
            WEAK_KEY,
            SHORT_KEY,
            KEY_RESTRICTION_BROKEN,
        ),
        judge=judge,
        of_mail=True,
    ),
)
