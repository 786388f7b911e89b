"""Can senders get the MTA-STS policy, is it valid, and does it allow the MX?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, RecordChange, Rule, Sample, Text, Texts
from checks.evidence.mx import MxEvidence
from checks.evidence.sts import PolicyProblem, StsEvidence, StsPolicy, StsPolicyEvidence, StsRecord
from checks.model import NotServed, Seen, Severity, Tier, Unreachable, Why
from checks.parse.sts import matches
from checks.rules import _https_fault
from checks.rules._policy_record import policy_change
from checks.rules._receiving import mx_hosts, usable_mx_hosts
from checks.rules.sts_record import URL, policy_file, policy_lines

_UNREACHABLE = _https_fault.variants(
    Text(en="MTA-STS policy of `{domain}`: ", ja="`{domain}` のMTA-STSポリシー: "),
    Text(
        en="The TXT record announces a policy that senders cannot get at `{url}`. Those that have none yet send without its protection, the others lose it when their copy runs out.",
        ja="TXTレコードはポリシーの存在を示していますが、送信側は `{url}` から取得できません。取得済みでない送信側は保護なしで送信し、取得済みの送信側でも有効期間(`max_age`)を過ぎると保護が失われます。",
    ),
)

POLICY_UNREACHABLE = Rule(
    id="STS102",
    name="sts-policy-unreachable",
    severity=Severity.ERROR,
    tier=Tier.DNS,
    since="0.2",
    facts=("domain", "fault", *_https_fault.FACTS),
    texts=_UNREACHABLE["status"],
    variants=_UNREACHABLE,
    references=("https://www.rfc-editor.org/rfc/rfc8461#section-3.3",),
    sample=Sample(
        bad="https://mta-sts.example.co.jp/.well-known/mta-sts.txt -> 404",
        good="https://mta-sts.example.co.jp/.well-known/mta-sts.txt -> 200, text/plain",
    ),
)

POLICY_INVALID = Rule(
    id="STS103",
    name="sts-policy-invalid",
    severity=Severity.ERROR,
    tier=Tier.DNS,
    since="0.2",
    facts=("domain", "url", "problems", "policy"),
    texts=Texts(
        title=Text(
            en="The MTA-STS policy of `{domain}` is invalid at {problems:code}",
            ja="`{domain}` のMTA-STSポリシーに誤りがあります: {problems:code}",
        ),
        why=Text(
            en="Senders have to ignore a policy that breaks the rules of RFC 8461, so it protects nobody.",
            ja="送信側は、RFC 8461の規則に反するポリシーを無視するため、保護が働きません。",
        ),
        fix=Text(
            en="Serve the file shown at `{url}`, as `Content-Type: text/plain`. Then change the `id` in the TXT record as shown.",
            ja="下記のファイルを `{url}` で `Content-Type: text/plain` として公開します。その後、TXTレコードを下記のとおり変更し、`id` を新しくしてください。",
        ),
    ),
    variants={
        "mx_first": Texts(
            title=Text(
                en="The MTA-STS policy of `{domain}` is invalid at {problems:code}",
                ja="`{domain}` のMTA-STSポリシーに誤りがあります: {problems:code}",
            ),
            why=Text(
                en="Senders have to ignore a policy that breaks the rules of RFC 8461, so it protects nobody.",
                ja="送信側は、RFC 8461の規則に反するポリシーを無視するため、保護が働きません。",
            ),
            fix=Text(
                en="First repair the MX records (see the findings on them), since the policy has to list the names of servers to which mail can be delivered. Then correct the file at `{url}`: check again, and it will be shown.",
                ja="ポリシーには配送できるサーバーの名前を書く必要があるため、先にMXレコードを修正してください(MXの指摘を参照)。その後もう一度検査すると、`{url}` に置くファイルを表示します。",
            ),
        )
    },
    references=("https://www.rfc-editor.org/rfc/rfc8461#section-3.2",),
    sample=Sample(
        bad="version: STSv1 / mode: enforced / mx: mx1.example.co.jp / max_age: 604800",
        good="version: STSv1 / mode: enforce / mx: mx1.example.co.jp / max_age: 604800",
    ),
)

STS_TESTING = Rule(
    id="STS201",
    name="sts-testing",
    severity=Severity.NOTICE,
    tier=Tier.NONE,
    since="0.2",
    facts=("domain", "url"),
    texts=Texts(
        title=Text(en="MTA-STS of `{domain}` is in testing mode", ja="`{domain}` のMTA-STSはテストモード(testing)です"),
        why=Text(
            en="To begin like this is right. But senders deliver even where TLS fails, and only report it.",
            ja="導入の初期段階としては適切です。ただし、TLSに失敗しても送信側は配送を続け、レポートを送るだけです。",
        ),
        fix=Text(
            en="Not yet, but when TLS reports of some weeks show no failures: write `mode: enforce` into the file `{url}` and change the `id` in the TXT record.",
            ja="すぐに変更する必要はありません。数週間分のTLSレポートで失敗がないことを確認できたら、`{url}` のファイルを `mode: enforce` に変え、TXTレコードの `id` も変更してください。",
        ),
    ),
    variants={
        "none": Texts(
            title=Text(
                en="MTA-STS of `{domain}` is switched off (`mode: none`)",
                ja="`{domain}` のMTA-STSは無効です(`mode: none`)",
            ),
            why=Text(
                en="Right while you withdraw MTA-STS: senders drop the policy they have. It protects nobody.",
                ja="MTA-STSの利用をやめるときの設定です。送信側は以前のポリシーを破棄し、保護は働きません。",
            ),
            fix=Text(
                en="To withdraw it, remove the TXT record once the `max_age` of the earlier policy has passed. To use it, write `mode: testing` into the file `{url}` and change the `id` in the TXT record.",
                ja="利用をやめる場合は、以前のポリシーの `max_age` が過ぎてからTXTレコードを削除します。利用する場合は、`{url}` のファイルを `mode: testing` に変え、TXTレコードの `id` も変更してください。",
            ),
        )
    },
    references=("https://www.rfc-editor.org/rfc/rfc8461#section-5",),
    sample=Sample(bad="mode: testing", good="mode: enforce"),
)

_NOT_ALLOWED = Text(
    en="MTA-STS of `{domain}` does not allow its MX {hosts:code}",
    ja="`{domain}` のMTA-STSポリシーにMX {hosts:code} が含まれていません",
)
_WHY_ENFORCED = Text(
    en="The policy is in enforce mode and allows {allowed:code}; the MX are {mx:code}. Senders that follow it, Gmail and Microsoft among them, deliver to no host that it does not allow: mail is delayed or returned.",
    ja="ポリシーは強制モード(enforce)で、許可されているのは {allowed:code}、MXは {mx:code} です。GmailやMicrosoftなど、ポリシーに従う送信側は許可されていないホストに配送しないため、メールの遅延や不達が起こります。",
)
_WHY_TESTED = Text(
    en="The policy allows {allowed:code}; the MX are {mx:code}. In testing mode mail is still delivered; in enforce mode senders would no longer deliver to {hosts:code}.",
    ja="許可されているのは {allowed:code}、MXは {mx:code} です。テストモード(testing)の間は配送されますが、enforceに変えると {hosts:code} には配送されなくなります。",
)
_ALLOW_EN = "See that the certificate of {hosts:code} fits its name, serve the file shown at `{url}`, then change the `id` as shown."
_ALLOW_JA = "{hosts:code} の証明書がその名前に対して有効であることを確認し、下記のファイルを `{url}` で公開してください。その後、TXTレコードの `id` を下記の値に変更します。"
_RELIEF_EN = " Until then `mode: testing` lets mail through; each change of the file needs an unused `id`."
_RELIEF_JA = (
    "それまでは、ファイルを `mode: testing` に変えると配送されます(ファイルを変えるたびに、`id` を未使用の値にします)。"
)
_OR_REMOVE_EN = " Or, if you no longer use {hosts:code}, remove it from the MX records: {others:code} remains."
_OR_REMOVE_JA = "{hosts:code} を使っていない場合は、代わりにMXレコードから削除します(MXには {others:code} が残ります)。"

MX_NOT_IN_POLICY = Rule(
    id="STS401",
    name="mx-not-in-policy",
    severity=Severity.ERROR,
    tier=Tier.MAIL,
    since="0.2",
    facts=("domain", "url", "hosts", "allowed", "policy", "mx", "others"),
    alternatives=((Severity.ERROR, Tier.DNS),),
    texts=Texts(
        title=_NOT_ALLOWED,
        why=_WHY_ENFORCED,
        fix=Text(en=_ALLOW_EN + _RELIEF_EN, ja=_ALLOW_JA + _RELIEF_JA),
    ),
    variants={
        "others_serve": Texts(
            title=_NOT_ALLOWED,
            why=_WHY_ENFORCED,
            fix=Text(en=_ALLOW_EN + _OR_REMOVE_EN + _RELIEF_EN, ja=_ALLOW_JA + _OR_REMOVE_JA + _RELIEF_JA),
        ),
        "testing": Texts(title=_NOT_ALLOWED, why=_WHY_TESTED, fix=Text(en=_ALLOW_EN, ja=_ALLOW_JA)),
        "testing_others_serve": Texts(
            title=_NOT_ALLOWED,
            why=_WHY_TESTED,
            fix=Text(en=_ALLOW_EN + _OR_REMOVE_EN, ja=_ALLOW_JA + _OR_REMOVE_JA),
        ),
    },
    references=("https://www.rfc-editor.org/rfc/rfc8461#section-4.1",),
    sample=Sample(
        bad="MX mx1.example.co.jp, policy mx: *.example.com", good="MX mx1.example.co.jp, policy mx: *.example.co.jp"
    ),
)

_FIELD_OF = {"media_type": "Content-Type", "version": "version", "mode": "mode", "max_age": "max_age", "mx": "mx"}


def judge_policy(sts: StsEvidence, fetched: StsPolicyEvidence, mx: MxEvidence) -> Iterator[Finding]:
    hosts = usable_mx_hosts(mx)
    policy = _announced(sts, fetched)
    url = URL.format(domain=sts.domain)
    if isinstance(policy, NotServed):
        yield POLICY_UNREACHABLE.found(
            sts.domain,
            variant=policy.fault.value,
            domain=sts.domain,
            fault=policy.fault.value,
            url=policy.url,
            host=_https_fault.host_of(policy),
            detail=policy.detail,
        )
    elif policy.problems:
        # Without any pattern, or a name to make one of, it would be invalid again.
        is_told = bool(hosts or policy.mx or policy.mode == "none")
        lines = _corrected(policy, _not_allowed(policy, hosts)) if is_told else ()
        yield POLICY_INVALID.found(
            sts.domain,
            variant=None if is_told else "mx_first",
            records=(policy_file(url, lines, policy.text), *_new_id(sts)) if is_told else (),
            domain=sts.domain,
            url=url,
            problems=tuple(_named(problem) for problem in policy.problems),
            policy=lines,
        )
    elif policy.mode != "enforce":
        yield STS_TESTING.found(
            sts.domain, variant="none" if policy.mode == "none" else None, domain=sts.domain, url=url
        )


def judge_mx(sts: StsEvidence, fetched: StsPolicyEvidence, mx: MxEvidence) -> Iterator[Finding]:
    hosts = usable_mx_hosts(mx)
    policy = _announced(sts, fetched)
    if isinstance(policy, NotServed) or policy.problems or policy.mode == "none":
        # No policy that a sender would apply.
        raise NotApplicable(Why.NO_RECORD)
    if not hosts:
        raise NotApplicable(Why.NO_MX)
    missing = _not_allowed(policy, hosts)
    if not missing:
        return
    is_enforced = policy.mode == "enforce"
    # Who removes the last MX that senders may use loses all mail: that is offered only beside one that surely serves.
    others = tuple(host for host in hosts if host not in missing and _serves(mx, host))
    variants = (None, "others_serve") if is_enforced else ("testing", "testing_others_serve")
    url = URL.format(domain=sts.domain)
    lines = _corrected(policy, missing)
    yield MX_NOT_IN_POLICY.found(
        sts.domain,
        tier=Tier.MAIL if is_enforced else Tier.DNS,
        variant=variants[bool(others)],
        records=(policy_file(url, lines, policy.text), *_new_id(sts)),
        domain=sts.domain,
        url=url,
        hosts=missing,
        allowed=policy.mx,
        policy=lines,
        mx=mx_hosts(mx),
        others=others or ("-",),
    )


def _serves(mx: MxEvidence, host: str) -> bool:
    return any(target.usable for target in mx.targets if target.host.lower() == host)


def _announced(sts: StsEvidence, fetched: StsPolicyEvidence) -> StsPolicy | NotServed:
    if isinstance(sts.record, Unreachable):
        raise CannotTell(sts.record.why)
    match fetched.policy:
        case None:
            raise NotApplicable(Why.NO_RECORD)
        case Unreachable(why=why):
            raise CannotTell(why)
        case policy:
            return policy


def _named(problem: PolicyProblem) -> str:
    """The place in the file, in its own words: the line at fault, or the field that is missing."""
    match problem.fault:
        case "line":
            return problem.part
        case "encoding":
            return "UTF-8"
        case "mx_pattern":
            return f"mx: {problem.part}"
    field = _FIELD_OF[problem.fault]
    return f"{field}: {problem.part}" if problem.part else field


def _not_allowed(policy: StsPolicy, hosts: Iterable[str]) -> tuple[str, ...]:
    return tuple(host for host in hosts if not any(matches(host, pattern) for pattern in policy.mx))


def _corrected(policy: StsPolicy, missing: tuple[str, ...]) -> tuple[str, ...]:
    """The policy as it should be, in the mode it is in; patterns that allow no MX are kept, for they may be needed."""
    return policy_lines(policy.mode or "testing", (*policy.mx, *missing), policy.max_age_s or 604800)


def _new_id(sts: StsEvidence) -> list[RecordChange]:
    """Senders fetch a changed policy only when the id has changed, so after the file (RFC 8461 section 3.1)."""
    match sts.record:
        case Seen(StsRecord(text)):
            return [
                policy_change(f"_mta-sts.{sts.domain}", sts.alias_of, text, f"v=STSv1; id={sts.fresh_id}", later=True)
            ]
    return []


CHECKS = (
    Check(
        id="sts.policy",
        title=Text(en="MTA-STS policy", ja="MTA-STSポリシー"),
        needs=(StsEvidence, StsPolicyEvidence, MxEvidence),
        rules=(POLICY_UNREACHABLE, POLICY_INVALID, STS_TESTING),
        judge=judge_policy,
    ),
    Check(
        id="sts.mx",
        title=Text(en="MX in the MTA-STS policy", ja="MTA-STSポリシーとMX"),
        needs=(StsEvidence, StsPolicyEvidence, MxEvidence),
        rules=(MX_NOT_IN_POLICY,),
        judge=judge_mx,
    ),
)
