"""Can receivers read the SPF record, and those that it includes?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, RecordChange, Rule, Sample, Text, Texts
from checks.evidence.spf import SpfEvidence, SpfNode, SpfSyntaxError
from checks.model import Severity, Tier, Unreachable, Why
from checks.parse.spf_proposal import Fault, proposed
from checks.parse.spf_repair import misread_terms
from checks.rules._spf_change import ALL_CERTAIN, WITH_END, changes_end, with_end

_REASONS: dict[str, Text] = {
    "unknown_mechanism": Text(
        en="SPF knows no such mechanism; there are `all`, `include`, `a`, `mx`, `ptr`, `ip4`, `ip6` and `exists`.",
        ja="SPFにこのメカニズムはありません(使えるのは `all`、`include`、`a`、`mx`、`ptr`、`ip4`、`ip6`、`exists` です)。",
    ),
    "bad_qualifier": Text(
        en="Only one of `+`, `-`, `~` and `?` may stand before a mechanism.",
        ja="メカニズムの前に付けられるのは `+`、`-`、`~`、`?` のいずれか1文字だけです。",
    ),
    "separator": Text(
        en="Terms are separated by spaces, not by commas or semicolons.",
        ja="メカニズムの区切りは半角スペースです。カンマやセミコロンは使えません。",
    ),
    "modifier_as_mechanism": Text(
        en="`redirect` and `exp` are followed by `=`, not by a colon.",
        ja="`redirect` と `exp` の後はコロンではなく `=` です。",
    ),
    "bad_modifier_name": Text(
        en="What stands before `=` is no name: it has to begin with a letter.",
        ja="`=` の前が名前になっていません(英字で始まる必要があります)。",
    ),
    "missing_value": Text(
        en="This mechanism needs a colon and a value after it.",
        ja="このメカニズムにはコロンと値が必要です。",
    ),
    "empty_value": Text(
        en="Nothing follows the colon or equals sign.",
        ja="コロンまたは `=` の後に値がありません。",
    ),
    "value_not_allowed": Text(
        en="Nothing of this kind may follow this mechanism.",
        ja="このメカニズムの後にこのような値は書けません。",
    ),
    "bad_domain": Text(
        en="The domain is not complete: it has to end in a top-level domain such as `.jp`, without port, number or path.",
        ja="ドメイン名の形式が正しくありません。末尾は `.jp` のようなトップレベルドメインで、その後にポート番号やパスなどは書けません。",
    ),
    "address_as_domain": Text(
        en="This mechanism takes host names; an address is written `ip4:`.",
        ja="このメカニズムに指定できるのはホスト名です。IPアドレスは `ip4:` で指定します。",
    ),
    "bad_ip4": Text(
        en="This is no IPv4 address: four numbers from 0 to 255 without leading zeros, and no port or name.",
        ja="IPv4アドレスの形式ではありません(0から255までの数字4つ。先頭の0、ポート番号、ホスト名は不可)。",
    ),
    "bad_ip6": Text(
        en="This is no IPv6 address.",
        ja="IPv6アドレスの形式ではありません。",
    ),
    "bad_prefix": Text(
        en="The prefix length is wrong: `/0` to `/32` for IPv4, up to `/128` with `ip6`, and `//` before IPv6 lengths of `a` and `mx`.",
        ja="プレフィックス長が正しくありません(IPv4は `/0` から `/32`、`ip6` は `/128` まで。`a` と `mx` のIPv6は `//` の後に書きます)。",
    ),
    "prefix_not_allowed": Text(
        en="This mechanism takes no prefix length.",
        ja="このメカニズムにプレフィックス長は指定できません。",
    ),
    "bad_macro": Text(
        en="`%` begins a macro, and what follows it is none.",
        ja="`%` はマクロの始まりですが、続く文字列がマクロの形式ではありません。",
    ),
    "macro_not_allowed": Text(
        en="The macros c, r and t may be used in explanations only.",
        ja="マクロのc、r、tは説明文(exp)の中でしか使えません。",
    ),
    "duplicate_modifier": Text(
        en="`redirect` and `exp` may stand only once each.",
        ja="`redirect` と `exp` はそれぞれ1回しか書けません。",
    ),
    "control_character": Text(
        en="It contains a tab, line break or other control character; only spaces separate terms.",
        ja="タブや改行などの制御文字が含まれています。区切りに使えるのは半角スペースだけです。",
    ),
    "non_ascii": Text(
        en="It contains a character outside ASCII, such as a full-width letter, a typographic quote or an invisible character.",
        ja="全角文字、全角の引用符(“ ”)、ゼロ幅スペースなどの見えない文字といった、ASCII以外の文字が含まれています。",
    ),
}

_TITLE = Text(
    en="The SPF record of `{domain}` is invalid at `{term}` (character {position})",
    ja="`{domain}` のSPFレコードの `{term}` ({position} 文字目)に構文エラーがあります",
)
_CONSEQUENCE = Text(
    en="Receivers answer permerror for the whole record: no server of the domain passes SPF.",
    ja="受信側はレコード全体をpermerrorとし、すべての送信元がSPFに合格しなくなります。",
)
_CORRECTED = Text(
    en="Replace the TXT record of `{domain}` by the new one shown. It contains "
    + ALL_CERTAIN.en
    + ", and changes nothing else.",
    ja="`{domain}` のTXTレコードを、下記の変更後のレコードに置き換えます。"
    + ALL_CERTAIN.ja
    + "を含み、それ以外の箇所は変えていません。",
)
_CLOSED = Text(
    en="Once it lists all your senders, replace the TXT record of `{domain}` by the new one shown, which contains "
    + ALL_CERTAIN.en
    + ". It ends in `~all`: with `all` as you wrote it, every server in the world could send.",
    ja="送信元がすべて記載されていることを確認し、`{domain}` のTXTレコードを、下記の変更後のレコードに置き換えます("
    + ALL_CERTAIN.ja
    + "を含みます)。元の `all` のままではあらゆるサーバーからの送信を許可してしまうため、末尾は `~all` に変えています。",
)
_BY_HAND = Text(
    en="Correct or remove `{term}` in the TXT record of `{domain}`. What was meant only its owner can tell, so no new record is proposed.",
    ja="`{domain}` のTXTレコードの `{term}` を修正するか、削除します。意図した内容を確定できないため、変更後のレコードは示していません。",
)


def _wordings() -> Iterator[tuple[str, Texts]]:
    for kind, reason in _REASONS.items():
        why = Text(en=f"{reason.en} {_CONSEQUENCE.en}", ja=f"{reason.ja}{_CONSEQUENCE.ja}")
        yield kind, Texts(_TITLE, why, _BY_HAND)
        yield f"{kind}-corrected", Texts(_TITLE, why, _CORRECTED)
        yield f"{kind}-corrected-{WITH_END}", with_end(Texts(_TITLE, why, _CORRECTED))
        yield f"{kind}-closed", Texts(_TITLE, why, _CLOSED)
    ignored = Texts(
        title=Text(
            en="In the SPF record of `{domain}` receivers ignore `{term}` (character {position})",
            ja="`{domain}` のSPFレコードの `{term}` ({position} 文字目)は受信側で無視されます",
        ),
        why=Text(
            en="A mechanism is followed by a colon. With `=` it is an unknown modifier, which receivers skip without an error: the senders it should list do not pass SPF.",
            ja="メカニズムの後はコロンです。`=` を使うと未知の修飾子とみなされ、エラーにならずに読み飛ばされるため、記載したつもりの送信元がSPFに合格しません。",
        ),
        fix=_BY_HAND,
    )
    yield "ignored", ignored
    yield "ignored-corrected", Texts(ignored.title, ignored.why, _CORRECTED)
    yield f"ignored-corrected-{WITH_END}", with_end(Texts(ignored.title, ignored.why, _CORRECTED))
    yield "ignored-closed", Texts(ignored.title, ignored.why, _CLOSED)
    yield (
        "included",
        Texts(
            title=Text(
                en="The record of `{domain}`, which the SPF of `{owner}` leads to, is invalid at `{term}`",
                ja="`{owner}` のSPFが参照する `{domain}` のレコードの `{term}` に構文エラーがあります",
            ),
            why=Text(
                en="Receivers that come to it answer permerror for the whole SPF of `{owner}`: senders that stand after `{through}` in it do not pass.",
                ja="受信側はここに達すると `{owner}` のSPF全体をpermerrorとします。`{through}` より後にある送信元はSPFに合格しません。",
            ),
            fix=Text(
                en="Tell whoever runs `{domain}`. If you no longer use that service, remove `{through}` from the TXT record of `{owner}`.",
                ja="`{domain}` の管理者に修正を依頼してください。そのサービスを使っていない場合は、`{owner}` のTXTレコードから `{through}` を削除します。",
            ),
        ),
    )


SPF_SYNTAX_ERROR = Rule(
    id="SPF102",
    name="spf-syntax-error",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.1",
    facts=("domain", "term", "position", "kind", "owner", "through"),
    alternatives=((Severity.WARNING, Tier.NONE),),
    texts=Texts(_TITLE, _CONSEQUENCE, _BY_HAND),
    variants=dict(_wordings()),
    references=(
        "https://www.rfc-editor.org/rfc/rfc7208#section-4.6",
        "https://www.rfc-editor.org/rfc/rfc7208#section-12",
    ),
    sample=Sample(bad="v=spf1 ipv4:192.0.2.1 ~all", good="v=spf1 ip4:192.0.2.1 ~all"),
)


def judge(spf: SpfEvidence) -> Iterator[Finding]:
    if isinstance(spf.answer, Unreachable):
        raise CannotTell(spf.answer.why)
    if spf.tree is None:
        raise NotApplicable(Why.NO_RECORD)
    found = [f for way in spf.tree.paths() for f in _faults(way)]
    if not found and (why := spf.tree.why_unknown) is not None:
        raise CannotTell(why)
    # A record that several includes lead to is one finding.
    yield from {f.subject: f for f in reversed(found)}.values()


def _faults(way: tuple[SpfNode, ...]) -> Iterator[Finding]:
    owner, node = way[0], way[-1]
    if node.record is None:
        return
    if node is not owner:
        if node.record.error is not None:
            through = way[1].via.text if way[1].via else ""
            yield _found(owner, node, node.record.error, "included", None, through)
        return
    proposal = proposed(node)
    new = proposal.for_fault(Fault.SYNTAX)
    suffix = "" if new is None else "-closed" if Fault.OPEN in proposal.mended else "-corrected"
    if suffix == "-corrected" and changes_end(node.record, new):
        suffix += f"-{WITH_END}"
    if node.record.error is not None:
        yield _found(owner, node, node.record.error, node.record.error.kind + suffix, new)
    elif misread := misread_terms(node.record):
        fault = SpfSyntaxError(misread[0].position, misread[0].text, "ignored")
        # RFC 7208 section 6 has receivers skip it: the record is valid, and what is wrong is what its owner meant.
        yield _found(owner, node, fault, "ignored" + suffix, new)


def _found(
    owner: SpfNode, node: SpfNode, fault: SpfSyntaxError, variant: str, correction: str | None, through: str = ""
) -> Finding:
    text = node.record.text if node.record else None
    return SPF_SYNTAX_ERROR.found(
        node.domain,
        severity=Severity.WARNING if fault.kind == "ignored" else None,
        tier=Tier.NONE if fault.kind == "ignored" else None,
        variant=variant,
        records=() if variant == "included" else (RecordChange(node.published_at, "TXT", text, correction),),
        domain=node.domain,
        term=fault.term if len(fault.term) <= 80 else fault.term[:79] + "…",
        position=fault.position + 1,
        kind=fault.kind,
        owner=owner.domain,
        through=through,
    )


CHECK = Check(
    id="spf.syntax",
    title=Text(en="SPF syntax", ja="SPFレコードの構文"),
    needs=(SpfEvidence,),
    rules=(SPF_SYNTAX_ERROR,),
    judge=judge,
    required=True,
)
