"""Is the domain, or the address that really sent, on a blocklist?

Decisive is a list that large receivers refuse mail by; the others only inform. For an address that only receives, so
do all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, Rule, Sample, Text, Texts
from checks.evidence.blocklist import (
    BlocklistAnswer,
    ClientBlocklistEvidence,
    DomainBlocklistEvidence,
    Listing,
    MxBlocklistEvidence,
)
from checks.evidence.mx import MxEvidence
from checks.model import Absent, Seen, Severity, Tier, Unreachable, Why

_FACTS = ("entry", "list", "codes", "parts", "reason", "delisting")

LISTED = Rule(
    id="BL201",
    name="listed",
    severity=Severity.CRITICAL,
    tier=Tier.DANGER,
    since="0.1",
    in_system=True,
    facts=(*_FACTS, "refused_by", "owner"),
    alternatives=((Severity.WARNING, Tier.MAIL),),
    texts=Texts(
        title=Text(en="`{entry}` is listed on {list}", ja="`{entry}` が {list} に登録されています"),
        why=Text(
            en="Large receivers refuse mail by this list, among them {refused_by}. It answered `{codes}` ({parts}); its reason: `{reason}`.",
            ja="{refused_by} などの受信側は、このリストによってメールを拒否します。応答コードは `{codes}`({parts})、登録理由は `{reason}` です。",
        ),
        fix=Text(
            en="Find and stop the cause first (a stolen account, an infected host, an unwanted mailing), then ask for removal at `{delisting}`. A shared address is the provider's to clear.",
            ja="まず原因(アカウントの乗っ取り、マルウェア感染、受信者の同意のない一斉送信など)を取り除き、その後 `{delisting}` で解除を申請します。共用のIPアドレスの場合は、そのサーバーを提供する事業者に連絡してください。",
        ),
    ),
    variants={
        "domain": Texts(
            title=Text(
                en="The domain `{entry}` is listed on {list}", ja="ドメイン `{entry}` が {list} に登録されています"
            ),
            why=Text(
                en="Receivers that ask this list refuse mail which comes from the domain or links to it, whatever server sends it. It answered `{codes}` ({parts}); its reason: `{reason}`.",
                ja="このリストを参照する受信側は、どのサーバーから送っても、このドメインから、またはこのドメインへのリンクを含むメールを拒否します。応答コードは `{codes}`({parts})、登録理由は `{reason}` です。",
            ),
            fix=Text(
                en="Find and stop the cause first (an unwanted mailing, a hacked web site, a stolen account or DNS zone), then ask for removal at `{delisting}`.",
                ja="まず原因(受信者の同意のない一斉送信、Webサイトの改ざん、アカウントやDNSの乗っ取りなど)を取り除き、その後 `{delisting}` で解除を申請してください。",
            ),
        ),
        "policy": Texts(
            title=Text(
                en="`{entry}` is listed on {list} as an address that is not to send mail",
                ja="`{entry}` が、メールを直接送信しないIPアドレスとして {list} に登録されています",
            ),
            why=Text(
                en="Large receivers refuse mail by this list, among them {refused_by}. It answered `{codes}` ({parts}): an access line or a range whose owner lets no mail servers be run in it. It says nothing of spam.",
                ja="{refused_by} などの受信側は、このリストによってメールを拒否します。応答コードは `{codes}`({parts})で、接続回線、または事業者がメールサーバーの運用を認めていない範囲を示します。迷惑メールの送信とは関係ありません。",
            ),
            fix=Text(
                en="Send through your provider's mail server or a sending service (with SMTP AUTH). If this is a mail server with a fixed address of its own, have its PTR record set, then ask for removal at `{delisting}`.",
                ja="プロバイダーのメールサーバーまたは配信サービスを経由して(SMTP AUTHで)送信してください。固定IPアドレスのメールサーバーであれば、PTRレコードを設定した後、`{delisting}` で解除を申請します。",
            ),
        ),
        "shared_pool": Texts(
            title=Text(
                en="`{entry}`, which {owner} shares among its customers, is listed on {list}",
                ja="{owner} が複数の顧客で共用する `{entry}` が {list} に登録されています",
            ),
            why=Text(
                en="Another customer's mail may be the cause. Such entries end by themselves within days, and the next mail may leave by another address. Until then {refused_by} refuse mail from here. It answered `{codes}` ({parts}); its reason: `{reason}`.",
                ja="ほかの顧客のメールが原因の可能性があります。この種の登録は数日で自動的に解除され、次のメールは別のアドレスから送られることもあります。それまで {refused_by} などで拒否されます。応答コードは `{codes}`({parts})、登録理由は `{reason}` です。",
            ),
            fix=Text(
                en="Report it to {owner}, who alone can clear it (`{delisting}`). If it happens again, ask {owner} for a dedicated address.",
                ja="解除できるのは {owner} だけです(`{delisting}`)。{owner} に連絡してください。繰り返す場合は、専用IPアドレスを検討してください。",
            ),
        ),
    },
    references=("https://www.rfc-editor.org/rfc/rfc5782",),
    sample=Sample(bad="25.2.0.192.zen.spamhaus.org.  A  127.0.0.2", good="25.2.0.192.zen.spamhaus.org.  →  NXDOMAIN"),
)

LISTED_INFORMATIONAL = Rule(
    id="BL202",
    name="listed-informational",
    severity=Severity.NOTICE,
    tier=Tier.NONE,
    since="0.2",
    in_system=True,
    facts=_FACTS,
    texts=Texts(
        title=Text(
            en="`{entry}` is listed on {list}, by which few refuse mail",
            ja="`{entry}` が {list} に登録されています(拒否に使う受信側は少数)",
        ),
        why=Text(
            en="No large receiver refuses mail by this list alone, but filters count it, and it may be the first sign of a problem. It answered `{codes}` ({parts}); its reason: `{reason}`.",
            ja="このリストだけで拒否する大手の受信側はありませんが、フィルターの判定材料として使われ、問題の最初の兆候である場合もあります。応答コードは `{codes}`({parts})、登録理由は `{reason}` です。",
        ),
        fix=Text(
            en="Look at the reason at `{delisting}`; stop the cause (a stolen account, an infected host, an unwanted mailing) before you ask for removal. Many such entries end by themselves.",
            ja="`{delisting}` で理由を確認し、原因(アカウントの乗っ取り、マルウェア感染、受信者の同意のない一斉送信など)を取り除いてから解除を申請してください。自動的に解除される登録も多くあります。",
        ),
    ),
    variants={
        "mx": Texts(
            title=Text(
                en="The MX address `{entry}` is listed on {list}",
                ja="MXのアドレス `{entry}` が {list} に登録されています",
            ),
            why=Text(
                en="It does not hurt receiving. If the same server also sends, its mail may be refused. The list answered `{codes}` ({parts}); its reason: `{reason}`.",
                ja="受信には影響しません。同じサーバーから送信もしている場合は、受信を拒否されることがあります。応答コードは `{codes}`({parts})、登録理由は `{reason}` です。",
            ),
            fix=Text(
                en="If this server also sends mail, find and stop the cause, then ask for removal at `{delisting}`. A provider's server is the provider's to clear.",
                ja="このサーバーから送信もしている場合は、原因を取り除き、`{delisting}` で解除を申請してください。事業者のサーバーの場合は事業者が対応します。",
            ),
        )
    },
    references=("https://www.rfc-editor.org/rfc/rfc5782",),
    sample=Sample(bad="25.2.0.192.bl.spamcop.net.  A  127.0.0.2", good="25.2.0.192.bl.spamcop.net.  →  NXDOMAIN"),
)


def judge_domain(evidence: DomainBlocklistEvidence) -> Iterator[Finding]:
    for answer, listing in _listings(evidence.answers):
        if answer.decisive:
            yield _listed(answer, listing, owner="-", variant="domain")
        else:
            yield _informational(answer, listing)
    _require_decisive(evidence.answers)


def judge_client(evidence: ClientBlocklistEvidence) -> Iterator[Finding]:
    if evidence.address is None:
        raise CannotTell(Why.NOT_PROVIDED)
    for answer, listing in _listings(evidence.answers):
        if not answer.decisive:
            yield _informational(answer, listing)
        elif evidence.owner and listing.short_lived:
            milder: dict[str, Any] = {"severity": Severity.WARNING, "tier": Tier.MAIL, "variant": "shared_pool"}
            yield _listed(answer, listing, owner=evidence.owner, **milder)
        else:
            yield _listed(answer, listing, owner=evidence.owner or "-", variant="policy" if listing.policy else None)
    _require_decisive(evidence.answers)


def judge_mx(evidence: MxBlocklistEvidence, mx: MxEvidence) -> Iterator[Finding]:
    if isinstance(mx.records, Unreachable):
        raise CannotTell(mx.records.why)
    if not mx.targets:
        raise NotApplicable(Why.NO_MX)
    for answer, listing in _listings(evidence.answers):
        yield _informational(answer, listing, variant="mx")
    if evidence.answers:
        _require_decisive(evidence.answers)
    elif why := next((t.unknown for t in mx.targets if t.unknown), None):
        raise CannotTell(why)
    else:
        raise NotApplicable(Why.NO_RECORD)


def _listings(answers: Sequence[BlocklistAnswer]) -> Iterator[tuple[BlocklistAnswer, Listing]]:
    for answer in answers:
        if isinstance(answer.answer, Seen):
            yield answer, answer.answer.value


def _listed(answer: BlocklistAnswer, listing: Listing, owner: str, **options: Any) -> Finding:
    refused_by = answer.refused_by or ("-",)
    return LISTED.found(answer.entry, **options, **_facts(answer, listing), refused_by=refused_by, owner=owner)


def _informational(answer: BlocklistAnswer, listing: Listing, variant: str | None = None) -> Finding:
    return LISTED_INFORMATIONAL.found(answer.entry, variant=variant, **_facts(answer, listing))


def _facts(answer: BlocklistAnswer, listing: Listing) -> dict[str, Any]:
    return {
        "entry": answer.entry,
        "list": answer.title,
        "codes": listing.codes,
        "parts": listing.parts or (answer.title,),
        "reason": listing.reason or "-",
        "delisting": answer.delisting,
    }


def _require_decisive(answers: Sequence[BlocklistAnswer]) -> None:
    """One decisive list that answered determines the question; a list that refuses us is our own side's problem.

    Raises CannotTell where none did, and RuntimeError where that is because we typed a zone wrong: our bug.
    """
    decisive = [a for a in answers if a.decisive]
    if any(isinstance(a.answer, Seen | Absent) for a in decisive):
        return
    reasons = [a.answer.why for a in decisive if isinstance(a.answer, Unreachable)]
    if Why.INTERNAL in reasons:
        raise RuntimeError(f"asked wrongly: {', '.join(a.zone for a in decisive)}")
    raise CannotTell(next((why for why in reasons if not why.is_own_side), Why.BLOCKED))


CHECKS = (
    Check(
        id="bl.domain",
        title=Text(en="Blocklists: the domain", ja="ブラックリスト: ドメイン"),
        needs=(DomainBlocklistEvidence,),
        rules=(LISTED, LISTED_INFORMATIONAL),
        judge=judge_domain,
    ),
    Check(
        id="bl.mx",
        title=Text(en="Blocklists: the MX addresses", ja="ブラックリスト: MXのアドレス"),
        needs=(MxBlocklistEvidence, MxEvidence),
        rules=(LISTED_INFORMATIONAL,),
        judge=judge_mx,
    ),
    Check(
        id="bl.client",
        title=Text(en="Blocklists: the sending address", ja="ブラックリスト: 送信元IPアドレス"),
        needs=(ClientBlocklistEvidence,),
        rules=(LISTED, LISTED_INFORMATIONAL),
        judge=judge_client,
        of_mail=True,
        required=True,
    ),
)
