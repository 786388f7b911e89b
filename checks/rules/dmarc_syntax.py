"""Can receivers read the DMARC record as it was meant?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, RecordChange, Rule, Sample, Text, Texts
from checks.evidence.dmarc import DmarcEvidence, DmarcRecord, DmarcTag
from checks.evidence.domain import UseEvidence
from checks.evidence.mx import MxEvidence
from checks.model import Seen, Severity, Tier, Unreachable, Why
from checks.parse.dmarc import MAX_TEXT, is_meant_as_record, is_record, parse_dmarc, texts_at
from checks.parse.dmarc_rewrite import REMOVED_TAGS, is_read_in_two_ways
from checks.parse.domain import registrable
from checks.rules._dmarc_change import begun_with, change_at, change_now

_INVALID_POLICY = Text(
    en="The DMARC record at `{name}` has an invalid policy: `{part}`",
    ja="`{name}` のDMARCレコードのポリシー `{part}` は無効です",
)
_IGNORED = Text(
    en="A TXT record at `{name}` looks like DMARC, but receivers ignore it: `{part}`",
    ja="`{name}` のTXTレコードはDMARCレコードとみられますが、書式の誤りにより無視されます: `{part}`",
)
_WHY_IGNORED = Text(
    en="A DMARC record must begin with exactly `v=DMARC1` in this case, without quotes. This one does not, so to every receiver you have no record here.",
    ja="DMARCレコードは `v=DMARC1`(大文字と小文字もこのとおり、引用符なし)で始まる必要があります。これは該当せず、受信側からはレコードがないものとして扱われます。",
)

DMARC_SYNTAX_ERROR = Rule(
    id="DMARC102",
    name="dmarc-syntax-error",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.1",
    facts=("name", "part", "position", "count"),
    alternatives=((Severity.WARNING, Tier.NONE),),
    texts=Texts(
        title=_INVALID_POLICY,
        why=Text(
            en="Receivers know only none, quarantine and reject. With any other value the record counts as p=none, or as no DMARC at all where it has no report address.",
            ja="有効な値はnone、quarantine、rejectのみです。それ以外の値があると、受信側はp=noneとして扱うか、レポートの宛先もなければDMARC自体を適用しません。",
        ),
        fix=Text(
            en="Correct `{part}` (it begins at octet {position} of the record) to the policy you want: none, quarantine or reject. No policy has been applied so far, so a record shown below is one that puts no mail of yours at risk. Make it stricter when all of it passes.",
            ja="レコードの{position}オクテット目から始まる `{part}` を、none、quarantine、rejectのうち意図した値に修正してください。これまでポリシーは適用されていないため、下記にレコードを示す場合は、自社のメールに影響しない内容にしています。すべて合格することを確認してから強化してください。",
        ),
    ),
    variants={
        "np": Texts(
            title=_INVALID_POLICY,
            why=Text(
                en="By RFC 9989 receivers treat the whole record as p=none because of it, or as no DMARC where it has no report address. Those that still follow RFC 7489 do not know `np` and apply `p`.",
                ja="RFC 9989に従う受信側は、この値のためにレコード全体をp=noneとして扱うか、レポートの宛先もなければDMARCを適用しません。RFC 7489に従う受信側は `np` を知らず、`p` をそのまま適用します。",
            ),
            fix=Text(
                en="Correct `{part}` (it begins at octet {position} of the record) to none, quarantine or reject, or delete it; then all receivers apply `p`. See first that all your mail passes. No new record is shown, since receivers differ in what they apply now.",
                ja="レコードの{position}オクテット目から始まる `{part}` を、none、quarantine、rejectのいずれかに修正するか、削除してください。その後はすべての受信側で `p` が適用されるため、先に自社のメールがすべて合格することを確認します。現在の扱いが受信側によって異なるため、変更後のレコードは示していません。",
            ),
        ),
        "ignored": Texts(
            title=_IGNORED,
            why=_WHY_IGNORED,
            fix=Text(
                en="Replace the record by the one below; what is wrong begins at octet {position}. The policy you wrote has never been applied: the record shown puts no mail of yours at risk. Make it stricter when all of it passes.",
                ja="下記のレコードに置き換えてください。誤りは{position}オクテット目から始まっています。記載したポリシーはこれまで適用されていないため、下記では自社のメールに影響しない内容にしています。すべて合格することを確認してから強化してください。",
            ),
        ),
        "ignored_by_hand": Texts(
            title=_IGNORED,
            why=_WHY_IGNORED,
            fix=Text(
                en="In its place publish one TXT record at `{name}` that begins with exactly `v=DMARC1;`, with p=none and the address for reports, or delete it to inherit. No new record is shown: what was meant is not certain. Make it stricter when all your mail passes.",
                ja="このレコードの代わりに、`v=DMARC1;` で始まり、p=noneとレポートの宛先を記載したTXTレコードを `{name}` に1つだけ登録するか、上位の設定に従う場合は削除してください。意図した内容を確定できないため、変更後のレコードは示していません。ポリシーは、自社のメールがすべて合格することを確認してから強化します。",
            ),
        ),
        "ignored_several": Texts(
            title=Text(
                en="{count} TXT records at `{name}` look like DMARC, but receivers ignore them: `{part}` and more",
                ja="`{name}` の{count}個のTXTレコードはDMARCレコードとみられますが、書式の誤りにより無視されます: `{part}` など",
            ),
            why=Text(
                en="A DMARC record must begin with exactly `v=DMARC1` in this case, without quotes, and be the only one. None of these begins so, so to every receiver you have no record here.",
                ja="DMARCレコードは `v=DMARC1`(大文字と小文字もこのとおり、引用符なし)で始まり、1つだけでなければなりません。いずれも該当せず、受信側からはレコードがないものとして扱われます。",
            ),
            fix=Text(
                en="Replace all of them by one record: if two were corrected, receivers would discard both. Where one is shown below, it puts no mail of yours at risk; else only you know which is right. None of them has been applied so far: make it stricter when all your mail passes.",
                ja="すべてをまとめて、1つのレコードに置き換えてください(2つを修正すると、どちらも無視されます)。下記に変更後のレコードがあれば、自社のメールに影響しない内容です。なければ、意図した内容を確認してください。ポリシーは、すべて合格することを確認してから強化します。",
            ),
        ),
        "tag": Texts(
            title=Text(
                en="The DMARC record at `{name}` has a part that receivers ignore: `{part}`",
                ja="`{name}` のDMARCレコードに、無視される部分があります: `{part}`",
            ),
            why=Text(
                en="The rest of the record works, and the default is used for this part. What you meant by it has no effect.",
                ja="ほかの部分は有効で、この部分には既定値が使われます。意図した設定は反映されていません。",
            ),
            fix=Text(
                en="Correct or delete `{part}` (it begins at octet {position} of the record). Where a record is shown below, it has what you meant only if that changes nothing for your mail. Before you set more, check that all of it passes.",
                ja="レコードの{position}オクテット目から始まる `{part}` を修正するか、削除してください。下記にレコードを示す場合、意図した設定は、自社のメールの扱いが変わらないものに限り反映しています。それ以外を設定するときは、先に自社のメールがすべて合格することを確認してください。",
            ),
        ),
    },
    references=(
        "https://www.rfc-editor.org/rfc/rfc9989#section-4.7",
        "https://www.rfc-editor.org/rfc/rfc9989#section-4.10.1",
    ),
    sample=Sample(bad="v=DMARC1; p=quarantaine", good="v=DMARC1; p=quarantine"),
)

_SHOWN = 120
_MAX_FINDINGS = 3
"""A text without a single valid part would otherwise be repeated once for each of its parts."""
_MAX_SHOWN = 10
_VERSION = re.compile(
    r"(?<![^\s;])v\s*=\s*dmarc1?(?=[\s,:;]|p\s*=|$)[\s,:]*|(?:^|(?<=;))\s*dmarc1?(?=[\s,:;]|$)[\s,:]*", re.IGNORECASE
)
"""The version where it stands as a part of its own, if without a semicolon: never in an address or a name."""
_QUOTES = re.compile("[\"'“”‘’「」]")


def judge(dmarc: DmarcEvidence, use: UseEvidence, mx: MxEvidence) -> Iterator[Finding]:
    yield from _look_alikes(dmarc, use)
    match dmarc.record:
        case Seen(record) if not dmarc.is_suffix_record:
            problems = islice(_worst_first(record), _MAX_FINDINGS)
            change = change_now(dmarc, use, mx)
            yield from (_problem(dmarc, record, tag, change) for tag in problems)
        case Unreachable(why=why):
            raise CannotTell(why)
        case _:
            raise NotApplicable(Why.NO_RECORD)


def _worst_first(record: DmarcRecord) -> list[DmarcTag]:
    """A tag that is no more in use is DMARC104's, whatever its value."""
    problems = [tag for tag in record.problems if tag.name not in REMOVED_TAGS]
    return sorted(problems, key=lambda tag: tag.name not in ("p", "sp", "np"))


def _look_alikes(dmarc: DmarcEvidence, use: UseEvidence) -> Iterator[Finding]:
    """At the name itself, and at its organization's where no record governs."""
    names = {dmarc.domain} if isinstance(dmarc.record, Seen) else {dmarc.domain, registrable(dmarc.domain)}
    for step in dmarc.walk.steps:
        texts = texts_at(step.answer) if step.domain in names else ()
        meant = tuple(dict.fromkeys(filter(is_meant_as_record, texts)))
        if meant and not any(map(is_record, texts)):
            yield _ignored(step.domain, meant, dmarc, use)


def _ignored(domain: str, texts: Sequence[str], dmarc: DmarcEvidence, use: UseEvidence) -> Finding:
    """One finding for all of them, since one record has to take their place (RFC 9989 section 4.10)."""
    text = texts[0]
    # Where they differ once corrected, which one was meant only their owner knows.
    one, *others = {_corrected(each, domain, dmarc, use) for each in texts[:_MAX_SHOWN]}
    new = None if others or len(texts) > _MAX_SHOWN else one
    rest = [change_at(dmarc, domain, each[:MAX_TEXT], None if new is None else "") for each in texts[1:_MAX_SHOWN]]
    expected = "v=DMARC1"
    position = next((i for i, (a, b) in enumerate(zip(text, expected, strict=False)) if a != b), len(expected))
    return DMARC_SYNTAX_ERROR.found(
        domain,
        variant="ignored_several" if len(texts) > 1 else "ignored" if new else "ignored_by_hand",
        records=[change_at(dmarc, domain, text[:MAX_TEXT], new), *rest],
        name=f"_dmarc.{domain}",
        part=text[:_SHOWN],
        position=position,
        count=len(texts),
    )


def _corrected(text: str, domain: str, dmarc: DmarcEvidence, use: UseEvidence) -> str | None:
    bare = _VERSION.sub(";", _QUOTES.sub("", text[:MAX_TEXT]))
    parts = [part.strip() for part in bare.split(";") if part.strip()]
    return begun_with(parse_dmarc("; ".join(["v=DMARC1", *parts])), domain, dmarc, use)


def _problem(dmarc: DmarcEvidence, record: DmarcRecord, tag: DmarcTag, change: Sequence[RecordChange]) -> Finding:
    part = f"{tag.name}={tag.value}" if tag.name else tag.value
    first = next((t for t in record.tags if t.name == tag.name), None)
    is_policy = tag.name in ("p", "sp", "np") and tag is first
    return DMARC_SYNTAX_ERROR.found(
        dmarc.at or "",
        severity=None if is_policy else Severity.WARNING,
        tier=None if is_policy else Tier.NONE,
        variant=("np" if is_read_in_two_ways(record) else None) if is_policy else "tag",
        records=change,
        name=f"_dmarc.{dmarc.at}",
        part=part[:_SHOWN],
        position=tag.position,
        count=1,
    )


CHECK = Check(
    id="dmarc.syntax",
    title=Text(en="DMARC syntax", ja="DMARCの書式"),
    needs=(DmarcEvidence, UseEvidence, MxEvidence),
    rules=(DMARC_SYNTAX_ERROR,),
    judge=judge,
    required=True,
)
