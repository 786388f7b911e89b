"""Does the ARC chain of a mail that was passed on still hold?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, Rule, Sample, Text, Texts
from checks.evidence.message import MessageEvidence
from checks.model import Severity, Tier, Why

ARC_CHAIN_BROKEN = Rule(
    id="ARC401",
    name="arc-chain-broken",
    severity=Severity.NOTICE,
    tier=Tier.NONE,
    since="0.2",
    in_system=True,
    facts=("sealer", "instances"),
    texts=Texts(
        title=Text(
            en="The ARC chain does not verify (newest seal: `{sealer}`)",
            ja="ARCチェーンを検証できませんでした(最新のシール: `{sealer}`)",
        ),
        why=Text(
            en="The mail was changed after it was sealed, or a seal's key is missing or another one. Receivers then do not "
            "trust what the forwarders saw of SPF and DKIM, and DMARC decides by what arrived.",
            ja="ARCシールの後にメールが変更されたか、シールの公開鍵がないか、一致していません。受信側は、転送元で記録されたSPFやDKIMの"
            "結果を信頼せず、届いたメールだけでDMARCの合否を判定します。",
        ),
        fix=Text(
            en="Nothing has to change in the DNS of the sender. Whoever runs the list, forwarder or gateway after `{sealer}` "
            "should change mails only before sealing them, and check that the key of the seal is published.",
            ja="送信元のDNSの変更は不要です。`{sealer}` より後のメーリングリスト、転送サーバー、ゲートウェイの管理者が、"
            "メールの変更をシールの前に済ませ、シールの公開鍵が公開されているかを確認する必要があります。",
        ),
    ),
    variants={
        "structure": Texts(
            title=Text(
                en="The ARC headers form no chain (highest instance: {instances})",
                ja="ARCヘッダーがチェーンになっていません(最大のインスタンス番号: {instances})",
            ),
            why=Text(
                en="Each instance from 1 up must have exactly one each of the three ARC headers, and `cv=` must fit (RFC 8617 "
                "section 5.2). Receivers ignore this chain with all that it says.",
                ja="1から始まる各インスタンスに3種類のARCヘッダーが1つずつあり、`cv=` の値も正しくなければなりません(RFC 8617 5.2節)。"
                "受信側は、このチェーンの内容を無視します。",
            ),
            fix=Text(
                en="Nothing has to change in the DNS of the sender. A system on the way (newest seal: `{sealer}`) removes, copies "
                "or rewrites ARC headers; its operator should switch that off.",
                ja="送信元のDNSの変更は不要です。経路上のシステム(最新のシール: `{sealer}`)がARCヘッダーを削除、複製、または書き換えています。"
                "その管理者が、この処理を止める必要があります。",
            ),
        ),
        "cv_fail": Texts(
            title=Text(
                en="`{sealer}` recorded that the ARC chain was already broken (`cv=fail`)",
                ja="`{sealer}` が、ARCチェーンの検証失敗(`cv=fail`)を記録しています",
            ),
            why=Text(
                en="A system before `{sealer}` changed the mail after sealing it, or damaged the chain. The chain stays failed for "
                "ever (RFC 8617 section 5.2.1), and receivers ignore it.",
                ja="`{sealer}` より前のシステムが、シールの後にメールを変更したか、チェーンを壊しています。失敗したチェーンは"
                "その後も失敗のままで(RFC 8617 5.2.1節)、受信側は無視します。",
            ),
            fix=Text(
                en="Nothing has to change in the DNS of the sender. Compare the ARC headers before those of `{sealer}` ({instances} "
                "sets in all): the operator of the system that breaks the chain should seal as its last step.",
                ja="送信元のDNSの変更は不要です。`{sealer}` より前のARCヘッダー(全部で{instances}組)を比べて、チェーンを壊しているシステムを"
                "特定してください。その管理者が、最後の処理としてシールするよう改める必要があります。",
            ),
        ),
    },
    references=("https://www.rfc-editor.org/rfc/rfc8617#section-5.2",),
    sample=Sample(
        bad="ARC-Seal: i=1; cv=none; ...  (Subject rewritten to [list] ... after sealing)",
        good="ARC-Seal: i=1; cv=none; ...  (Subject as it was sealed)",
    ),
)


def judge(message: MessageEvidence) -> Iterator[Finding]:
    """A failed key lookup is no broken chain, although receivers must take it for one (RFC 8617 section 5.2.1)."""
    arc = message.arc
    if arc.result == "none":
        raise NotApplicable(Why.NO_SIGNATURE)
    if arc.reason == "key_lookup_failed":
        raise CannotTell(Why(arc.key_why) if arc.key_why else Why.DEPENDS)
    if arc.result == "fail":
        variant = arc.reason if arc.reason in ("structure", "cv_fail") else None
        sealer = arc.sealer or "-"
        yield ARC_CHAIN_BROKEN.found(sealer, variant=variant, sealer=sealer, instances=arc.instances)


CHECKS = (
    Check(
        id="arc.chain",
        title=Text(en="ARC: chain of those who passed the mail on", ja="ARC: 転送経路のチェーン"),
        needs=(MessageEvidence,),
        rules=(ARC_CHAIN_BROKEN,),
        judge=judge,
        of_mail=True,
    ),
)
