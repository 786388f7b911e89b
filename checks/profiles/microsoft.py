"""Microsoft's requirements for mail to its consumer domains (outlook.com, hotmail.com, live.com, msn.com).

After the announcement of 2025-04-02 (as changed until 2025-05-06), the explanation of error 5.7.515, and the postmaster
policies of Outlook.com, read up to 2026-06. The sentences are ours.
"""

from __future__ import annotations

from checks.catalogue import Finding, Text
from checks.model import Why
from checks.profiles import authentication
from checks.profiles.requirements import FORMAT
from checks.profiles.view import Profile, Requirement


def _is_from_a_domain_that_sends_nothing(finding: Finding) -> bool:
    """The whole record is `v=spf1 -all`: the domain says that it sends no mail."""
    return str(finding.facts.get("record", "")).lower().split() == ["v=spf1", "-all"]


MICROSOFT = Profile(
    name=Text(en="Microsoft (Outlook.com, Hotmail)", ja="Microsoft(Outlook.com、Hotmail)"),
    note=Text(
        en="For mail to Microsoft's consumer domains. “Bulk” is more than 5,000 mails a day with one From domain. SPF, DKIM and DMARC must all three pass: DMARC that passes by DKIM alone is not enough (550 5.7.515).",
        ja="Outlook.comなど個人向けドメイン宛てのメールが対象です。「大量送信者」は同じFromドメインで1日5,000通を超える送信者です。SPF、DKIM、DMARCのすべてに合格する必要があり、DKIMだけでDMARCに合格しても不十分です(550 5.7.515)。",
    ),
    references=(
        "https://techcommunity.microsoft.com/blog/microsoftdefenderforoffice365blog/strengthening-email-ecosystem-outlook%E2%80%99s-new-requirements-for-high%E2%80%90volume-senders/4399730",
    ),
    requirements=(
        Requirement(
            "MS-A01",
            Text(en="The sending address has valid reverse DNS", ja="送信元IPアドレスに有効な逆引きがある"),
            checks=("ptr.client",),
        ),
        Requirement(
            "MS-A02",
            Text(en="The sending address does not look dynamic", ja="送信元が動的IPアドレスと見なされる名前でない"),
            checks=("ptr.client",),
            rules=("PTR201",),
        ),
        Requirement(
            "MS-A03",
            Text(en="The server is no open relay", ja="オープンリレーでない"),
            reason=Why.NEEDS_PROOF,
        ),
        Requirement(
            "MS-A04",
            Text(
                en="The domain's SPF is not v=spf1 -all (which says: sends no mail)",
                ja="SPFが v=spf1 -all(メールを送信しない)のドメインから送信しない",
            ),
            checks=("spf.result",),
            rules=("SPF401",),
            counts=_is_from_a_domain_that_sends_nothing,
        ),
        Requirement(
            "MS-A05a",
            Text(en="The message follows RFC 5321 and RFC 5322", ja="メッセージがRFC 5321とRFC 5322に準拠している"),
            rules=FORMAT,
        ),
        Requirement(
            "MS-A05b",
            Text(
                en="At most 500 connections, and no retry after a 5xx answer",
                ja="同時接続は500以下、5xxの応答後に再送しない",
            ),
            unmeasurable=True,
        ),
        Requirement(
            "MS-B01",
            Text(en="SPF passes", ja="SPFに合格する"),
            applies="bulk",
            checks=("spf.record", "spf.syntax", "spf.lookups", "spf.includes", "spf.voids", "spf.result"),
            mail=authentication.spf_passes,
        ),
        Requirement(
            "MS-B02",
            Text(en="DKIM passes", ja="DKIMに合格する"),
            applies="bulk",
            checks=("dkim.signature", "dkim.field", "dkim.key", "dkim.verification"),
            mail=authentication.dkim_passes,
        ),
        Requirement(
            "MS-B03",
            Text(
                en="A DMARC record (p=none is enough), and DMARC passes",
                ja="DMARCレコードがあり(p=noneでも可)、DMARCに合格する",
            ),
            applies="bulk",
            checks=("dmarc.record", "dmarc.syntax", "dmarc.policy", "dmarc.result"),
            mail=authentication.dmarc_passes,
        ),
        Requirement(
            "MS-R01",
            Text(en="The sender's address can be replied to", ja="送信者のアドレスで返信を受け取れる"),
            applies="recommended",
            checks=("msg.sender",),
        ),
        Requirement(
            "MS-R02a",
            Text(
                en="A visible way to unsubscribe, and SPF of at most 10 lookups",
                ja="配信停止の方法が明示され、SPFのDNS参照が10回以内である",
            ),
            applies="recommended",
            rules=("SPF301", "LIST202"),
        ),
        Requirement(
            "MS-R02b",
            Text(en="Lists kept clean; SNDS and JMRP used", ja="宛先リストを整理し、SNDSとJMRPを利用する"),
            applies="recommended",
            unmeasurable=True,
        ),
    ),
)
