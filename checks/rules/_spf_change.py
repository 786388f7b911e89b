"""What a finding on an SPF record has to say of the new record, which mends more than this finding names.

And the change of the TXT records that are meant as SPF but are none, which two findings show.

There is one new record for all findings (checks.parse.spf_proposal). Where it ends otherwise than the old one, that is
safe only once all senders are listed; the finding on the end says so, and all others have to as well.
"""

from __future__ import annotations

from dataclasses import replace

from checks.catalogue import RecordChange, Text, Texts
from checks.evidence.spf import SpfEvidence, SpfRecord
from checks.parse.spf import parse_spf
from checks.parse.spf_proposal import one_for
from checks.parse.spf_repair import Correction, look_alikes

MAX_SHOWN = 20
"""Of several records: more than are ever merged."""

WITH_END = "with_end"
"""The wording for a new record whose end is another one."""

ALL_CERTAIN = Text(
    en="all SPF corrections of this report except those to be made by hand",
    ja="手作業が必要なものを除き、この検査結果に示したSPFの修正すべて",
)
"""What the new record holds. Which servers pass by `ptr` no record tells (SPF306), nor what a void lookup meant."""

_CONDITION = Text(
    en="First make sure that all your senders are listed, since the new record ends in `~all`. ",
    ja="新しいレコードの末尾は `~all` になるため、先に、送信元がすべて記載されていることを確認してください。",
)


def with_end(texts: Texts) -> Texts:
    """The same, with the condition in front of what to do."""
    fix = Text(en=_CONDITION.en + texts.fix.en, ja=_CONDITION.ja + texts.fix.ja)
    return replace(texts, fix=fix)


def changes_end(old: SpfRecord | None, new: str | None) -> bool:
    """Whether servers that nothing lists get another result by `new`."""
    if old is None or new is None or (end := parse_spf(new).all_term) is None:
        return False
    return old.all_term is None or old.all_term.qualifier != end.qualifier


def one_for_look_alikes(spf: SpfEvidence) -> tuple[Correction | None, tuple[RecordChange, ...]]:
    """The one record to publish in their place where there is no valid one, None where it is not certain.

    One for all: of two that are corrected each by itself receivers would use neither (RFC 7208 section 4.5).
    """
    texts = look_alikes(spf.answer)
    one = one_for(texts, spf.domain)
    first = RecordChange(spf.domain, "TXT", texts[0], one.text if one else None) if texts else None
    others = [RecordChange(spf.domain, "TXT", text, "" if one else None) for text in texts[1:MAX_SHOWN]]
    return one, (first, *others) if first else ()
