"""What a finding on an SPF record has to say of the new record, which mends more than this finding names.

There is one new record for all findings (checks.parse.spf_proposal). Where it ends otherwise than the old one, that is
safe only once all senders are listed; the finding on the end says so, and all others have to as well.
"""

from __future__ import annotations

from dataclasses import replace

from checks.catalogue import Text, Texts
from checks.evidence.spf import SpfRecord
from checks.parse.spf import parse_spf

WITH_END = "with_end"
"""The wording for a new record whose end is another one."""

ALL_BUT_PTR = Text(
    en="all corrections of this report but that of `ptr`",
    ja="`ptr` を除き、この結果のすべての修正",
)
"""What the new record holds: which servers pass by `ptr` no record tells, so that it stays (SPF306)."""

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
