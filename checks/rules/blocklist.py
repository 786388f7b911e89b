"""Is the domain, or the address that really sent, on a blocklist that large receivers refuse mail by?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checks.catalogue import CannotTell, Check, Finding, Rule, Sample, Text, Texts
from checks.evidence.blocklist import BlocklistAnswer, ClientBlocklistEvidence, DomainBlocklistEvidence
from checks.model import Absent, Seen, Severity, Tier, Unreachable, Why

LISTED = Rule(
    id="BL201",
    name="listed",
    severity=Severity.CRITICAL,
    tier=Tier.DANGER,
    since="0.1",
    in_system=True,
    facts=("entry", "list", "codes", "reason", "delisting"),
    alternatives=((Severity.WARNING, Tier.MAIL),),
    texts=Texts(
        title=Text(en="`{entry}` is listed on {list}", ja="`{entry}` が {list} に登録されています"),
        why=Text(
            en="Large receivers refuse mail by this list. It answered `{codes}`; its reason: `{reason}`.",
            ja="このリストは、多くの受信側がメールの拒否に使用しています。応答コードは `{codes}`、登録理由は `{reason}` です。",
        ),
        fix=Text(
            en="Find and stop the cause first (a stolen account, an infected host, an unwanted mailing), then ask for removal at `{delisting}`. A shared address is the provider's to clear.",
            ja="まず原因(アカウントの乗っ取り、マルウェア感染、望まれない一斉送信など)を取り除き、その後 `{delisting}` で解除を申請します。共用のIPアドレスの場合は事業者に連絡してください。",
        ),
    ),
    references=("https://www.rfc-editor.org/rfc/rfc5782",),
    sample=Sample(bad="25.2.0.192.zen.spamhaus.org.  A  127.0.0.2", good="25.2.0.192.zen.spamhaus.org.  →  NXDOMAIN"),
)


def judge_domain(evidence: DomainBlocklistEvidence) -> Iterator[Finding]:
    yield from _judge(evidence.domain, evidence.answers)


def judge_client(evidence: ClientBlocklistEvidence) -> Iterator[Finding]:
    if evidence.address is None:
        raise CannotTell(Why.NOT_PROVIDED)
    yield from _judge(evidence.address, evidence.answers)


def _judge(entry: str, answers: Sequence[BlocklistAnswer]) -> Iterator[Finding]:
    """One decisive list that answered determines the question; a list that refuses us is our own side's problem."""
    decisive = [a for a in answers if a.decisive]
    for answer in decisive:
        if isinstance(answer.answer, Seen):
            yield LISTED.found(
                entry,
                entry=entry,
                list=answer.title,
                codes=answer.answer.value.codes,
                reason=answer.answer.value.reason or "-",
                delisting=answer.delisting,
            )
    if any(isinstance(a.answer, Seen | Absent) for a in decisive):
        return
    reasons = [a.answer.why for a in decisive if isinstance(a.answer, Unreachable)]
    raise CannotTell(next((why for why in reasons if not why.is_own_side), Why.BLOCKED))


CHECKS = (
    Check(
        id="bl.domain",
        title=Text(en="Blocklists: the domain", ja="ブラックリスト: ドメイン"),
        needs=(DomainBlocklistEvidence,),
        rules=(LISTED,),
        judge=judge_domain,
    ),
    Check(
        id="bl.client",
        title=Text(en="Blocklists: the sending address", ja="ブラックリスト: 送信元IPアドレス"),
        needs=(ClientBlocklistEvidence,),
        rules=(LISTED,),
        judge=judge_client,
        of_mail=True,
        required=True,
    ),
)
