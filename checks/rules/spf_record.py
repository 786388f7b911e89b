"""Is there an SPF record, and only one?"""

from __future__ import annotations

from collections.abc import Iterator

from checks.catalogue import CannotTell, Check, Finding, RecordChange, Rule, Sample, Text, Texts
from checks.evidence.domain import UseEvidence
from checks.evidence.spf import SpfEvidence
from checks.model import Absent, Seen, Severity, Tier, Unreachable, Why
from checks.parse.spf_proposal import corrected, merged
from checks.providers import providers, sends_from_mx, spf_terms
from checks.rules._spf_change import MAX_SHOWN, one_for_look_alikes

_NOT_RECOGNISED = Text(
    en="`{domain}` has no SPF record: the one that is meant as such is not recognised",
    ja="`{domain}` にSPFレコードとして認識されるレコードがありません",
)

MISSING_SPF = Rule(
    id="SPF001",
    name="missing-spf",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.1",
    facts=("domain", "proposal", "target", "service"),
    alternatives=((Severity.WARNING, Tier.NONE), (Severity.NOTICE, Tier.NONE)),
    texts=Texts(
        title=Text(en="`{domain}` has no SPF record", ja="`{domain}` にSPFレコードがありません"),
        why=Text(
            en="No TXT record at `{domain}` begins with `v=spf1`, so receivers cannot tell its own servers from a forger's. Google, Yahoo and Microsoft require SPF of bulk senders: mail without it lands in spam or is refused.",
            ja="`{domain}` のTXTレコードに `v=spf1` で始まるものがないため、受信側は正規の送信サーバーとなりすましを区別できません。Google、Yahoo、Microsoftは大量送信者にSPFを必須としており、迷惑メール扱いや受信拒否の原因になります。",
        ),
        fix=Text(
            en="Publish one TXT record at `{domain}`: `{proposal}`. Before you do, add every other service that sends with this domain (newsletters, invoices, web forms). It must stay the only SPF record.",
            ja="`{domain}` のTXTレコードとして `{proposal}` を公開します。このドメインで送信するサービス(メール配信、請求書、Webフォームなど)がほかにもあれば、公開前にすべて追記してください。SPFレコードは必ず1つだけにします。",
        ),
    ),
    variants={
        "no_mx": Texts(
            title=Text(en="`{domain}` has no SPF record", ja="`{domain}` にSPFレコードがありません"),
            why=Text(
                en="No TXT record at `{domain}` begins with `v=spf1`, and there is no MX record: mail for it goes to its address record. Receivers cannot tell its own servers from a forger's.",
                ja="`{domain}` のTXTレコードに `v=spf1` で始まるものがなく、MXレコードもありません(メールはアドレスレコードの示すサーバーに届きます)。受信側は正規の送信サーバーとなりすましを区別できません。",
            ),
            fix=Text(
                en="If it never sends mail, publish the TXT record `v=spf1 -all` at `{domain}`. If only the host of that name sends, publish `{proposal}`, and add every service that sends with this domain.",
                ja="メールを送信しないドメインであれば、`{domain}` のTXTレコードとして `v=spf1 -all` を公開します。その名前のホストから送信している場合は `{proposal}` を公開し、ほかに送信するサービスがあれば追記してください。",
            ),
        ),
        "by_service": Texts(
            title=Text(en="`{domain}` has no SPF record", ja="`{domain}` にSPFレコードがありません"),
            why=Text(
                en="No TXT record at `{domain}` begins with `v=spf1`, so receivers cannot tell its own servers from a forger's. Google, Yahoo and Microsoft require SPF of bulk senders: mail without it lands in spam or is refused.",
                ja="`{domain}` のTXTレコードに `v=spf1` で始まるものがないため、受信側は正規の送信サーバーとなりすましを区別できません。Google、Yahoo、Microsoftは大量送信者にSPFを必須としており、迷惑メール扱いや受信拒否の原因になります。",
            ),
            fix=Text(
                en="Publish one TXT record at `{domain}`: `v=spf1`, what the manual of {service} says, the same for every other service that sends with this domain, and `~all`. No record is shown: the servers that receive your mail need not be those that send it.",
                ja="`{domain}` にTXTレコードを1つ公開します。`v=spf1` に続けて{service}のマニュアルにある値を記載し、このドメインで送信するサービスがほかにもあればその値も加え、末尾を `~all` にします。受信サーバーから送信されるとは限らないため、レコードの例は示していません。",
            ),
        ),
        "unknown_servers": Texts(
            title=Text(en="`{domain}` has no SPF record", ja="`{domain}` にSPFレコードがありません"),
            why=Text(
                en="No TXT record at `{domain}` begins with `v=spf1`, so receivers cannot tell its own servers from a forger's. Which servers those are could not be found out: the lookup of its MX or address records failed.",
                ja="`{domain}` のTXTレコードに `v=spf1` で始まるものがないため、受信側は正規の送信サーバーとなりすましを区別できません。MXレコードまたはアドレスレコードの問い合わせに失敗したため、どのサーバーを使っているかは確認できませんでした。",
            ),
            fix=Text(
                en="If mail is sent with `{domain}`, publish one TXT record that begins with `v=spf1`, lists every server and service that sends with it, and ends in `~all`. If never, publish `v=spf1 -all`. Check again for a proposal, once that lookup succeeds.",
                ja="`{domain}` でメールを送信している場合は、`v=spf1` で始まり、送信に使うサーバーとサービスをすべて記載して `~all` で終わるTXTレコードを1つ公開します。まったく送信しない場合は `v=spf1 -all` を公開します。問い合わせに成功するようになってから再度確認すると、レコードの案を示せます。",
            ),
        ),
        "non_sending": Texts(
            title=Text(
                en="`{domain}` sends no mail, but has no SPF record that says so",
                ja="`{domain}` はメールを送信しないドメインですが、それを示すSPFレコードがありません",
            ),
            why=Text(
                en="It has neither a mail server nor an SPF record. Without `-all` receivers have no published reason to refuse mail that forges this domain.",
                ja="メールサーバーもSPFレコードもありません。`-all` を公開していないと、このドメインをかたるメールを受信側が拒否する根拠がありません。",
            ),
            fix=Text(
                en="Publish the TXT record `{proposal}` at `{domain}`: it says that no server may send for it.",
                ja="`{domain}` のTXTレコードとして `{proposal}` を公開し、どのサーバーからも送信しないことを宣言します。",
            ),
        ),
        "look_alike": Texts(
            title=_NOT_RECOGNISED,
            why=Text(
                en="A record has to begin with exactly `v=spf1` and a space. Receivers ignore the TXT record that begins otherwise (quotes, a leading space, `v=spf1;`), and the domain counts as one without SPF.",
                ja="SPFレコードは `v=spf1` と半角スペースで始まる必要があります。引用符や先頭の空白が付いたもの、`v=spf1;` などは無視され、SPFのないドメインとして扱われます。",
            ),
            fix=Text(
                en="Make sure that all your senders are listed, then replace every TXT record of `{domain}` that is meant as SPF by the one record `{proposal}`: from then on it counts.",
                ja="正規の送信元がすべて記載されていることを確認し、`{domain}` の該当するTXTレコードを(複数あれば、すべてまとめて)`{proposal}` に置き換えます。その時点からSPFが有効になります。",
            ),
        ),
        "look_alike_closed": Texts(
            title=_NOT_RECOGNISED,
            why=Text(
                en="A record has to begin with exactly `v=spf1` and a space. Receivers ignore the TXT record that begins otherwise (quotes, a leading space, `v=spf1;`). Once recognised, its `all` would let every server in the world send.",
                ja="SPFレコードは `v=spf1` と半角スペースで始まる必要があります。引用符や先頭の空白が付いたもの、`v=spf1;` などは無視されます。ただし、そのまま認識された場合は、`all` によりあらゆるサーバーからの送信を許可してしまいます。",
            ),
            fix=Text(
                en="Make sure that all your senders are listed, then replace every TXT record of `{domain}` that is meant as SPF by the one record `{proposal}`, which ends in `~all`.",
                ja="正規の送信元がすべて記載されていることを確認し、`{domain}` の該当するTXTレコードを(複数あれば、すべてまとめて)、末尾を `~all` に変えた `{proposal}` に置き換えます。",
            ),
        ),
        "alias": Texts(
            title=Text(
                en="`{domain}` is an alias of `{target}` and cannot have an SPF record",
                ja="`{domain}` は `{target}` の別名(CNAME)のため、SPFレコードを公開できません",
            ),
            why=Text(
                en="Beside a CNAME record the DNS allows no other. Receivers look for SPF at `{target}`, and there is none.",
                ja="CNAMEレコードのある名前には、ほかのレコードを置けません。受信側は `{target}` のSPFレコードを参照しますが、公開されていません。",
            ),
            fix=Text(
                en="If no mail is sent with `{domain}`, nothing has to be done. If addresses or return paths end in it, use another name for them, or replace the CNAME by records of its own and add SPF.",
                ja="`{domain}` をメールの送信に使っていなければ、対応は不要です。メールアドレスやReturn-Pathに使っている場合は、別の名前に変えるか、CNAMEをやめて必要なレコードを直接置き、SPFレコードを公開します。",
            ),
        ),
        "alias_with_mx": Texts(
            title=Text(
                en="`{domain}` is an alias of `{target}`, which has no SPF record",
                ja="`{domain}` は `{target}` の別名(CNAME)で、そこにSPFレコードがありません",
            ),
            why=Text(
                en="The name receives mail through the MX of `{target}`, so it probably sends some too. Beside a CNAME record the DNS allows no other: receivers look for SPF at `{target}`.",
                ja="`{target}` のMXでメールを受信しているため、送信にも使われていると考えられます。CNAMEレコードのある名前にほかのレコードは置けず、受信側は `{target}` のSPFレコードを参照します。",
            ),
            fix=Text(
                en="Have SPF published at `{target}`, if it is yours. If not, replace the CNAME of `{domain}` by records of its own (MX and those of its host), and publish there a TXT record that begins with `v=spf1` and lists your senders.",
                ja="`{target}` が自社の名前であれば、そこにSPFレコードを公開します。そうでない場合は、`{domain}` のCNAMEをやめてMXなど必要なレコードを直接置き、`v=spf1` で始まるTXTレコードに送信元を記載して公開します。",
            ),
        ),
        "below": Texts(
            title=Text(
                en="`{domain}` has no SPF record; it needs one only if it sends mail",
                ja="`{domain}` にSPFレコードがありません(メールを送信する場合にだけ必要です)",
            ),
            why=Text(
                en="The name has no MX record either, so it probably sends no mail. SPF is not inherited from the domain above.",
                ja="MXレコードもないため、メールには使われていないと考えられます。なお、SPFは上位のドメインから引き継がれません。",
            ),
            fix=Text(
                en="If addresses or return paths end in `{domain}`, publish a TXT record that lists their servers. If not, `{proposal}` keeps forgers from using the name.",
                ja="メールアドレスやReturn-Pathに `{domain}` を使っている場合は、その送信元を記載したTXTレコードを公開します。使っていない場合は、`{proposal}` を公開するとなりすましを防げます。",
            ),
        ),
    },
    references=(
        "https://www.rfc-editor.org/rfc/rfc7208#section-3",
        "https://support.google.com/a/answer/81126",
        "https://support.google.com/a/answer/33786",
    ),
    sample=Sample(bad="(no TXT record that begins with v=spf1)", good="v=spf1 mx ~all"),
)

MULTIPLE_SPF_RECORDS = Rule(
    id="SPF101",
    name="multiple-spf-records",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.1",
    facts=("domain", "count", "published", "owner", "term"),
    texts=Texts(
        title=Text(
            en="`{domain}` has {count} SPF records; only one is allowed",
            ja="`{domain}` にSPFレコードが {count} 個あります(公開できるのは1つだけです)",
        ),
        why=Text(
            en="With more than one `v=spf1` record receivers answer permerror and use none of them: no server of the domain passes SPF.",
            ja="`v=spf1` で始まるレコードが複数あると、受信側は結果をpermerrorとし、どのレコードも使いません。すべての送信元がSPFに合格しなくなります。",
        ),
        fix=Text(
            en="Delete these {count} records and publish one merged TXT record instead (shown with this finding). It lists the senders of each; leave out those that you no longer use. Then check again: lookups inside the includes count as well.",
            ja="現在の {count} 個をすべて削除し、統合した1つのTXTレコード(下記)を公開します。統合後のレコードには各レコードの送信元をすべて含めています。使っていないものがあれば除いてください。includeの先のDNSルックアップも回数に含まれるため、公開後に再検査してください。",
        ),
    ),
    variants={
        "by_hand": Texts(
            title=Text(
                en="`{domain}` has {count} SPF records; only one is allowed",
                ja="`{domain}` にSPFレコードが {count} 個あります(公開できるのは1つだけです)",
            ),
            why=Text(
                en="With more than one `v=spf1` record receivers answer permerror and use none of them: no server of the domain passes SPF.",
                ja="`v=spf1` で始まるレコードが複数あると、受信側は結果をpermerrorとし、どのレコードも使いません。すべての送信元がSPFに合格しなくなります。",
            ),
            fix=Text(
                en="Write one TXT record that lists the servers of all {count} that really send, without wide networks and with 10 lookups at most, and ends in one `~all`, then delete the others. No new record is shown: these are too many or too broken to be merged, or would together let nearly everybody send or need more lookups.",
                ja="{count} 個のレコードの送信元のうち、実際に送信するものを1つのTXTレコードにまとめ、末尾を1つの `~all` にして公開し、ほかのレコードを削除します。広すぎるネットワークは引き継がず、DNSルックアップは10回以内にしてください。個数が多すぎる、構文エラーを修正できない、統合するとほぼ誰でも送信できるようになる、またはルックアップが10回を超えるため、変更後のレコードは示していません。",
            ),
        ),
        "included": Texts(
            title=Text(
                en="`{domain}`, which the SPF of `{owner}` leads to, has {count} SPF records",
                ja="`{owner}` のSPFが参照する `{domain}` にSPFレコードが {count} 個あります",
            ),
            why=Text(
                en="Only one is allowed. When receivers come to it they answer permerror: senders that stand after `{term}` in your record do not pass SPF.",
                ja="公開できるのは1つだけです。受信側はここに達すると結果をpermerrorとするため、レコード内で `{term}` より後にある送信元はSPFに合格しません。",
            ),
            fix=Text(
                en="Tell whoever runs `{domain}` to leave one record. If you no longer use that service, remove `{term}` from the TXT record of `{owner}`.",
                ja="`{domain}` の管理者に、レコードを1つにするよう連絡してください。そのサービスを使っていない場合は、`{owner}` のTXTレコードから `{term}` を削除します。",
            ),
        ),
    },
    references=("https://www.rfc-editor.org/rfc/rfc7208#section-4.5",),
    sample=Sample(
        bad="v=spf1 mx ~all\nv=spf1 include:_spf.google.com ~all", good="v=spf1 mx include:_spf.google.com ~all"
    ),
)


def judge(spf: SpfEvidence, use: UseEvidence) -> Iterator[Finding]:
    if isinstance(spf.answer, Unreachable):
        raise CannotTell(spf.answer.why)
    match len(spf.records):
        case 0:
            target = _canonical_name(spf)
            yield _at_alias(spf.domain, target, use) if target else _unrecognised(spf, use) or _missing(spf.domain, use)
        case 1:
            return
        case count:
            record, old = _one_for_all(spf), spf.records[:MAX_SHOWN]
            changes = [RecordChange(spf.published_at, "TXT", text, "" if record else None) for text in old]
            changes[0] = RecordChange(spf.published_at, "TXT", old[0], record)
            yield MULTIPLE_SPF_RECORDS.found(
                spf.domain,
                variant=None if record else "by_hand",
                records=changes,
                domain=spf.domain,
                count=count,
                published=old,
                owner=spf.domain,
                term="",
            )


def _one_for_all(spf: SpfEvidence) -> str | None:
    one = merged(spf.records)
    return one and (corrected(one, spf.domain).text or one)


def _unrecognised(spf: SpfEvidence, use: UseEvidence) -> Finding | None:
    """TXT records that their owner takes for the SPF record, where they can be corrected with certainty."""
    one, changes = one_for_look_alikes(spf)
    if one is None:
        return None
    sends = use.non_sending is False
    return MISSING_SPF.found(
        spf.domain,
        severity=None if sends else Severity.WARNING,
        tier=None if sends else Tier.NONE,
        variant="look_alike_closed" if one.closed else "look_alike",
        records=changes,
        domain=spf.domain,
        proposal=one.text,
        target="",
        service="",
    )


def _missing(domain: str, use: UseEvidence) -> Finding:
    severity, tier, variant = Severity.ERROR, Tier.MAIL, None
    proposal: str | None = "v=spf1 -all"
    if use.is_below and use.has_mx is None:
        # Whether the name has mail at all hangs on the lookup that failed.
        raise CannotTell(Why.DEPENDS)
    if use.is_below and not use.has_mx:
        severity, tier, variant = Severity.NOTICE, Tier.NONE, "below"
    elif use.non_sending:
        severity, tier, variant = Severity.WARNING, Tier.NONE, "non_sending"
    elif use.non_sending is None or use.has_mx is None:
        # That there is no record is known; how much it matters and what it has to list hang on the lookup that failed.
        sends = use.non_sending is False
        severity, tier = (Severity.ERROR, Tier.MAIL) if sends else (Severity.WARNING, Tier.NONE)
        variant, proposal = "unknown_servers", None
    elif use.has_mx is False:
        variant, proposal = "no_mx", "v=spf1 a ~all"
    elif terms := spf_terms(use.provider) or (("mx",) if sends_from_mx(use.provider) else ()):
        proposal = " ".join(("v=spf1", *terms, "~all"))
    else:
        variant, proposal = "by_service", None
    return MISSING_SPF.found(
        domain,
        severity=severity,
        tier=tier,
        variant=variant,
        records=(RecordChange(domain, "TXT", None, proposal),) if proposal else (),
        domain=domain,
        proposal=proposal or "",
        target="",
        service=providers()[use.provider].name if use.provider else "",
    )


def _canonical_name(spf: SpfEvidence) -> str | None:
    match spf.answer:
        case Seen(answer):
            return answer.alias_of
        case Absent(alias_of=target):
            return target
        case _:
            return None


def _at_alias(domain: str, target: str, use: UseEvidence) -> Finding:
    """What stands at the canonical name may be somebody else's, so no record of it is proposed either."""
    if use.has_mx is None:
        raise CannotTell(Why.DEPENDS)
    receives = use.has_mx and not use.non_sending
    return MISSING_SPF.found(
        domain,
        severity=None if receives else Severity.NOTICE,
        tier=None if receives else Tier.NONE,
        variant="alias_with_mx" if receives else "alias",
        domain=domain,
        proposal="",
        target=target,
        service="",
    )


CHECK = Check(
    id="spf.record",
    title=Text(en="SPF record", ja="SPFレコード"),
    needs=(SpfEvidence, UseEvidence),
    rules=(MISSING_SPF, MULTIPLE_SPF_RECORDS),
    judge=judge,
    required=True,
)
