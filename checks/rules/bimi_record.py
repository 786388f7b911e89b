"""Does the domain publish a logo (BIMI)?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, Rule, Sample, Text, Texts
from checks.evidence.bimi import BimiEvidence
from checks.evidence.dmarc import DmarcEvidence
from checks.evidence.domain import UseEvidence
from checks.evidence.versioned import FaultyRecord
from checks.model import Absent, Seen, Severity, Tier, Unreachable, Why
from checks.rules._enforcement import weakness
from checks.rules._policy_record import policy_change

_NO_LOGO = Text(
    en="`{domain}` publishes no logo for its mail (BIMI)",
    ja="`{domain}` はメールに表示するロゴ(BIMI)を公開していません",
)
_OPTIONAL = Text(
    en="Optional. The DMARC policy is strict enough for BIMI (p=quarantine or p=reject): Gmail, Yahoo, Apple and others can show your logo beside mail that passes.",
    ja="必須ではありません。DMARCポリシーは、BIMIの前提条件(p=quarantineまたはp=reject)を満たしています。Gmail、米国Yahoo、Appleなどで、DMARCに合格したメールの横に自社のロゴを表示できます。",
)

NO_BIMI = Rule(
    id="BIMI001",
    name="no-bimi",
    severity=Severity.NOTICE,
    tier=Tier.NONE,
    since="0.2",
    facts=("domain", "name", "target"),
    texts=Texts(
        title=_NO_LOGO,
        why=_OPTIONAL,
        fix=Text(
            en="Put the logo as SVG Tiny PS on a web server and publish its URL in a TXT record at `{name}`, in this form with your own URL: `v=BIMI1; l=https://www.{domain}/logo.svg`. For Gmail (VMC or CMC) and Apple (VMC only) add `; a=` and the URL of the mark certificate, as in `; a=https://www.{domain}/mark.pem`.",
            ja="ロゴをSVG Tiny PS形式でWebサーバーに置き、そのURLを `{name}` のTXTレコードに登録します(例: `v=BIMI1; l=https://www.{domain}/logo.svg`。URLは実際のものに置き換えます)。マーク証明書が必要なGmail(VMCまたはCMC)とApple(VMCのみ)では、そのURLも続けて記載します(例: `; a=https://www.{domain}/mark.pem`)。",
        ),
    ),
    variants={
        "alias": Texts(
            title=_NO_LOGO,
            why=_OPTIONAL,
            fix=Text(
                en="`{name}` is an alias (CNAME) of `{target}`, where no BIMI record stands. Have a TXT record published there: `v=BIMI1; l=` and the https URL of the logo (SVG Tiny PS), for Gmail and Apple also `; a=` and that of a mark certificate. Or delete the CNAME (one of a wildcard can stay) and publish it at `{name}`.",
                ja="`{name}` は `{target}` の別名(CNAME)ですが、そこにBIMIレコードはありません。`v=BIMI1; l=` にロゴ(SVG Tiny PS)のhttps URLを続け、GmailやAppleで表示するには `; a=` とマーク証明書のURLも加えたTXTレコードを、`{target}` に登録してもらうか、CNAMEを削除して(ワイルドカードによるものは残せます)`{name}` に登録します。",
            ),
        )
    },
    references=("https://bimigroup.org/implementation-guide/", "https://support.google.com/a/answer/10911320"),
    sample=Sample(
        bad="(no TXT record at default._bimi.example.co.jp)",
        good='default._bimi.example.co.jp. TXT "v=BIMI1; l=https://www.example.co.jp/bimi.svg"',
    ),
)

_WHY = Text(
    en="Receivers ignore the record, so no logo is shown. Delivery does not change.",
    ja="受信側はこのレコードを無視するため、ロゴは表示されません。配送には影響しません。",
)
_FIX = Text(
    en="Publish one TXT record at `{name}`: `v=BIMI1; l=` and the https URL of the logo, then `; a=` and the https URL of the mark certificate if you have one.",
    ja="`{name}` のTXTレコードを1個だけ登録します。`v=BIMI1; l=` に続けてロゴのhttps URLを書き、マーク証明書がある場合は `; a=` に続けてそのhttps URLを書いてください。",
)

RECORD_INVALID = Rule(
    id="BIMI101",
    name="bimi-record-invalid",
    severity=Severity.WARNING,
    tier=Tier.NONE,
    since="0.2",
    facts=("domain", "name", "part", "count"),
    texts=Texts(
        title=Text(
            en="The BIMI record at `{name}` cannot be read at `{part}`",
            ja="`{name}` のBIMIレコードの `{part}` に構文エラーがあります",
        ),
        why=_WHY,
        fix=_FIX,
    ),
    variants={
        "missing": Texts(
            title=Text(
                en="The BIMI record at `{name}` has no `{part}=`", ja="`{name}` のBIMIレコードに `{part}=` がありません"
            ),
            why=_WHY,
            fix=_FIX,
        ),
        "value": Texts(
            title=Text(
                en="The BIMI record at `{name}` has `{part}`, which is no https URL of a host name",
                ja="`{name}` のBIMIレコードの `{part}` は、ホスト名を使ったhttps URLではありません",
            ),
            why=_WHY,
            fix=_FIX,
        ),
        "look_alike": Texts(
            title=Text(
                en="The TXT record at `{name}` does not begin with `v=BIMI1;`",
                ja="`{name}` のTXTレコードが `v=BIMI1;` で始まっていません",
            ),
            why=_WHY,
            fix=_FIX,
        ),
        "multiple": Texts(
            title=Text(
                en="There are {count} BIMI records at `{name}`", ja="`{name}` にBIMIレコードが{count}個あります"
            ),
            why=_WHY,
            fix=_FIX,
        ),
    },
    references=("https://datatracker.ietf.org/doc/draft-brand-indicators-for-message-identification/",),
    sample=Sample(
        bad="v=BIMI1; l=http://www.example.co.jp/bimi.svg", good="v=BIMI1; l=https://www.example.co.jp/bimi.svg"
    ),
)


def judge(bimi: BimiEvidence, dmarc: DmarcEvidence, use: UseEvidence) -> Iterator[Finding]:
    name = f"default._bimi.{bimi.domain}"
    match bimi.record:
        case Unreachable(why=why):
            raise CannotTell(why)
        case Seen(FaultyRecord(texts, fault, part)):
            yield RECORD_INVALID.found(
                bimi.domain,
                variant=None if fault == "syntax" else fault,
                records=[policy_change(name, bimi.alias_of, text, None) for text in texts],
                domain=bimi.domain,
                name=name,
                part=part,
                count=len(texts),
            )
        case Absent():
            if use.non_sending:
                raise NotApplicable(Why.NON_SENDING)
            # A name below takes the logo of its organizational domain.
            if use.is_below or weakness(dmarc) is not None:
                raise NotApplicable(Why.NO_RECORD)
            if use.non_sending is None:
                raise CannotTell(Why.DEPENDS)
            yield NO_BIMI.found(
                bimi.domain,
                variant="alias" if bimi.alias_of else None,
                domain=bimi.domain,
                name=name,
                target=bimi.alias_of or "-",
            )


CHECK = Check(
    id="bimi.record",
    title=Text(en="BIMI record", ja="BIMIレコード"),
    needs=(BimiEvidence, DmarcEvidence, UseEvidence),
    rules=(NO_BIMI, RECORD_INVALID),
    judge=judge,
)
