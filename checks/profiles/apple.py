"""Apple's requirements for bulk mail to iCloud Mail (icloud.com, me.com, mac.com).

After support.apple.com/en-us/102322, published 2025-02-25, read 2026-07. The sentences are ours.
"""

from __future__ import annotations

from checks.catalogue import Text
from checks.profiles import authentication
from checks.profiles.requirements import FORMAT
from checks.profiles.view import Profile, Requirement

APPLE = Profile(
    name=Text(en="Apple (iCloud Mail)", ja="Apple(iCloudメール)"),
    note=Text(
        en="For bulk mail to iCloud Mail; Apple names no volume, and rejects bulk mail that misses a requirement. It alone requires ARC on forwarded mail.",
        ja="iCloudメール宛ての大量送信が対象です。通数の基準は公表されておらず、要件を満たさないメールは拒否されます。転送メールにARCを求めています。",
    ),
    references=("https://support.apple.com/en-us/102322",),
    requirements=(
        Requirement(
            "AP-07",
            Text(en="SPF and DKIM both pass", ja="SPFとDKIMの両方に合格する"),
            applies="bulk",
            checks=(
                "spf.record",
                "spf.syntax",
                "spf.lookups",
                "spf.includes",
                "spf.voids",
                "spf.result",
                "dkim.verification",
            ),
            mail=authentication.spf_and_dkim_pass,
        ),
        Requirement(
            "AP-08",
            Text(en="A DMARC record with a policy (any)", ja="ポリシーのあるDMARCレコードがある(種類は問わない)"),
            applies="bulk",
            checks=("dmarc.record", "dmarc.syntax", "dmarc.policy"),
        ),
        Requirement(
            "AP-05",
            Text(
                en="The sending address has reverse DNS (your domain in the name is not tested)",
                ja="送信元IPアドレスに逆引きがある(自社ドメインの名前かどうかは未検査)",
            ),
            applies="bulk",
            checks=("ptr.client",),
        ),
        Requirement(
            "AP-04",
            Text(en="The message follows RFC 5321 and RFC 5322", ja="メッセージがRFC 5321とRFC 5322に準拠している"),
            applies="bulk",
            rules=FORMAT,
        ),
        Requirement(
            "AP-03",
            Text(en="Forwarded mail carries a valid ARC chain", ja="転送メールのARCが有効である"),
            applies="bulk",
            rules=("ARC401",),
        ),
        Requirement(
            "AP-02",
            Text(en="A link to unsubscribe, which takes effect at once", ja="配信停止のリンクがあり、すぐに反映される"),
            applies="bulk",
            rules=("LIST202",),
        ),
        Requirement(
            "AP-01",
            Text(en="Only to people who asked for it", ja="同意した受信者だけに送信する"),
            applies="bulk",
            unmeasurable=True,
        ),
        Requirement(
            "AP-06",
            Text(
                en="Steady addresses, domains and From; marketing kept apart",
                ja="送信元IPアドレス、ドメイン、Fromを固定し、宣伝メールを分ける",
            ),
            applies="bulk",
            unmeasurable=True,
        ),
        Requirement(
            "AP-09",
            Text(
                en="SMTP errors and bounces acted on, lists pruned", ja="SMTPエラーと不達に対応し、宛先リストを整理する"
            ),
            applies="bulk",
            unmeasurable=True,
        ),
    ),
)
