"""Is the DMARC record where receivers look for it, and alone there?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from checks.catalogue import CannotTell, Check, Finding, RecordChange, Rule, Sample, Text, Texts
from checks.evidence.dmarc import DmarcEvidence, DmarcPlaceEvidence
from checks.evidence.domain import DomainEvidence, UseEvidence
from checks.model import Seen, Severity, Tier, Unreachable, Why
from checks.parse.dmarc import MAX_TEXT, is_record, texts_at
from checks.rules._dmarc_change import change_at, first_at, first_record, is_missing, misplaced_records

_SHOWN = 120
_MAX_SHOWN = 3
_NOTHING_ELSE_EN = "Receivers ask for `{right}` only, and no DMARC record applies: this one has never had any effect."
_NOTHING_ELSE_JA = "受信側が参照するのは `{right}` だけです。ほかに適用されるDMARCレコードもなく、このレコードは一度も使われていません。"
_ANOTHER_EN = "Receivers ask for `{right}` only. What applies is the record at `{governing}`; this one has no effect, and misleads whoever reads it."
_ANOTHER_JA = "受信側が参照するのは `{right}` だけです。実際に適用されるのは `{governing}` のレコードで、このレコードには効果がなく、設定の誤解を招きます。"
_MOVE_EN = "Publish the record once at `{right}`, as this report shows it, and delete the one at `{name}`. No receiver has applied its policy so far: it begins with p=none (p=reject if the domain sends no mail). Tighten p=none when the reports are good."
_MOVE_JA = "この結果に示すレコードを `{right}` に1つだけ登録し、`{name}` のレコードを削除してください。これまでポリシーは適用されていないため、p=noneから始めます(メールを送信しないドメインではp=rejectです)。p=noneの場合は、レポートを確認してから強化します。"

MISPLACED_RECORD = Rule(
    id="DMARC105",
    name="misplaced-record",
    severity=Severity.WARNING,
    tier=Tier.NONE,
    since="0.2",
    facts=("name", "right", "governing"),
    texts=Texts(
        title=Text(
            en="A DMARC record stands at `{name}`, where no receiver looks for it",
            ja="DMARCレコードが、受信側の参照しない `{name}` に登録されています",
        ),
        why=Text(en=_ANOTHER_EN, ja=_ANOTHER_JA),
        fix=Text(
            en="Delete the record at `{name}`. If it is the one you meant, change the record at `{governing}` instead.",
            ja="`{name}` のレコードを削除してください。こちらが意図した内容であれば、`{governing}` のレコードを変更します。",
        ),
    ),
    variants={
        "alone": Texts(
            title=Text(
                en="The DMARC record stands at `{name}`, where no receiver looks for it",
                ja="DMARCレコードが、受信側の参照しない `{name}` に登録されています",
            ),
            why=Text(en=_NOTHING_ELSE_EN, ja=_NOTHING_ELSE_JA),
            fix=Text(en=_MOVE_EN, ja=_MOVE_JA),
        )
    },
    references=("https://www.rfc-editor.org/rfc/rfc9989#section-4.5",),
    sample=Sample(
        bad='example.co.jp.  TXT  "v=DMARC1; p=none; rua=mailto:dmarc-reports@example.co.jp"',
        good='_dmarc.example.co.jp.  TXT  "v=DMARC1; p=none; rua=mailto:dmarc-reports@example.co.jp"',
    ),
)

UNRELATED_RECORD = Rule(
    id="DMARC106",
    name="unrelated-record",
    severity=Severity.NOTICE,
    tier=Tier.NONE,
    since="0.2",
    facts=("name", "count", "text"),
    texts=Texts(
        title=Text(
            en="Beside the DMARC record at `{name}` stands other text: `{text}`",
            ja="`{name}` に、DMARCレコード以外のTXTレコードがあります: `{text}`",
        ),
        why=Text(
            en="Receivers ignore it ({count} such records), so DMARC works. Some older software refuses a name that holds anything else.",
            ja="受信側はDMARC以外のTXTレコード({count}個)を無視するため、DMARCは有効です。ただし、古いソフトウェアの中には、ほかの内容があるとエラーにするものがあります。",
        ),
        fix=Text(
            en="Move it to where it belongs, or delete it: at `{name}` only the DMARC record should stand.",
            ja="本来の場所に移すか、削除してください。`{name}` に置くのはDMARCレコード1つだけにします。",
        ),
    ),
    references=("https://www.rfc-editor.org/rfc/rfc9989#section-4.10",),
    sample=Sample(
        bad='_dmarc.example.co.jp.  TXT  "v=DMARC1; p=none" and TXT "site-verification=3f2a"',
        good='_dmarc.example.co.jp.  TXT  "v=DMARC1; p=none"',
    ),
)

RECORD_AT_DOUBLED_NAME = Rule(
    id="DMARC107",
    name="record-at-doubled-name",
    severity=Severity.WARNING,
    tier=Tier.NONE,
    since="0.2",
    facts=("name", "right", "governing"),
    texts=Texts(
        title=Text(
            en="The DMARC record stands at `{name}`: the domain was added twice",
            ja="DMARCレコードが `{name}` に登録されています(ドメイン名が二重です)",
        ),
        why=Text(en=_ANOTHER_EN, ja=_ANOTHER_JA),
        fix=Text(
            en="Delete the record at `{name}`. If the name needs a record of its own, create it as `{right}`; many DNS panels want only the part before the domain.",
            ja="`{name}` のレコードを削除してください。独自のレコードが必要な場合は `{right}` に登録します。DNSの管理画面では、名前欄にドメインより前の部分だけを入力する場合が多くあります。",
        ),
    ),
    variants={
        "alone": Texts(
            title=Text(
                en="The DMARC record stands at `{name}`: the domain was added twice",
                ja="DMARCレコードが `{name}` に登録されています(ドメイン名が二重です)",
            ),
            why=Text(
                en="Many DNS panels add the domain to the name by themselves. Receivers ask for `{right}` only, so no DMARC record applies to the domain.",
                ja="DNSの管理画面の多くは、入力した名前の後ろにドメイン名を補います。受信側が参照するのは `{right}` だけで、適用されるDMARCレコードはありません。",
            ),
            fix=Text(
                en="Publish the record that DMARC001 shows at `{right}`, once: in the panel enter only `_dmarc` as the name. It begins with p=none or, where the domain sends no mail, with p=reject, since no receiver has applied a policy so far. Then delete the one at `{name}`, which a panel may show as `{right}`.",
                ja="DMARC001に示すレコードを `{right}` に1つだけ登録してください(管理画面の名前欄には `_dmarc` とだけ入力します)。p=noneから始めます(メールを送信しないドメインではp=rejectです)。その後、`{name}` のレコード(管理画面では `{right}` と表示されることがあります)を削除してください。",
            ),
        )
    },
    references=("https://www.rfc-editor.org/rfc/rfc9989#section-4.5",),
    sample=Sample(
        bad='_dmarc.example.co.jp.example.co.jp.  TXT  "v=DMARC1; p=none"',
        good='_dmarc.example.co.jp.  TXT  "v=DMARC1; p=none"',
    ),
)


def judge(
    dmarc: DmarcEvidence, place: DmarcPlaceEvidence, use: UseEvidence, domain: DomainEvidence
) -> Iterator[Finding]:
    is_proposed = is_missing(dmarc, domain) and first_at(dmarc, use, domain) == dmarc.domain
    yield from _misplaced(dmarc, place, use, is_proposed=is_proposed)
    yield from _unrelated(dmarc)
    for told in (dmarc.walk.steps[0].answer, place.apex, place.nested, place.doubled):
        # A name that is too long to be asked for cannot hold a record either.
        if isinstance(told, Unreachable) and told.why is not Why.BAD_NAME:
            raise CannotTell(told.why)


def _misplaced(
    dmarc: DmarcEvidence, place: DmarcPlaceEvidence, use: UseEvidence, *, is_proposed: bool
) -> Iterator[Finding]:
    """`is_proposed`: the record to add is shown by DMARC001. Shown twice, it would be published twice."""
    right = f"_dmarc.{dmarc.domain}"
    governs = isinstance(dmarc.record, Seen) and not dmarc.is_suffix_record
    # Where something was meant to be a record at the right name, or nothing could be told, a second one must not go.
    may_move = not governs and place.nested is not None and not isinstance(dmarc.record, Unreachable)
    shows = may_move and not is_proposed
    for name, text in dict(reversed(misplaced_records(place))).items():
        rule = RECORD_AT_DOUBLED_NAME if name == f"{right}.{dmarc.domain}" else MISPLACED_RECORD
        delete = RecordChange(name, "TXT", text[:MAX_TEXT], "")
        move = change_at(dmarc, dmarc.domain, None, first_record(dmarc, use, place))
        yield rule.found(
            name,
            variant="alone" if may_move else None,
            records=[move, delete] if shows else [delete],
            name=name,
            right=right,
            governing=f"_dmarc.{dmarc.at}" if governs else right,
        )
        shows = False


def _unrelated(dmarc: DmarcEvidence) -> Iterator[Finding]:
    if not isinstance(dmarc.record, Seen) or dmarc.is_suffix_record:
        return
    texts = next((texts_at(step.answer) for step in dmarc.walk.steps if step.domain == dmarc.at), ())
    others = [text for text in texts if not is_record(text)]
    if others:
        name = f"_dmarc.{dmarc.at}"
        yield UNRELATED_RECORD.found(
            dmarc.at or "",
            records=[change_at(dmarc, dmarc.at or "", text[:MAX_TEXT], None) for text in islice(others, _MAX_SHOWN)],
            name=name,
            count=len(others),
            text=others[0][:_SHOWN],
        )


CHECK = Check(
    id="dmarc.place",
    title=Text(en="Place of the DMARC record", ja="DMARCレコードの登録場所"),
    needs=(DmarcEvidence, DmarcPlaceEvidence, UseEvidence, DomainEvidence),
    rules=(MISPLACED_RECORD, UNRELATED_RECORD, RECORD_AT_DOUBLED_NAME),
    judge=judge,
)
