"""Yahoo's requirements (yahoo.com, AOL and others; not Yahoo! JAPAN).

After senders.yahooinc.com (best practices, questions and answers, SMTP errors), read up to 2026-07. The sentences are ours.
"""

from __future__ import annotations

from checks.catalogue import Finding, Text
from checks.profiles import authentication
from checks.profiles.requirements import FORMAT
from checks.profiles.view import Profile, Requirement


def _leaves_no_way_out(finding: Finding) -> bool:
    """No header, or none that can be read. One that is not fit for one click is enough here."""
    return finding.rule.id == "LIST001" or finding.variant in ("post_alone", "unreadable")


YAHOO = Profile(
    name=Text(en="Yahoo (and AOL)", ja="米国Yahoo(AOLを含む)"),
    note=Text(
        en="For mail to Yahoo and AOL, not to Yahoo! JAPAN. Yahoo gives no number for “bulk”. A `mailto:` address in List-Unsubscribe is enough here (for Google it is not), and DMARC must not only be published but pass.",
        ja="米国YahooとAOL宛てのメールが対象で、Yahoo! JAPANは含みません。「大量送信者」の通数は公表されていません。List-Unsubscribeは `mailto:` だけでも可です(Googleでは不可)。DMARCはレコードがあるだけでなく、合格する必要があります。",
    ),
    references=("https://senders.yahooinc.com/best-practices/",),
    requirements=(
        Requirement(
            "Y-A01",
            Text(en="SPF or DKIM passes", ja="SPFまたはDKIMに合格する"),
            checks=("spf.result", "dkim.verification"),
            any_of=True,
            mail=authentication.spf_or_dkim_passes,
        ),
        Requirement(
            "Y-A03",
            Text(
                en="The sending address has reverse DNS that leads back to it",
                ja="送信元IPアドレスの逆引きと正引きが一致する",
            ),
            checks=("ptr.client",),
        ),
        Requirement(
            "Y-A04",
            Text(en="The message follows RFC 5321 and RFC 5322", ja="メッセージがRFC 5321とRFC 5322に準拠している"),
            rules=FORMAT,
        ),
        Requirement(
            "Y-A05",
            Text(
                en="The domains of From and Return-Path exist and receive mail",
                ja="FromとReturn-Pathのドメインが存在し、メールを受信できる",
            ),
            checks=("msg.sender", "msg.null_mx"),
        ),
        Requirement(
            "Y-A06",
            Text(en="The Date is right and the header not too large", ja="Dateが正しく、ヘッダーが大きすぎない"),
            rules=("MSG103", "MSG106"),
        ),
        Requirement(
            "Y-B06",
            Text(
                en="Every aligned DKIM signature passes, with a key of at least 1024 bits",
                ja="アライメントするDKIM署名がすべて合格し、鍵長が1024ビット以上である",
            ),
            rules=("DKIM202",),
            mail=authentication.aligned_signatures_pass,
        ),
        Requirement(
            "Y-A02",
            Text(en="Reported as spam below 0.3 %", ja="迷惑メール率が0.3%未満である"),
            unmeasurable=True,
        ),
        Requirement(
            "Y-B01",
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
            "Y-B02",
            Text(
                en="A DMARC record (p=none is enough), and DMARC passes",
                ja="DMARCレコードがあり(p=noneでも可)、DMARCに合格する",
            ),
            applies="bulk",
            checks=("dmarc.record", "dmarc.syntax", "dmarc.policy", "dmarc.result"),
            mail=authentication.dmarc_passes,
        ),
        Requirement(
            "Y-B03",
            Text(
                en="List-Unsubscribe is there (one-click, or mailto)",
                ja="List-Unsubscribeがある(ワンクリック推奨、mailtoも可)",
            ),
            applies="marketing",
            rules=("LIST001", "LIST101"),
            counts=_leaves_no_way_out,
        ),
        Requirement(
            "Y-B04",
            Text(en="A visible link to unsubscribe in the text", ja="本文に配信停止のリンクが明示されている"),
            applies="marketing",
            rules=("LIST202",),
        ),
        Requirement(
            "Y-B05",
            Text(en="Unsubscribes honoured within 2 days", ja="配信停止を2日以内に反映する"),
            applies="marketing",
            unmeasurable=True,
        ),
        Requirement(
            "Y-R01a",
            Text(en="DMARC asks for reports (rua)", ja="DMARCレポートの宛先(rua)がある"),
            applies="recommended",
            checks=("dmarc.reports",),
            rules=("DMARC301", "DMARC302"),
        ),
        Requirement(
            "Y-R01b",
            Text(
                en="Complaint Feedback Loop joined, opt-in only, ARC when forwarding",
                ja="Complaint Feedback Loopに登録し、同意を得て送り、転送時はARCを付ける",
            ),
            applies="recommended",
            unmeasurable=True,
        ),
    ),
)
