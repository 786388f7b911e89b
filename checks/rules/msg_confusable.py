"""Can the domains of the mail be mistaken for others?"""

from __future__ import annotations

from collections.abc import Iterator

import idna

from checks.catalogue import Check, Finding, Rule, Sample, Text, Texts
from checks.data.scripts import COMMON, scripts_of
from checks.evidence.message import MessageEvidence, SessionEvidence
from checks.model import Severity, Tier

CONFUSABLE_DOMAIN = Rule(
    id="MSG204",
    name="confusable-domain",
    severity=Severity.WARNING,
    tier=Tier.NONE,
    since="0.2",
    facts=("domain", "shown", "scripts", "where"),
    texts=Texts(
        title=Text(
            en="The domain `{shown}` ({where}) mixes the scripts {scripts:code}",
            ja="ドメイン `{shown}`({where})に複数の文字体系が混在しています: {scripts:code}",
        ),
        why=Text(
            en="`{domain}` is not at the Highly Restrictive level of UTS #39: letters of one script can be taken for those of another. Gmail demands this level, and refuses or marks such mail.",
            ja="`{domain}` は、UTS #39のHighly Restrictiveの条件を満たしていません。別の文字体系の似た文字と見間違えられます。Gmailはこの条件を求めており、満たさないと拒否や警告の対象になります。",
        ),
        fix=Text(
            en="Send from a domain whose labels are in one script (Kanji, Kana and Latin letters may stand together), best one of ASCII letters only.",
            ja="1つの文字体系だけのドメイン(漢字・かな・英字の組み合わせは可)から送信してください。英数字だけのドメインが確実です。",
        ),
    ),
    variants={
        "unusual": Texts(
            title=Text(
                en="The domain `{shown}` ({where}) has characters that are not recommended for names",
                ja="ドメイン `{shown}`({where})に、推奨されない文字が含まれています",
            ),
            why=Text(
                en="`{domain}` has letters of a script outside the recommended ones of UAX #31, which the Highly Restrictive level of UTS #39 excludes. Gmail demands this level, and refuses or marks such mail.",
                ja="`{domain}` には、UAX #31の推奨文字体系に含まれない文字があり、UTS #39のHighly Restrictiveの条件を満たしません。Gmailはこの条件を求めており、満たさないと拒否や警告の対象になります。",
            ),
            fix=Text(
                en="Send from a domain of ASCII letters, or of one script in everyday use.",
                ja="英数字だけのドメイン、または日常的に使われる1つの文字体系のドメインから送信してください。",
            ),
        )
    },
    references=("https://www.unicode.org/reports/tr39/#Restriction_Level_Detection",),
    sample=Sample(bad="From: info@ex\u0430mple.example  (a Cyrillic a)", good="From: info@例え.example"),
)

_AUGMENTED = {
    "Hani": frozenset({"Hanb", "Jpan", "Kore"}),
    "Hira": frozenset({"Jpan"}),
    "Kana": frozenset({"Jpan"}),
    "Hang": frozenset({"Kore"}),
    "Bopo": frozenset({"Hanb"}),
}
"""UTS #39 section 5.1: the writing systems of East Asia that use several scripts."""
_WITH_LATIN = frozenset({"Hanb", "Jpan", "Kore"})


def judge(message: MessageEvidence, session: SessionEvidence) -> Iterator[Finding]:
    path = session.mail_from if session.mail_from is not None else message.return_path_header
    places = [("From", message.from_domain or ""), ("Return-Path", (path or "").rpartition("@")[2])]
    places += [("DKIM d=", signature.domain) for signature in message.signatures]
    told: set[str] = set()
    for where, domain in places:
        for label in domain.lower().split("."):
            shown = _shown(label)
            scripts = None if shown.isascii() else _offending(shown)
            if scripts is None or domain in told:
                continue
            told.add(domain)
            yield CONFUSABLE_DOMAIN.found(
                domain,
                variant=None if scripts else "unusual",
                domain=domain,
                shown=".".join(map(_shown, domain.split("."))),
                scripts=scripts,
                where=where,
            )


def _shown(label: str) -> str:
    try:
        return idna.decode(label)
    except (idna.IDNAError, UnicodeError, ValueError, IndexError):
        return label


def _offending(label: str) -> tuple[str, ...] | None:
    """None where the label is Highly Restrictive; otherwise the scripts that it mixes, () for an excluded one."""
    sets = [scripts_of(character) for character in label]
    if not all(sets):
        return ()
    sets = [scripts for scripts in sets if COMMON not in scripts]
    others = [scripts for scripts in sets if "Latn" not in scripts]
    if _shared(sets) or not others or (_shared(others) & _WITH_LATIN):
        return None
    return tuple(sorted({min(scripts) for scripts in sets}))


def _shared(sets: list[frozenset[str]]) -> frozenset[str]:
    """The scripts and writing systems that every character is used with; all, of nothing."""
    augmented = [scripts.union(*(_AUGMENTED.get(script, frozenset()) for script in scripts)) for scripts in sets]
    return frozenset.intersection(*augmented) if augmented else _WITH_LATIN


CHECK = Check(
    id="msg.confusable",
    title=Text(en="Message: characters of the domains", ja="メッセージ: ドメインの文字"),
    needs=(MessageEvidence, SessionEvidence),
    rules=(CONFUSABLE_DOMAIN,),
    judge=judge,
    of_mail=True,
)
