"""What the mail services of Japan look at, and what Japanese authorities and associations recommend.

After the pages of docomo, au, SoftBank and Yahoo! JAPAN, the request of the Ministry of Internal Affairs of 2025-09-01, the
guideline of the Council of Anti-Phishing Japan and the law on specified electronic mail, read 2026-11. The guide to DMARC
of the council against unwanted mail (2024-07) is not among them: its text was not at hand.
"""

from __future__ import annotations

from checks.catalogue import Finding, Text
from checks.profiles import authentication
from checks.profiles.requirements import FORMAT
from checks.profiles.view import Profile, Requirement


def _is_of_from(finding: Finding) -> bool:
    """Not about the return path, of which the same rule also speaks."""
    return finding.variant is None


JAPAN = Profile(
    name=Text(en="Japan (docomo, au, SoftBank, Yahoo! JAPAN)", ja="国内(docomo、au、SoftBank、Yahoo! JAPAN)"),
    note=Text(
        en="docomo looks up SPF of the From domain, not only of the Return-Path, and wants that domain to have an A or MX record. au judges SPF by the Return-Path. SoftBank refuses what fails a DMARC policy of quarantine or reject.",
        ja="docomoはReturn-PathだけでなくFromのドメインのSPFも参照し、そのドメインにAまたはMXレコードがあることを求めます。auはReturn-PathのドメインでSPFを判定します。SoftBankはquarantine/rejectのDMARCポリシーに不合格のメールを拒否します。",
    ),
    references=(
        "https://www.docomo.ne.jp/service/docomo_mail/smtp_notice/",
        "https://www.au.com/mobile/service/mail/attention/spf-record/",
        "https://www.softbank.jp/mobile/info/personal/news/support/20240213a/",
        "https://whatsnewmail.yahoo.co.jp/yahoo/20241211a.html",
    ),
    requirements=(
        Requirement(
            "JP-D1",
            Text(
                en="docomo: DMARC passes (else a warning is shown)",
                ja="docomo: DMARCに合格する(不合格のメールには警告が表示される)",
            ),
            checks=("dmarc.record", "dmarc.syntax", "dmarc.policy", "dmarc.result"),
            mail=authentication.dmarc_passes,
        ),
        Requirement(
            "JP-D2",
            Text(
                en="docomo: DKIM passes (SPF fails when forwarded)",
                ja="docomo: DKIMに合格する(転送ではSPFが不合格になるため)",
            ),
            checks=("dkim.signature", "dkim.field", "dkim.key", "dkim.verification"),
            mail=authentication.dkim_passes,
        ),
        Requirement(
            "JP-D3",
            Text(
                en="docomo: the From domain itself has an SPF record", ja="docomo: FromのドメインにもSPFレコードがある"
            ),
            rules=("SPF001", "SPF403"),
        ),
        Requirement(
            "JP-D4",
            Text(
                en="docomo: the From domain has an A or MX record", ja="docomo: FromのドメインにAまたはMXレコードがある"
            ),
            checks=("msg.sender",),
            counts=_is_of_from,
        ),
        Requirement(
            "JP-K1",
            Text(en="au: SPF passes (by the Return-Path)", ja="au: SPFに合格する(Return-Pathで判定)"),
            checks=("spf.record", "spf.syntax", "spf.lookups", "spf.includes", "spf.voids", "spf.result"),
            mail=authentication.spf_passes,
        ),
        Requirement(
            "JP-K2",
            Text(
                en="au: the message follows RFC 5321 and RFC 5322",
                ja="au: メッセージがRFC 5321とRFC 5322に準拠している",
            ),
            rules=FORMAT,
        ),
        Requirement(
            "JP-S1",
            Text(
                en="SoftBank: passes DMARC where the own policy is quarantine or reject",
                ja="SoftBank: 自ドメインのポリシーがquarantine/rejectの場合、DMARCに合格する",
            ),
            checks=("dmarc.result",),
            mail=authentication.follows_own_policy,
        ),
        Requirement(
            "JP-Y1",
            Text(en="Yahoo! JAPAN: SPF, DKIM or DMARC passes", ja="Yahoo! JAPAN: SPF、DKIM、DMARCのいずれかに合格する"),
            checks=("spf.result", "dkim.verification"),
            any_of=True,
            mail=authentication.spf_or_dkim_passes,
        ),
        Requirement(
            "JP-L1",
            Text(
                en="Law on specified electronic mail: how to opt out stands in the text",
                ja="特定電子メール法: 本文に配信停止の連絡先がある",
            ),
            applies="marketing",
            rules=("LIST202",),
        ),
        Requirement(
            "JP-K3",
            Text(en="au: BIMI, for the logo beside the mail", ja="au: ロゴ表示のためのBIMI"),
            applies="recommended",
            checks=("bimi.record", "bimi.policy", "bimi.assets"),
            rules=("BIMI101", "BIMI201", "BIMI301"),
        ),
        Requirement(
            "JP-G1",
            Text(
                en="Ministry of Internal Affairs: a DMARC policy of quarantine or reject",
                ja="総務省: DMARCのポリシーをquarantineまたはrejectにする",
            ),
            applies="recommended",
            rules=("DMARC001", "DMARC102", "DMARC103", "DMARC201", "DMARC203"),
        ),
        Requirement(
            "JP-G3",
            Text(
                en="Council of Anti-Phishing Japan: DMARC, and BIMI once it enforces",
                ja="フィッシング対策協議会: DMARCの設定、ポリシー適用後はBIMIも",
            ),
            applies="recommended",
            rules=("DMARC001", "BIMI001"),
        ),
    ),
)
