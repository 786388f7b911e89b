"""Google's requirements for mail to personal Gmail accounts.

After support.google.com/a/answer/81126 and 14229414 and its table of SMTP errors, read 2026-07-02. The sentences are ours,
the requirements and to whom each applies are Google's. The first twelve are those that Postmaster Tools tells apart.
ARC, which Google asked of forwarders until March 2026, is no longer among them.
"""

from __future__ import annotations

from checks.catalogue import Text
from checks.model import Why
from checks.profiles import authentication
from checks.profiles.view import Profile, Requirement

GOOGLE = Profile(
    name=Text(en="Google (Gmail)", ja="Google(Gmail)"),
    note=Text(
        en="For mail to personal Gmail accounts. “Bulk” is close to 5,000 mails a day or more, counted over the whole domain; whoever reached it once stays a bulk sender. A `mailto:` address for unsubscribing is not enough for Google, and ARC is no longer asked for.",
        ja="個人のGmailアカウント宛てのメールが対象です。「大量送信者」はドメイン全体で1日におよそ5,000通以上を送る送信者で、一度でも達するとその後も該当します。配信停止の方法が `mailto:` だけでは不十分です。ARCは要件ではなくなりました。",
    ),
    references=("https://support.google.com/a/answer/81126", "https://support.google.com/a/answer/14229414"),
    requirements=(
        Requirement(
            "G-A01",
            Text(en="SPF or DKIM passes", ja="SPFまたはDKIMに合格する"),
            checks=("spf.result", "dkim.verification"),
            any_of=True,
            mail=authentication.spf_or_dkim_passes,
        ),
        Requirement(
            "G-A02",
            Text(
                en="The sending address has reverse DNS that leads back to it",
                ja="送信元IPアドレスの逆引きと正引きが一致する",
            ),
            checks=("ptr.client",),
        ),
        Requirement("G-A03", Text(en="Mail is sent over TLS", ja="TLSで送信する"), checks=("tls.session",)),
        Requirement(
            "G-A05",
            Text(
                en="The message follows RFC 5322 (one From, a Message-ID, no field twice)",
                ja="メッセージがRFC 5322に準拠している(Fromは1つ、Message-IDあり、ヘッダーの重複なし)",
            ),
            rules=("MSG101", "MSG102", "MSG104", "MSG105", "MSG106", "MSG109"),
        ),
        Requirement(
            "G-A07",
            Text(
                en="DKIM keys have at least 1024 bits (better 2048)",
                ja="DKIMの鍵長が1024ビット以上である(推奨2048ビット)",
            ),
            rules=("DKIM202",),
        ),
        Requirement(
            "G-A04",
            Text(
                en="Reported as spam below 0.3 % (aim for less than 0.1 %)",
                ja="迷惑メール率が0.3%未満である(目標0.1%未満)",
            ),
            unmeasurable=True,
        ),
        Requirement(
            "G-B01",
            Text(en="SPF and DKIM both pass", ja="SPFとDKIMの両方に合格する"),
            applies="bulk",
            checks=(
                "spf.record",
                "spf.syntax",
                "spf.lookups",
                "spf.includes",
                "spf.voids",
                "spf.result",
                "dkim.signature",
                "dkim.field",
                "dkim.key",
                "dkim.verification",
            ),
            mail=authentication.spf_and_dkim_pass,
        ),
        Requirement(
            "G-B02",
            Text(
                en="A DMARC record with a policy (p=none is enough)",
                ja="ポリシーのあるDMARCレコードがある(p=noneでも可)",
            ),
            applies="bulk",
            checks=("dmarc.record", "dmarc.syntax", "dmarc.policy"),
        ),
        Requirement(
            "G-B03",
            Text(
                en="From is aligned with SPF or DKIM",
                ja="Fromのドメインが、SPFまたはDKIMのドメインと一致している(アライメント)",
            ),
            applies="bulk",
            checks=("dmarc.result",),
            mail=authentication.is_aligned,
        ),
        Requirement(
            "G-B04",
            Text(
                en="One-click unsubscribe by HTTPS, signed by DKIM",
                ja="HTTPSのワンクリックで配信停止できる(ヘッダーはDKIM署名の対象)",
            ),
            applies="marketing",
            rules=("LIST001", "LIST002", "LIST101", "LIST201"),
            # The headers are there, and no signature that passes can cover them.
            broken_where=(Why.NO_SIGNATURE, Why.NO_PASS),
        ),
        Requirement(
            "G-B05",
            Text(en="A visible link to unsubscribe in the text", ja="本文に配信停止のリンクが明示されている"),
            applies="marketing",
            rules=("LIST202",),
        ),
        Requirement(
            "G-B06",
            Text(en="Unsubscribes honoured within 48 hours", ja="配信停止を48時間以内に反映する"),
            applies="marketing",
            unmeasurable=True,
        ),
        Requirement(
            "G-A06",
            Text(en="From is not a Gmail address used elsewhere", ja="FromにGmailのアドレスを使って他から送信しない"),
            rules=("MSG201",),
        ),
        Requirement(
            "G-A08",
            Text(
                en="SPF does not forbid the sending address (fail by -all)",
                ja="SPFがfail(-allなど)にならない",
            ),
            checks=("spf.result",),
            mail=authentication.is_not_disowned_by_spf,
        ),
        Requirement(
            "G-A09",
            Text(
                en="DMARC passes where the own policy is quarantine or reject",
                ja="自ドメインのポリシーがquarantine/rejectの場合、DMARCに合格する",
            ),
            checks=("dmarc.result",),
            mail=authentication.follows_own_policy,
        ),
        Requirement(
            "G-A10",
            Text(
                en="No suspicious entries in SPF (our reading: it does not allow everyone)",
                ja="SPFに不審な記述がない(誰でも送信できる設定でないかを検査)",
            ),
            rules=("SPF201",),
        ),
        Requirement(
            "G-A11",
            Text(
                en="No look-alike characters in the sender's domain (UTS #39)",
                ja="送信者のドメインに紛らわしい文字がない(UTS #39)",
            ),
            rules=("MSG204",),
        ),
        Requirement(
            "G-A15",
            Text(en="The server greets with a valid name (HELO)", ja="HELO/EHLOの名前が有効である"),
            rules=("HELO101",),
        ),
        Requirement(
            "G-A17",
            Text(en="The sending volume stays within Gmail's quotas", ja="Gmailの送信量の上限を超えない"),
            unmeasurable=True,
        ),
        Requirement(
            "G-A12",
            Text(
                en="The display name names the sender and nothing else",
                ja="表示名が送信者だけを示し、紛らわしい内容を含まない",
            ),
            applies="recommended",
            rules=("MSG202",),
        ),
        Requirement(
            "G-A13",
            Text(en="“Re:” and “Fwd:” only in real replies", ja="件名の「Re:」「Fwd:」は返信と転送だけに使う"),
            applies="recommended",
            rules=("MSG203",),
        ),
        Requirement(
            "G-A14",
            Text(en="The sending address is on no blocklist", ja="送信元IPアドレスがブラックリストに掲載されていない"),
            applies="recommended",
            checks=("bl.client",),
        ),
        Requirement(
            "G-A16",
            Text(
                en="Domain and linked sites are safe for Safe Browsing",
                ja="ドメインとリンク先がセーフブラウジングで安全である",
            ),
            applies="recommended",
            unmeasurable=True,
        ),
        Requirement(
            "G-R01",
            Text(
                en="From is aligned with SPF and DKIM both",
                ja="Fromのドメインが、SPFとDKIM両方のドメインと一致している(アライメント)",
            ),
            applies="recommended",
            checks=("dmarc.result",),
            mail=authentication.both_are_aligned,
        ),
        Requirement(
            "G-R02",
            Text(en="DMARC asks for reports (rua)", ja="DMARCレポートの宛先(rua)がある"),
            applies="recommended",
            checks=("dmarc.reports",),
            rules=("DMARC301", "DMARC302"),
        ),
        Requirement(
            "G-R03",
            Text(
                en="One From and one address for each kind of mail",
                ja="メールの種類ごとにFromと送信元IPアドレスを分ける",
            ),
            applies="recommended",
            unmeasurable=True,
        ),
    ),
)
