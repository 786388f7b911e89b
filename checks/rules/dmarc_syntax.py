"""Can receivers read the DMARC record as it was meant?"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from itertools import islice

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, RecordChange, Rule, Sample, Text, Texts
from checks.evidence.dmarc import DmarcEvidence, DmarcRecord, DmarcTag
from checks.model import Seen, Severity, Tier, Unreachable, Why
from checks.parse.dmarc import MAX_TEXT, POLICIES, is_meant_as_record, is_record

DMARC_SYNTAX_ERROR = Rule(
    id="DMARC102",
    name="dmarc-syntax-error",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.1",
    facts=("name", "part", "position"),
    alternatives=((Severity.WARNING, Tier.NONE),),
    texts=Texts(
        title=Text(
            en="The DMARC record at `{name}` has an invalid policy: `{part}`",
            ja="`{name}` のDMARCレコードのポリシー `{part}` は無効です",
        ),
        why=Text(
            en="Receivers know only none, quarantine and reject. With any other value the record counts as p=none, or as no DMARC at all where it has no report address.",
            ja="有効な値はnone、quarantine、rejectのみです。それ以外の値があると、受信側はp=noneとして扱うか、レポートの宛先もなければDMARC自体を適用しません。",
        ),
        fix=Text(
            en="Correct `{part}` (it begins at octet {position} of the record) as shown below.",
            ja="レコードの{position}オクテット目から始まる `{part}` を、下記のとおり修正してください。",
        ),
    ),
    variants={
        "ignored": Texts(
            title=Text(
                en="A TXT record at `{name}` looks like DMARC, but receivers ignore it: `{part}`",
                ja="`{name}` のTXTレコードはDMARCのつもりと思われますが、無視されます: `{part}`",
            ),
            why=Text(
                en="A DMARC record must begin with exactly `v=DMARC1` in this case, without quotes. This one does not, so to every receiver you have no record here.",
                ja="DMARCレコードは `v=DMARC1`(大文字と小文字もこのとおり、引用符なし)で始まる必要があります。これは該当せず、受信側からはレコードがないものとして扱われます。",
            ),
            fix=Text(
                en="Replace the record by the one below; what is wrong begins at octet {position}.",
                ja="下記のレコードに置き換えてください。誤りは{position}オクテット目から始まっています。",
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
                en="Correct or delete `{part}` (it begins at octet {position} of the record).",
                ja="レコードの{position}オクテット目から始まる `{part}` を修正するか、削除してください。",
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
_VERSION = re.compile(r"[\s;]*v\s*=\s*dmarc1?[ \t]*;?|[\s;]*dmarc1?\b[ \t]*;?", re.IGNORECASE)
_QUOTES = re.compile("[\"'“”‘’「」]")


def judge(dmarc: DmarcEvidence) -> Iterator[Finding]:
    own = dmarc.walk.steps[0].answer
    if isinstance(own, Seen):
        texts = [value.decode("utf-8", "replace") for value in own.value.values]
        if not any(is_record(text) for text in texts):
            for text in islice(filter(is_meant_as_record, texts), _MAX_FINDINGS):
                yield _ignored(dmarc, text)
    match dmarc.record:
        case Seen(record) if not dmarc.is_suffix_record:
            yield from islice((_problem(dmarc, record, tag) for tag in _worst_first(record)), _MAX_FINDINGS)
        case Unreachable(why=why):
            raise CannotTell(why)
        case _:
            raise NotApplicable(Why.NO_RECORD)


def _worst_first(record: DmarcRecord) -> list[DmarcTag]:
    return sorted(record.problems, key=lambda tag: tag.name not in ("p", "sp", "np"))


def _ignored(dmarc: DmarcEvidence, text: str) -> Finding:
    bare = _VERSION.sub("", _QUOTES.sub("", text[:MAX_TEXT]))
    tags = [part.strip() for part in bare.split(";") if part.strip()]
    new = "; ".join(["v=DMARC1", *(tags or ["p=none"])])
    expected = "v=DMARC1"
    position = next((i for i, (a, b) in enumerate(zip(text, expected, strict=False)) if a != b), len(expected))
    name = f"_dmarc.{dmarc.domain}"
    return DMARC_SYNTAX_ERROR.found(
        dmarc.domain,
        variant="ignored",
        records=[RecordChange(name, "TXT", text[:MAX_TEXT], new)],
        name=name,
        part=text[:_SHOWN],
        position=position,
    )


def _problem(dmarc: DmarcEvidence, record: DmarcRecord, tag: DmarcTag) -> Finding:
    name = f"_dmarc.{dmarc.at}"
    part = f"{tag.name}={tag.value}" if tag.name else tag.value
    first = next((t for t in record.tags if t.name == tag.name), None)
    is_policy = tag.name in ("p", "sp", "np") and tag is first
    meant = difflib.get_close_matches(tag.value.lower()[:_SHOWN], POLICIES, 1, 0.5) if is_policy else ()
    new = _replaced(record.text, tag, f"{tag.name}={meant[0]}") if meant else None
    return DMARC_SYNTAX_ERROR.found(
        dmarc.at or "",
        severity=None if is_policy else Severity.WARNING,
        tier=None if is_policy else Tier.NONE,
        variant=None if is_policy else "tag",
        records=[RecordChange(name, "TXT", record.text, new)],
        name=name,
        part=part[:_SHOWN],
        position=tag.position,
    )


def _replaced(text: str, tag: DmarcTag, new: str) -> str:
    end = text.find(";", tag.position)
    return text[: tag.position] + new + (text[end:] if end >= 0 else "")


CHECK = Check(
    id="dmarc.syntax",
    title=Text(en="DMARC syntax", ja="DMARCの書式"),
    needs=(DmarcEvidence,),
    rules=(DMARC_SYNTAX_ERROR,),
    judge=judge,
    required=True,
)
