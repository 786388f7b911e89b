"""Do the names in the SPF record exist, or does a receiver stop at too many void lookups?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, RecordChange, Rule, Sample, Text, Texts
from checks.evidence.message import SessionEvidence
from checks.evidence.spf import SpfBranch, SpfEvidence, SpfLookupEvidence, SpfNode, SpfTerm, SpfTermLookups
from checks.model import Severity, Tier, Unreachable, Why
from checks.parse.spf import parse_spf
from checks.parse.spf_course import MAX_VOID_LOOKUPS as LIMIT
from checks.parse.spf_course import Answers, Course, course
from checks.parse.spf_proposal import proposed
from checks.parse.spf_rewrite import without_terms

_MAX_SHOWN = 10
_MAX_LINES = 80

_TITLE = Text(
    en="SPF of `{domain}` leads to more than {limit} names without an address; receivers stop there",
    ja="`{domain}` のSPFは、アドレスのない名前の参照(void lookup)が上限の{limit}回を超えています",
)
_WHY = Text(
    en="These lookups come back empty: {voids:code}. At the last of them receivers answer permerror: senders listed before that point pass SPF, all others do not.",
    ja="{voids:code} は、問い合わせても該当するレコードがありません。受信側は最後の問い合わせの時点で結果をpermerrorとします。合格するのはそれより前に記載された送信元だけで、ほかの送信元はSPFに合格しません。",
)

_WHY_NOBODY = Text(
    en="These lookups come back empty: {voids:code}. At the last of them receivers answer permerror. What stands before that point has no address, so no sender at all passes SPF now.",
    ja="{voids:code} は、問い合わせても該当するレコードがありません。受信側は最後の問い合わせの時点で結果をpermerrorとします。それより前にアドレスのある送信元の記載がないため、現在、SPFに合格する送信元は1つもありません。",
)
_REMOVE = Text(
    en="Remove {dead:code} from the TXT record of `{domain}` (new record shown with this finding): these names have no address, neither IPv4 nor IPv6, so no sender is lost.",
    ja="`{domain}` のTXTレコードから {dead:code} を削除します(変更後のレコードは下記)。これらの名前にはIPv4アドレスもIPv6アドレスもないため、削除しても送信元は減りません。",
)
_BY_HAND = Text(
    en="In the TXT record of {holders:code} remove the terms that lead to these names, or write the servers as `ip4:` and `ip6:`, which cost no lookup. What is not yours only its operator can change: remove its `include` if you no longer use the service.",
    ja="{holders:code} のTXTレコードから、これらの名前を参照するメカニズムを削除するか、参照のいらない `ip4:`、`ip6:` でサーバーを記載します。他社のレコードを修正できるのはその管理者だけです。使っていないサービスであれば、その `include` を削除してください。",
)
_BESIDE_CORRECTIONS = Text(
    en="Remove {dead:code} from the TXT record of `{domain}`, and also from the corrected record that the other findings show: these names have no address, neither IPv4 nor IPv6, so no sender is lost.",
    ja="`{domain}` のTXTレコードから {dead:code} を削除します。ほかの指摘に示した変更後のレコードからも除いてください。これらの名前にはIPv4アドレスもIPv6アドレスもないため、削除しても送信元は減りません。",
)
_NOBODY = "nobody"
"""The wordings for a record in which nothing that could match stands before the end."""


def _of_nobody(fix: Text) -> Texts:
    return Texts(title=_TITLE, why=_WHY_NOBODY, fix=fix)


TOO_MANY_VOID_LOOKUPS = Rule(
    id="SPF303",
    name="too-many-void-lookups",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.2",
    facts=("domain", "limit", "voids", "dead", "holders", "family", "tree"),
    alternatives=((Severity.NOTICE, Tier.NONE),),
    texts=Texts(title=_TITLE, why=_WHY, fix=_REMOVE),
    variants={
        "by_hand": Texts(title=_TITLE, why=_WHY, fix=_BY_HAND),
        "beside_corrections": Texts(title=_TITLE, why=_WHY, fix=_BESIDE_CORRECTIONS),
        _NOBODY: _of_nobody(_REMOVE),
        f"{_NOBODY}_by_hand": _of_nobody(_BY_HAND),
        f"{_NOBODY}_beside_corrections": _of_nobody(_BESIDE_CORRECTIONS),
        "ipv6": Texts(
            title=Text(
                en="For mail over IPv6, SPF of `{domain}` leads to more than {limit} names without an IPv6 address",
                ja="`{domain}` のSPFは、IPv6で送信した場合にアドレスのない名前の参照(void lookup)が{limit}回を超えます",
            ),
            why=Text(
                en="For mail that comes over IPv6 receivers ask for AAAA records, and these are empty: {voids:code}. At the last of them they answer permerror: IPv6 senders listed after it do not pass SPF. Mail over IPv4 is not affected.",
                ja="IPv6で届いたメールについて、受信側はAAAAレコードを問い合わせます。{voids:code} は該当するレコードがないため、最後の問い合わせの時点で結果がpermerrorとなり、それより後に記載されたIPv6の送信元はSPFに合格しません。IPv4のメールには影響しません。",
            ),
            fix=Text(
                en="In the TXT record of {holders:code} write servers that have IPv4 alone as `ip4:` in place of `a` or `mx`, and the networks of IPv6 senders as `ip6:` at the beginning: both cost no lookup.",
                ja="{holders:code} のTXTレコードで、IPv4だけのサーバーは `a` や `mx` の代わりに `ip4:` で記載し、IPv6の送信元は先頭に `ip6:` で記載します。どちらもDNSの参照がいりません。",
            ),
        ),
    },
    references=("https://www.rfc-editor.org/rfc/rfc7208#section-4.6.4",),
    sample=Sample(
        bad="v=spf1 a:old1.gone.example a:old2.gone.example a:old3.gone.example ip4:192.0.2.0/24 ~all",
        good="v=spf1 ip4:192.0.2.0/24 ~all",
    ),
)


def judge(spf: SpfEvidence, lookups: SpfLookupEvidence, session: SessionEvidence) -> Iterator[Finding]:
    if isinstance(spf.answer, Unreachable):
        raise CannotTell(spf.answer.why)
    tree = spf.tree
    if tree is None or tree.record is None:
        raise NotApplicable(Why.NO_RECORD)
    answers = lookups.by_record()
    four, six = course(tree, answers, 4), course(tree, answers, 6)
    if four.stop == "voids":
        yield _found(spf, tree, lookups, four, six)
        return
    # Who sends over IPv4 alone loses nothing by what a client over IPv6 meets.
    if six.stop == "voids" and (_came_over_ipv6(session, spf.domain) or _reaches_ipv6(six, answers)):
        yield _found_for_ipv6(spf, lookups, six, _came_over_ipv6(session, spf.domain))
    if (why := four.why or six.why) is not None:
        raise CannotTell(why)


def _came_over_ipv6(session: SessionEvidence, domain: str) -> bool:
    """Whether a mail with this return path was sent from an IPv6 address."""
    sender = (session.mail_from or "").rpartition("@")[2].removesuffix(".").lower()
    return sender == domain and ":" in (session.client_ip or "")


def _reaches_ipv6(six: Course, answers: Answers) -> bool:
    """Whether an IPv6 sender is listed where a client over IPv6 does not get to."""
    for holder, term in six.after:
        told = answers.get(holder, {}).get(term)
        if term.qualifier == "+" and (term.name == "ip6" or (told is not None and told.finds_ipv6)):
            return True
    return False


def _found(spf: SpfEvidence, tree: SpfNode, lookups: SpfLookupEvidence, four: Course, six: Course) -> Finding:
    own = lookups.by_record().get(tree.domain, {})
    dead = [term for term, told in own.items() if _is_dead(told)]
    left = lookups.branches[0].voids_ipv4 - sum(len(own[term].void_ipv4) for term in dead)
    corrected = proposed(tree).text
    new = without_terms(parse_spf(corrected or spf.records[0]), *dead) if left <= LIMIT else None
    wording = "by_hand" if new is None else "beside_corrections" if corrected else ""
    nobody = all(met.stop == "voids" and _passes_nobody(met, lookups.by_record()) for met in (four, six))
    variant = "_".join(filter(None, (_NOBODY if nobody else "", wording))) or None
    # The other findings do not know which names are dead; two different new records would contradict one another.
    return _stated(spf, lookups, four, variant, Severity.ERROR, new=None if wording else new, dead=dead)


def _passes_nobody(met: Course, answers: Answers) -> bool:
    """Whether all that could give a pass before the end is known to match nobody, over neither IPv4 nor IPv6."""
    listing = [(holder, t) for holder, t in met.before if t.qualifier == "+" and t.name not in ("include", "redirect")]
    told = [answers.get(holder, {}).get(term) for holder, term in listing]
    return met.why is None and not met.open_targets and all(each is not None and _is_dead(each) for each in told)


def _found_for_ipv6(spf: SpfEvidence, lookups: SpfLookupEvidence, six: Course, is_in_use: bool) -> Finding:
    return _stated(spf, lookups, six, "ipv6", Severity.ERROR if is_in_use else Severity.NOTICE)


def _stated(
    spf: SpfEvidence,
    lookups: SpfLookupEvidence,
    met: Course,
    variant: str | None,
    severity: Severity,
    *,
    new: str | None = None,
    dead: Sequence[SpfTerm] = (),
) -> Finding:
    return TOO_MANY_VOID_LOOKUPS.found(
        spf.domain,
        variant=variant,
        severity=severity,
        tier=Tier.MAIL if severity is Severity.ERROR else Tier.NONE,
        records=(RecordChange(spf.published_at, "TXT", spf.records[0], new),),
        domain=spf.domain,
        limit=LIMIT,
        voids=tuple(void.asked for void in met.voids),
        dead=tuple(dict.fromkeys(term.text[:80] for term in dead))[:_MAX_SHOWN],
        holders=tuple(dict.fromkeys(void.holder for void in met.voids)),
        family="IPv6" if variant == "ipv6" else "IPv4",
        tree=tuple(_line(branch) for branch in lookups.branches[:_MAX_LINES]),
    )


def _is_dead(told: SpfTermLookups) -> bool:
    """Whether it can match nobody, over neither IPv4 nor IPv6."""
    is_known = told.why_ipv4 is None and told.why_ipv6 is None
    return is_known and bool(told.void_ipv4 and told.void_ipv6) and not (told.finds_ipv4 or told.finds_ipv6)


def _line(branch: SpfBranch) -> str:
    """`include:a.example (3; void 1/2)`: lookups, and void ones for IPv4 and IPv6."""
    name = branch.term[:80] or branch.domain
    return f"{'  ' * branch.depth}{name} ({branch.lookups}; void {branch.voids_ipv4}/{branch.voids_ipv6})"


CHECK = Check(
    id="spf.voids",
    title=Text(en="Names in SPF", ja="SPFが参照する名前の存在"),
    needs=(SpfEvidence, SpfLookupEvidence, SessionEvidence),
    rules=(TOO_MANY_VOID_LOOKUPS,),
    judge=judge,
)
