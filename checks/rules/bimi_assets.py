"""Can receivers get the BIMI logo and its certificate, and are they valid?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, Rule, Sample, Text, Texts
from checks.evidence.bimi import (
    BimiAssetsEvidence,
    BimiEvidence,
    BimiRecord,
    CertificateProblem,
    Logo,
    LogoProblem,
    MarkCertificate,
)
from checks.model import HttpsFault, NotServed, Seen, Severity, Tier, Unreachable, Why
from checks.rules import _https_fault

_WHY = Text(
    en="Receivers that cannot use it show no logo. Delivery does not change.",
    ja="受信側が利用できないため、ロゴは表示されません。配送には影響しません。",
)

_NO_CERTIFICATE = Text(
    en="Gmail and Apple show no logo without a valid mark certificate. Delivery does not change.",
    ja="有効なマーク証明書がない場合、GmailやAppleではロゴが表示されません。配送には影響しません。",
)

_LOGO = _https_fault.variants(Text(en="BIMI logo of `{domain}`: ", ja="`{domain}` のBIMIのロゴ: "), _WHY)
_CERTIFICATE = _https_fault.variants(
    Text(en="The mark certificate of `{domain}` cannot be fetched: ", ja="`{domain}` のマーク証明書を取得できません: "),
    _NO_CERTIFICATE,
)

ASSETS_INVALID = Rule(
    id="BIMI301",
    name="bimi-assets-invalid",
    severity=Severity.WARNING,
    tier=Tier.NONE,
    since="0.2",
    facts=("domain", "problems", *_https_fault.FACTS),
    texts=Texts(
        title=Text(
            en="The BIMI logo of `{domain}` breaks SVG Tiny PS at {problems:code}",
            ja="`{domain}` のBIMIのロゴがSVG Tiny PSの規則に反しています: {problems:code}",
        ),
        why=_WHY,
        fix=Text(
            en='Export the logo at `{url}` anew as SVG Tiny PS: `version="1.2"`, `baseProfile="tiny-ps"`, a `<title>`, no `x` or `y` at `<svg>`, no scripts, images, links or DOCTYPE, at most 32 KiB, served as `image/svg+xml`.',
            ja='`{url}` のロゴをSVG Tiny PS形式で作り直してください。`version="1.2"`、`baseProfile="tiny-ps"`、`<title>` が必要です。`<svg>` の `x` と `y`、スクリプト、画像、リンク、DOCTYPEは使えません。32 KiB以下とし、`image/svg+xml` で公開します。',
        ),
    ),
    variants={
        **{f"logo_{fault}": texts for fault, texts in _LOGO.items()},
        **{f"certificate_{fault}": texts for fault, texts in _CERTIFICATE.items()},
        "certificate": Texts(
            title=Text(
                en="The mark certificate of `{domain}` does not hold: {problems:code}",
                ja="`{domain}` のマーク証明書が有効ではありません: {problems:code}",
            ),
            why=_NO_CERTIFICATE,
            fix=Text(
                en="Put a valid mark certificate for `{domain}` (renewed, if it has expired), with its chain as PEM, at `{url}`, and serve at `l=` exactly the logo that it contains. Otherwise ask its authority.",
                ja="`{domain}` の有効なマーク証明書(期限切れの場合は更新したもの)を、中間証明書とともにPEM形式で `{url}` に置き、`l=` では証明書に含まれるロゴと同じファイルを公開してください。解決しない場合は、発行元の認証局に問い合わせます。",
            ),
        ),
    },
    references=("https://bimigroup.org/creating-bimi-svg-logo-files/", "https://bimigroup.org/implementation-guide/"),
    sample=Sample(
        bad='<svg xmlns="http://www.w3.org/2000/svg" version="1.1">',
        good='<svg xmlns="http://www.w3.org/2000/svg" version="1.2" baseProfile="tiny-ps">',
    ),
)

_NOT_TESTED: Mapping[str, frozenset[HttpsFault]] = {
    "logo": frozenset({HttpsFault.REDIRECT}),
    "certificate": frozenset({HttpsFault.REDIRECT, HttpsFault.TOO_LARGE}),
}
"""No fault here: BIMI does not forbid redirects, which we do not follow, and sets no limit to a certificate."""

_IN_WORDS_OF_THE_FILE: Mapping[str, str] = {
    "xml": "XML",
    "doctype": "<!DOCTYPE>",
    "version": "version",
    "profile": "baseProfile",
    "title": "<title>",
    "media_type": "Content-Type",
    "pem": "PEM",
    "expired": "notAfter",
    "early": "notBefore",
    "domain": "subjectAltName",
    "no_logo": "logotype",
    "other_logo": "logotype, l=",
    "profile_of_certificate": "issuer, subject",
}


def judge(bimi: BimiEvidence, assets: BimiAssetsEvidence) -> Iterator[Finding]:
    match bimi.record:
        case Unreachable(why=why):
            raise CannotTell(why)
        case Seen(BimiRecord() as record) if record.logo or record.certificate:
            pass
        case _:
            raise NotApplicable(Why.NO_RECORD)
    unknown: list[Why] = []
    for kind, asset in (("logo", assets.logo), ("certificate", assets.certificate)):
        match asset:
            case Unreachable(why=why):
                unknown.append(why)
            case NotServed(fault=fault) if fault in _NOT_TESTED[kind]:
                unknown.append(Why.NOT_COVERED)
            case NotServed(url, fault, detail):
                yield _found(bimi.domain, f"{kind}_{fault.value}", url, host=_https_fault.host_of(asset), detail=detail)
            case Logo(url=url, problems=problems) if problems:
                yield _found(bimi.domain, None, url, problems=tuple(map(_of_logo, problems)))
            case MarkCertificate(url=url, problems=faults) if faults:
                yield _found(bimi.domain, "certificate", url, problems=tuple(map(_of_certificate, faults)))
    if unknown:
        raise CannotTell(unknown[0])


def _found(
    domain: str, variant: str | None, url: str, problems: tuple[str, ...] = (), host: str = "", detail: str = ""
) -> Finding:
    return ASSETS_INVALID.found(
        url, variant=variant, domain=domain, url=url, problems=problems, host=host, detail=detail
    )


def _of_logo(problem: LogoProblem) -> str:
    """The place in the file, in its own words."""
    named = _IN_WORDS_OF_THE_FILE.get(problem.fault)
    if named is None:
        return problem.part
    match problem.fault:
        case "media_type":
            return f"{named}: {problem.part}" if problem.part else named
        case "version" | "profile":
            return f'{named}="{problem.part}"' if problem.part else named
    return named


def _of_certificate(problem: CertificateProblem) -> str:
    named = _IN_WORDS_OF_THE_FILE["profile_of_certificate" if problem.fault == "profile" else problem.fault]
    return f"{named}: {problem.part}" if problem.part else named


CHECK = Check(
    id="bimi.assets",
    title=Text(en="BIMI logo and certificate", ja="BIMIのロゴと証明書"),
    needs=(BimiEvidence, BimiAssetsEvidence),
    rules=(ASSETS_INVALID,),
    judge=judge,
)
