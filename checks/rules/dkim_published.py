"""Are the DKIM keys that the DNS holds fit for use? Whether there are others, and who signs, only a mail tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from checks.catalogue import CannotTell, Check, Finding, NotApplicable, RecordChange, Rule, Sample, Text, Texts
from checks.evidence.dkim import KnownKeysEvidence, PublishedKey, SelectorsEvidence
from checks.evidence.domain import UseEvidence
from checks.evidence.providers import ProvidersEvidence
from checks.model import Absent, Seen, Severity, Tier, Unreachable, Why
from checks.parse.message.key import TESTING, without_testing
from checks.rules._dkim_key_rules import (
    KEY_NOT_FOUND,
    KEY_RECORD_SYNTAX,
    KEY_REVOKED,
    MINIMUM_BITS,
    RECOMMENDED_BITS,
    SHORT_KEY,
    SHOWN,
    TESTING_MODE,
    WEAK_KEY,
    count_of_keys,
)
from checks.rules._per_signature import FACTS

KEY_NOT_ACTIVATED = Rule(
    id="DKIM004",
    name="key-not-activated",
    severity=Severity.WARNING,
    tier=Tier.MAIL,
    since="0.2",
    facts=(*FACTS, "target", "service", "provider", "sibling"),
    alternatives=((Severity.NOTICE, Tier.NONE),),
    texts=Texts(
        title=Text(
            en="`{key_name}` leads to {service}, where there is no key",
            ja="`{key_name}` の参照先である {service} に公開鍵がありません",
        ),
        why=Text(
            en="The CNAME points to `{target}`, which holds no key. Until DKIM is activated there, {service} usually does not sign "
            "for `{domain}`; if it signs with the selector `{selector}` nevertheless, that mail fails DKIM.",
            ja="CNAMEの参照先 `{target}` に公開鍵がありません。多くの場合、{service} は有効化されるまで `{domain}` の署名を行いません。"
            "それでもセレクター `{selector}` で署名されていれば、そのメールはDKIMに不合格になります。",
        ),
        fix=Text(
            en="Compare the CNAME with the value that the admin page of {service} shows, then activate (verify, turn on) DKIM for "
            "`{domain}` there. If you no longer use {service}, delete the CNAME `{key_name}` and its other records "
            "for `{domain}`: further selectors, its names for links and bounces, its SPF include.",
            ja="CNAMEの値が {service} の管理画面の表示と同じか確認し、そこで `{domain}` のDKIMを有効化(検証)してください。"
            "{service} をもう使っていない場合は、CNAMEレコード `{key_name}` と、ほかの関連レコード(別のセレクター、リンク用・バウンス用の名前、"
            "SPFの `include`)を削除してください。",
        ),
    ),
    variants={
        "sibling": Texts(
            title=Text(
                en="`{key_name}` has no key yet; the other selector of {service}, `{sibling}`, has one",
                ja="`{key_name}` にはまだ公開鍵がありません({service} のもう一方の `{sibling}` にはあります)",
            ),
            why=Text(
                en="{service} signs with one of two selectors and makes the key of the other when keys are rotated. Until then "
                "`{target}` is empty, and mail of `{domain}` signed with `{sibling}` passes.",
                ja="{service} は2つのセレクターの一方で署名し、もう一方の鍵は鍵の更新時に作成します。それまで `{target}` は空のままで、"
                "`{sibling}` で署名された `{domain}` のメールには影響しません。",
            ),
            fix=Text(
                en="Nothing has to change now. Leave the CNAME `{key_name}`: it is needed as soon as {service} changes over to the "
                "selector `{selector}`.",
                ja="今は変更の必要はありません。{service} がセレクター `{selector}` に切り替えるときに必要になるため、"
                "CNAMEレコード `{key_name}` は削除しないでください。",
            ),
        )
    },
    references=("https://www.rfc-editor.org/rfc/rfc6376#section-3.6.2",),
    sample=Sample(
        bad="s1._domainkey.example.co.jp.  CNAME  s1.domainkey.u12345.wl000.sendgrid.net.  →  NXDOMAIN",
        good='s1._domainkey.example.co.jp.  CNAME  s1.domainkey.u12345.wl000.sendgrid.net.  →  TXT  "k=rsa; p=MIIBIjANBgkq..."',
    ),
)

KEY_AT_DOUBLED_NAME = Rule(
    id="DKIM103",
    name="key-at-doubled-name",
    severity=Severity.WARNING,
    tier=Tier.NONE,
    since="0.2",
    facts=(*FACTS, "doubled_name"),
    texts=Texts(
        title=Text(
            en="A DKIM key is published at `{doubled_name}`, where no receiver looks",
            ja="公開鍵が誤った名前 `{doubled_name}` に登録されています",
        ),
        why=Text(
            en="Receivers ask for `{key_name}`, and there is nothing: signatures of `{domain}` with the selector `{selector}` "
            "fail. Many DNS consoles append the domain to the name that is typed in.",
            ja="受信側が参照する `{key_name}` には公開鍵がないため、`{domain}` のセレクター `{selector}` の署名は不合格になります。"
            "入力した名前にドメイン名を補うDNSの管理画面で、ドメイン名まで入力したことが原因です。",
        ),
        fix=Text(
            en="Move the TXT record: in the DNS console enter the name without the domain that the console appends, so that it "
            "becomes `{key_name}`, with the same value; then delete the record at `{doubled_name}`.",
            ja="DNSの管理画面で、補われるドメイン名を除いた名前を入力し、同じ値のTXTレコードが `{key_name}` になるように"
            "登録し直してください。その後、`{doubled_name}` のレコードを削除します。",
        ),
    ),
    references=("https://www.rfc-editor.org/rfc/rfc6376#section-3.6.2.1",),
    sample=Sample(
        bad='s1._domainkey.example.co.jp.example.co.jp.  TXT  "v=DKIM1; k=rsa; p=MIIBIjANBgkq..."',
        good='s1._domainkey.example.co.jp.  TXT  "v=DKIM1; k=rsa; p=MIIBIjANBgkq..."',
    ),
)

_TWO_SELECTORS = "microsoft"
_MILD = (Severity.WARNING, Tier.NONE)


def judge(
    known: KnownKeysEvidence, selectors: SelectorsEvidence, providers: ProvidersEvidence, use: UseEvidence
) -> Iterator[Finding]:
    """Of the known selectors only the newest must still be there: removing old keys is proper rotation.

    A key that was found by habit alone may be used by nobody. What only harms mail signed with it is then milder; a key
    that others can compute is bad in any case, also where the domain sends no mail.
    """
    if not (known.keys or selectors.found or selectors.doubled):
        if (why := selectors.why_unknown) is not None:
            raise CannotTell(why)
        raise NotApplicable(Why.NO_SIGNATURE)
    doubled = {key.selector: key for key in selectors.doubled}
    yield from _newest(known, doubled, providers)
    for key in (*known.keys, *selectors.found):
        yield from _strength(key)
    failed: Why | None = None
    if not use.non_sending:
        newest = known.keys[:1]
        for key in (*known.keys, *selectors.found):
            yield from _fitness(key, is_used=key in newest or key.likely, is_known=key in known.keys)
        for key in doubled.values():
            yield _doubled(key, selectors.domain)
        siblings = (*known.keys, *selectors.found)
        for key in siblings:
            finding = _not_activated(key, siblings, providers, selectors.failed)
            if isinstance(finding, Finding):
                yield finding
            else:
                failed = failed or finding
    failed = failed or next((k.answer.why for k in known.keys if isinstance(k.answer, Unreachable)), None)
    if failed is not None:
        raise CannotTell(failed)


def _newest(
    known: KnownKeysEvidence, doubled: Mapping[str, PublishedKey], providers: ProvidersEvidence
) -> Iterator[Finding]:
    for key in known.keys[:1]:
        # Where that says more, another rule says it.
        is_doubled = key.domain == known.domain and key.selector in doubled
        is_at_provider = key.alias_of is not None and providers.by_target(key.alias_of) is not None
        match key.problem:
            case "key_not_found" if not (is_doubled or is_at_provider):
                yield _found(KEY_NOT_FOUND, key, _MILD, "published")
            case "key_revoked":
                yield _found(KEY_REVOKED, key, _MILD)


def _strength(key: PublishedKey) -> Iterator[Finding]:
    if key.problem == "key_too_short":
        yield _found(WEAK_KEY, key, bits=key.bits or 0, minimum=MINIMUM_BITS)
    elif key.problem == "" and key.kind == "rsa" and key.bits is not None and key.bits < RECOMMENDED_BITS:
        yield _found(SHORT_KEY, key, bits=key.bits, recommended=RECOMMENDED_BITS)


def _fitness(key: PublishedKey, *, is_used: bool, is_known: bool) -> Iterator[Finding]:
    records = _texts(key)
    if key.problem == "key_syntax":
        count = count_of_keys(records)
        yield _found(
            KEY_RECORD_SYNTAX,
            key,
            None if is_used or is_known else _MILD,
            "several" if count > 1 else None,
            record=records[0][:SHOWN] if records else "-",
            count=count,
        )
    elif TESTING in key.flags:
        old = records[0] if len(records) == 1 else None
        change = RecordChange(key.name, "TXT", old, without_testing(old) if old else None)
        yield TESTING_MODE.found(
            key.name,
            severity=None if is_used else Severity.NOTICE,
            tier=None if is_used else Tier.NONE,
            variant="hosted" if key.alias_of else None,
            records=() if key.alias_of else (change,),
            **_facts(key),
        )


def _doubled(key: PublishedKey, domain: str) -> Finding:
    right = f"{key.selector}._domainkey.{domain}"
    records = _texts(key)
    text = records[0] if len(records) == 1 else None
    return KEY_AT_DOUBLED_NAME.found(
        right,
        records=(RecordChange(right, "TXT", None, text), RecordChange(key.name, "TXT", text, "")) if text else (),
        domain=domain,
        selector=key.selector,
        key_name=right,
        doubled_name=key.name,
    )


def _not_activated(
    key: PublishedKey, siblings: tuple[PublishedKey, ...], providers: ProvidersEvidence, failed: Why | None
) -> Finding | Why | None:
    """A finding; or why it cannot be told how much it matters; or nothing."""
    target = key.alias_of
    if not isinstance(key.answer, Absent) or target is None or (service := providers.by_target(target)) is None:
        return None
    sibling = ""
    if service.id == _TWO_SELECTORS:
        others = [k for k in siblings if k.name != key.name and k.domain == key.domain and k.problem == ""]
        sibling = next((k.selector for k in others if k.alias_of and _leads_to(k.alias_of, service.id, providers)), "")
        lost = next((k.answer.why for k in siblings if isinstance(k.answer, Unreachable)), failed)
        if not sibling and lost is not None:
            return lost
    return KEY_NOT_ACTIVATED.found(
        key.name,
        severity=Severity.NOTICE if sibling else None,
        tier=Tier.NONE if sibling else None,
        variant="sibling" if sibling else None,
        target=target,
        service=service.name,
        provider=service.id,
        sibling=sibling or "-",
        **_facts(key),
    )


def _leads_to(target: str, service: str, providers: ProvidersEvidence) -> bool:
    found = providers.by_target(target)
    return found is not None and found.id == service


def _found(
    rule: Rule,
    key: PublishedKey,
    chosen: tuple[Severity, Tier] | None = None,
    variant: str | None = None,
    **facts: str | int,
) -> Finding:
    """The finding at the key, whose record only the owner of the private key can replace. An alias has none here."""
    records = _texts(key)
    change = RecordChange(key.name, "TXT", records[0] if len(records) == 1 else None, None)
    return rule.found(
        key.name,
        severity=chosen[0] if chosen else None,
        tier=chosen[1] if chosen else None,
        variant=variant,
        records=() if key.alias_of else (change,),
        **_facts(key),
        **facts,
    )


def _facts(key: PublishedKey) -> dict[str, Any]:
    return {"domain": key.domain, "selector": key.selector, "key_name": key.name}


def _texts(key: PublishedKey) -> tuple[str, ...]:
    if not isinstance(key.answer, Seen):
        return ()
    return tuple(v.decode("utf-8", "backslashreplace") for v in key.answer.value.values)


CHECK = Check(
    id="dkim.published",
    title=Text(en="DKIM: keys found in the DNS", ja="DKIM: セレクターの公開鍵"),
    needs=(KnownKeysEvidence, SelectorsEvidence, ProvidersEvidence, UseEvidence),
    rules=(
        KEY_NOT_FOUND,
        KEY_REVOKED,
        KEY_NOT_ACTIVATED,
        KEY_RECORD_SYNTAX,
        KEY_AT_DOUBLED_NAME,
        TESTING_MODE,
        WEAK_KEY,
        SHORT_KEY,
    ),
    judge=judge,
)
