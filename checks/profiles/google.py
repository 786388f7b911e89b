"""Google's requirements for mail to personal Gmail accounts (support.google.com/a/answer/81126, read 2026-07-02).

The sentences are ours; the list, its order and to whom each applies are Google's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from checks.catalogue import Text
from checks.profiles.view import Requirement


def passes(identifiers: Sequence[Mapping[str, Any]], *, aligned: bool = False) -> bool | None:
    """One of them passes (for a domain that is aligned with From). None: a lookup failed that may decide it."""
    if any(i["result"] == "pass" and (i["aligned"] or not aligned) for i in identifiers):
        return True
    undecided = any(
        i["result"] in (None, "temperror") or (i["result"] == "pass" and i["aligned"] is None) for i in identifiers
    )
    return None if undecided else False


REQUIREMENTS: tuple[Requirement, ...] = (
    Requirement(
        "spf-or-dkim",
        Text(en="SPF or DKIM passes", ja="SPFまたはDKIMに合格する"),
        checks=("spf.result", "dkim.verification"),
        any_of=True,
        mail=lambda results: passes([results["spf"], *results["dkim"]]),
    ),
    Requirement(
        "reverse-dns",
        Text(en="The sending IP address has reverse DNS", ja="送信元IPアドレスに逆引きがある"),
        checks=("ptr.client",),
    ),
    Requirement("tls", Text(en="Mail is sent over TLS", ja="TLSで送信する"), checks=("tls.session",)),
    Requirement(
        "message-format",
        Text(en="One valid From address (RFC 5322)", ja="Fromヘッダーが1つだけで、RFC 5322に準拠している"),
        checks=("msg.from",),
    ),
    Requirement(
        "blocklist",
        Text(en="The sending IP address is on no blocklist", ja="送信元IPアドレスがブラックリストに載っていない"),
        checks=("bl.client",),
    ),
    Requirement(
        "spf",
        Text(en="SPF passes", ja="SPFに合格する"),
        applies="bulk",
        checks=("spf.record", "spf.syntax", "spf.lookups", "spf.includes", "spf.result"),
        mail=lambda results: passes([results["spf"]]),
    ),
    Requirement(
        "dkim",
        Text(en="DKIM passes", ja="DKIMに合格する"),
        applies="bulk",
        checks=("dkim.signature", "dkim.field", "dkim.key", "dkim.verification"),
        mail=lambda results: passes(results["dkim"]),
    ),
    Requirement(
        "dmarc",
        Text(en="A DMARC record with a policy (p=none is enough)", ja="DMARCレコードにポリシーがある(p=noneでも可)"),
        applies="bulk",
        checks=("dmarc.record", "dmarc.syntax", "dmarc.policy"),
    ),
    Requirement(
        "alignment",
        Text(en="From is aligned with SPF or DKIM", ja="FromドメインがSPFかDKIMとアライメントしている"),
        applies="bulk",
        checks=("dmarc.result",),
        mail=lambda results: passes([results["spf"], *results["dkim"]], aligned=True),
    ),
    Requirement(
        "one-click",
        Text(en="One-click unsubscribe, signed by DKIM", ja="ワンクリックで配信停止できる(DKIM署名の対象)"),
        applies="marketing",
    ),
    Requirement(
        "unsubscribe-48h",
        Text(en="Unsubscribes honoured within 48 hours", ja="配信停止を48時間以内に反映する"),
        applies="marketing",
        unmeasurable=True,
    ),
    Requirement(
        "spam-rate",
        Text(en="Reported as spam below 0.3 % (aim for 0.1 %)", ja="迷惑メール率が0.3%未満(目標0.1%未満)"),
        unmeasurable=True,
    ),
)
