"""Does the SPF record let anybody send?"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, RecordChange, Rule, Sample, Text, Texts
from checks.evidence.spf import SpfEvidence, SpfNode
from checks.model import Severity, Tier, Unreachable, Why
from checks.parse.spf_course import course
from checks.parse.spf_proposal import Fault, proposed
from checks.rules._spf_change import ALL_CERTAIN, WITH_END, changes_end, with_end

_QUARTER = 2**30
_WIDEST_IPV6 = 16
_MAX_SHOWN = 5

_TITLE = Text(
    en="SPF of `{domain}` lets every server in the world send: `{term}`",
    ja="`{domain}` のSPFは `{term}` により、あらゆるサーバーからの送信を許可しています",
)
_WHY = Text(
    en="Whoever forges `{domain}` passes SPF, and with it DMARC, from any server. Gmail refuses mail of domains with suspicious SPF entries (550 5.7.24).",
    ja="`{domain}` をかたるメールが、どのサーバーから送られてもSPFに合格し、DMARCにも合格してしまいます。Gmailは、SPFに疑わしい記述のあるドメインのメールを拒否します(550 5.7.24)。",
)

_INCLUDED = Text(
    en="SPF of `{domain}` lets every server in the world send, through `{through}`",
    ja="`{domain}` のSPFは `{through}` を通じて、あらゆるサーバーからの送信を許可しています",
)
_WHY_INCLUDED = Text(
    en="`{through}` leads to the record of `{holder}`, which holds `{term}`. Whoever forges `{domain}` passes SPF, and with it DMARC, from any server.",
    ja="`{through}` の参照先である `{holder}` のレコードに `{term}` があります。`{domain}` をかたるメールが、どのサーバーから送られてもSPFに合格し、DMARCにも合格してしまいます。",
)

_INCLUDE_REMOVED = Texts(
    title=_INCLUDED,
    why=_WHY_INCLUDED,
    fix=Text(
        en="Remove `{through}` from the TXT record of `{domain}` (the new record shown contains "
        + ALL_CERTAIN.en
        + "), list the servers you need by address, and tell whoever runs `{holder}`.",
        ja="`{domain}` のTXTレコードから `{through}` を削除し(下記の変更後のレコードは、"
        + ALL_CERTAIN.ja
        + "を含みます)、必要なサーバーはアドレスで記載します。`{holder}` の管理者にも連絡してください。",
    ),
)

PASS_ALL = Rule(
    id="SPF201",
    name="pass-all",
    severity=Severity.CRITICAL,
    tier=Tier.DANGER,
    since="0.1",
    facts=("domain", "term", "holder", "through", "percent", "networks"),
    texts=Texts(
        title=_TITLE,
        why=_WHY,
        fix=Text(
            en="Make sure that all your senders are listed, then replace `{term}` by `~all` in the TXT record of `{domain}` (the new record shown contains "
            + ALL_CERTAIN.en
            + ").",
            ja="正規の送信元がすべて記載されていることを確認し、`{domain}` のTXTレコードの `{term}` を `~all` に変更します(下記の変更後のレコードは、"
            + ALL_CERTAIN.ja
            + "を含みます)。",
        ),
    ),
    alternatives=((Severity.WARNING, Tier.NONE),),
    variants={
        "exists": Texts(
            title=_TITLE,
            why=Text(
                en="`{term}` asks for one fixed name, and that has an address: then every client matches. Whoever forges `{domain}` passes SPF, and with it DMARC, from any server.",
                ja="`{term}` が問い合わせる名前は固定で、アドレスがあるため、すべての接続元が一致します。`{domain}` をかたるメールが、どのサーバーから送られてもSPFに合格し、DMARCにも合格してしまいます。",
            ),
            fix=Text(
                en="In the TXT record of `{domain}` list the servers and services that send, remove `{term}` and all else by which everybody passes, and end it in `~all`. No new record is shown: whom it was to let through is not certain. An `exists` tells servers apart only with a macro such as that for the client address.",
                ja="`{domain}` のTXTレコードに、実際に送信するサーバーとサービスを記載し、`{term}` と、ほかにもすべてを許可する記述があればそれも削除して、末尾を `~all` にします。どの送信元を意図したものか確定できないため、変更後のレコードは示していません。`exists` で送信元を区別するには、接続元アドレスなどのマクロが必要です。",
            ),
        ),
        "unreached": Texts(
            title=Text(
                en="SPF of `{domain}` holds `{term}`, which would let every server in the world send",
                ja="`{domain}` のSPFに、あらゆるサーバーからの送信を許可する `{term}` があります(現在は未到達)",
            ),
            why=Text(
                en="Another fault makes receivers give up with permerror before they come to `{term}` in the record of `{holder}`. Once that fault is mended, whoever forges `{domain}` passes SPF, and with it DMARC, from any server.",
                ja="受信側は、ほかの誤りのために、`{holder}` のレコードの `{term}` に達する前に結果をpermerrorとしています。その誤りだけを修正すると、`{domain}` をかたるメールが、どのサーバーから送られてもSPFに合格し、DMARCにも合格するようになります。",
            ),
            fix=Text(
                en="Before or together with the correction of that fault, list all your senders in the TXT record of `{domain}` and end it in `~all`, without `{term}` and without an include that leads to it.",
                ja="その誤りを修正する前に、または同時に、`{domain}` のTXTレコードに送信元をすべて記載し、末尾を `~all` にします。`{term}` と、それにつながる `include` は残さないでください。",
            ),
        ),
        "nobody_listed": Texts(
            title=_TITLE,
            why=_WHY,
            fix=Text(
                en="In the TXT record of `{domain}` list the servers and services that send with this domain, and put `~all` at the end in place of `{term}`. No new record is shown: the old one does not tell for certain who sends.",
                ja="`{domain}` のTXTレコードに、このドメインで送信するサーバーやサービスを記載し、末尾の `{term}` を `~all` に変更します。現在のレコードからは送信元を確定できないため、変更後のレコードは示していません。",
            ),
        ),
        "included": _INCLUDE_REMOVED,
        f"included_{WITH_END}": with_end(_INCLUDE_REMOVED),
        "included_by_hand": Texts(
            title=_INCLUDED,
            why=_WHY_INCLUDED,
            fix=Text(
                en="In the TXT record of `{domain}` replace `{through}` by the addresses of the servers that send with this domain, end it in `~all`, and tell whoever runs `{holder}`. No new record is shown: the record does not tell which servers these are.",
                ja="`{domain}` のTXTレコードの `{through}` を、このドメインで送信するサーバーのアドレスに置き換え、末尾を `~all` にします。現在のレコードからは送信元がわからないため、変更後のレコードは示していません。`{holder}` の管理者にも連絡してください。",
            ),
        ),
        "networks": Texts(
            title=Text(
                en="SPF of `{domain}` lets {percent}% of all IPv4 addresses send",
                ja="`{domain}` のSPFは全IPv4アドレスの {percent}% からの送信を許可しています",
            ),
            why=Text(
                en="The widest networks are {networks}. Anybody can rent a server in there and forge `{domain}`: the mail passes SPF, and with it DMARC.",
                ja="特に広いネットワークは {networks} です。この範囲のサーバーは誰でも借りられるため、`{domain}` をかたるメールがSPFに合格し、DMARCにも合格してしまいます。",
            ),
            fix=Text(
                en="In the TXT record of `{domain}` replace the wide networks by the addresses that really send, or by the include of the service.",
                ja="`{domain}` のTXTレコードの広いネットワークを、実際に送信するサーバーのアドレスか、利用しているサービスの `include` に置き換えます。",
            ),
        ),
        "ipv6": Texts(
            title=Text(
                en="SPF of `{domain}` lets huge parts of the IPv6 address space send",
                ja="`{domain}` のSPFは極端に広いIPv6アドレス範囲からの送信を許可しています",
            ),
            why=Text(
                en="It lists {networks}; blocks wider than /16 belong to many providers at once. Anybody with a server in there can forge `{domain}` and pass SPF, and with it DMARC.",
                ja="{networks} が記載されています。/16より広いブロックには多数の事業者が含まれるため、その範囲のサーバーから `{domain}` をかたるメールがSPFに合格し、DMARCにも合格してしまいます。",
            ),
            fix=Text(
                en="In the TXT record of `{domain}` replace the wide networks by the addresses that really send, or by the include of the service.",
                ja="`{domain}` のTXTレコードの広いネットワークを、実際に送信するサーバーのアドレスか、利用しているサービスの `include` に置き換えます。",
            ),
        ),
    },
    references=(
        "https://www.rfc-editor.org/rfc/rfc7208#section-5.1",
        "https://support.google.com/a/answer/3726730",
    ),
    sample=Sample(bad="v=spf1 mx +all", good="v=spf1 mx ~all"),
)


def judge(spf: SpfEvidence) -> Iterator[Finding]:
    if isinstance(spf.answer, Unreachable):
        raise CannotTell(spf.answer.why)
    if spf.tree is None:
        raise NotApplicable(Why.NO_RECORD)
    if _is_too_wide(spf) and not _passes_everybody(spf):
        yield _by_networks(spf, spf.tree)
    elif spf.passes_all:
        yield _by_all(spf, spf.tree)
    elif (why := spf.passes_all_why or spf.tree.why_unknown) is not None:
        raise CannotTell(why)


def lets_everybody_send(spf: SpfEvidence) -> bool:
    """Whether everybody passes, by one term or because the passing networks are so wide."""
    return _passes_everybody(spf) or _is_too_wide(spf)


def _passes_everybody(spf: SpfEvidence) -> bool:
    """Whether there is such a term and a receiver comes to it, rather than to answer permerror before."""
    if not spf.passes_all or spf.tree is None:
        return False
    term = (spf.passes_all_at, spf.passes_all)
    return any((holder, t.text) == term for holder, t in course(spf.tree, {}, 4).before)


def _is_too_wide(spf: SpfEvidence) -> bool:
    four, six = _networks(spf)
    return sum(n.num_addresses for n in four) >= _QUARTER or bool(six)


def _networks(spf: SpfEvidence) -> tuple[list[ipaddress.IPv4Network], list[ipaddress.IPv6Network]]:
    """The union of the passing IPv4 networks, and the IPv6 networks that are too wide by themselves."""
    networks = [ipaddress.ip_network(text, strict=False) for text in spf.passing_networks]
    four = list(ipaddress.collapse_addresses(n for n in networks if isinstance(n, ipaddress.IPv4Network)))
    six = list(ipaddress.collapse_addresses(n for n in networks if isinstance(n, ipaddress.IPv6Network)))
    return four, [n for n in six if n.prefixlen < _WIDEST_IPV6]


def _by_all(spf: SpfEvidence, tree: SpfNode) -> Finding:
    is_reached = _passes_everybody(spf)
    is_exists = spf.passes_all.lower().lstrip("+").startswith("exists:")
    new = proposed(tree).for_fault(Fault.OPEN) if is_reached and not is_exists else None
    through = ""
    if not is_reached:
        variant: str | None = "unreached"
    elif spf.passes_all_at == spf.domain:
        variant = "exists" if is_exists else None if new else "nobody_listed"
    else:
        way = next(w for w in tree.paths() if w[-1].domain == spf.passes_all_at)
        through = way[1].via.text if way[1].via else ""
        ends = changes_end(tree.record, new)
        variant = "included_by_hand" if new is None else f"included_{WITH_END}" if ends else "included"
    return PASS_ALL.found(
        spf.domain,
        severity=None if is_reached else Severity.WARNING,
        tier=None if is_reached else Tier.NONE,
        variant=variant,
        records=(RecordChange(spf.published_at, "TXT", tree.record.text if tree.record else None, new),),
        domain=spf.domain,
        term=spf.passes_all,
        holder=spf.passes_all_at,
        through=through,
        percent=100,
        networks=(),
    )


def _by_networks(spf: SpfEvidence, tree: SpfNode) -> Finding:
    four, six = _networks(spf)
    addresses = sum(n.num_addresses for n in four)
    by_ipv4 = addresses >= _QUARTER
    return PASS_ALL.found(
        spf.domain,
        variant="networks" if by_ipv4 else "ipv6",
        records=(RecordChange(spf.published_at, "TXT", tree.record.text if tree.record else None, None),),
        domain=spf.domain,
        term="",
        holder=spf.domain,
        through="",
        percent=addresses * 100 // 2**32,
        networks=_widest(four if by_ipv4 else six),
    )


def _widest(networks: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> tuple[str, ...]:
    return tuple(str(n) for n in sorted(networks, key=lambda n: n.prefixlen)[:_MAX_SHOWN])


CHECK = Check(
    id="spf.all",
    title=Text(en="SPF open to everyone", ja="SPFの許可範囲"),
    needs=(SpfEvidence,),
    rules=(PASS_ALL,),
    judge=judge,
)
