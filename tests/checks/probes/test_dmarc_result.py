"""DMARC of one mail as a receiver evaluates it (RFC 9989), against a name server on the loopback interface.

Each test names the section whose words or examples it goes through. What SPF and DKIM gave is stated.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import combinations, product

import pytest

from bot.demo.nameserver import ALWAYS, Fault, Nameserver, Zone
from checks.engine import judge
from checks.evidence.dmarc import DmarcResultEvidence
from checks.evidence.message import ArcEvidence, MessageEvidence, Signature, SignatureResult, SpfResultEvidence
from checks.model import Absent, Outcome, Seen, Unreachable, Why
from checks.net.dns import Dns
from checks.probes.dmarc_result import ask_dmarc_result
from checks.probes.run import Run
from checks.rules import dmarc_mechanisms, dmarc_result, spf_alignment

Signed = tuple[str, SignatureResult]
Given = tuple[str | None, str | None]
"""Domain and result of SPF."""


def mail(from_domain: str | None, *signed: Signed) -> MessageEvidence:
    signatures = tuple(
        Signature(i, result, "", domain, "s", "rsa-sha256", 2048, "", ("from",), key_why=_why(result))
        for i, (domain, result) in enumerate(signed)
    )
    return MessageEvidence(
        1,
        ("a",),
        None,
        from_domain,
        "" if from_domain else "none",
        signatures,
        ArcEvidence("none", 0),
        (),
        1,
        False,
        (),
    )


def _why(result: str) -> str:
    return "timeout" if result == "temperror" else ""


def spf_of(given: Given) -> SpfResultEvidence:
    domain, result = given
    return SpfResultEvidence(
        "192.0.2.1", "mfrom", domain or "", result, why=Why.TIMEOUT if result == "temperror" else None
    )  # type: ignore[arg-type]


async def received(dns: Dns, message: MessageEvidence, spf: SpfResultEvidence) -> DmarcResultEvidence:
    async def ask_message(run: Run) -> MessageEvidence:
        return message

    async def ask_spf(run: Run) -> SpfResultEvidence:
        return spf

    probes = {MessageEvidence: ask_message, SpfResultEvidence: ask_spf, DmarcResultEvidence: ask_dmarc_result}
    name = message.from_domain or "invalid"
    run = Run(name, name, dns.run(60.0), datetime.now(UTC), probes)
    try:
        return await run.evidence(DmarcResultEvidence)
    finally:
        await run.close()


def evaluate(
    records: Mapping[str, str],
    from_domain: str | None,
    *signed: Signed,
    spf: Given = ("", "none"),
    faults: Iterable[Fault] = (),
    names: Iterable[str] = (),
    log: list[str] | None = None,
) -> DmarcResultEvidence:
    """`records`: domain → its DMARC record; `names`: domains that exist although nothing else says so."""

    async def asked() -> DmarcResultEvidence:
        lines = [f'_dmarc.{name}. TXT "{line}"' for name, text in records.items() for line in text.splitlines()]
        lines += [f"{name}. TXT x" for name in names]
        zones = [
            Zone(top, "\n".join(line for line in lines if f".{top}. " in line)) for top in ("com", "net", "example")
        ]
        async with Nameserver(zones, faults=faults) as server:
            dns = Dns([server.address], try_s=0.1, tries=3)
            try:
                return await received(dns, mail(from_domain, *signed), spf_of(spf))
            finally:
                if log is not None:
                    log.extend(f"{name} {rdtype}" for name, rdtype in server.log)
                await dns.aclose()

    return asyncio.run(asked())


PLAIN = {"example.com": "v=DMARC1; p=reject"}
STRICT = {"example.com": "v=DMARC1; p=reject; adkim=s; aspf=s"}


def test_a_record_behind_a_cname_is_known_to_stand_there() -> None:
    async def asked() -> DmarcResultEvidence:
        records = '_dmarc CNAME d.hosted\nd.hosted TXT "v=DMARC1; p=reject; adkim=s"\nnews TXT x'
        async with Nameserver([Zone("d.example", records)], empty_zones=["example"]) as server:
            dns = Dns([server.address], try_s=3.0)
            try:
                return await received(dns, mail("news.d.example", ("d.example", "pass")), spf_of(("", "none")))
            finally:
                await dns.aclose()

    told = asyncio.run(asked())
    assert (told.at, told.alias_of) == ("d.example", "d.hosted.d.example")
    assert evaluate(PLAIN, "example.com").alias_of is None


class TestAlignment:
    @pytest.mark.parametrize("records", [PLAIN, STRICT], ids=["relaxed", "strict"])
    @pytest.mark.parametrize(
        ("from_domain", "other", "relaxed", "strict"),
        [
            ("example.com", "example.com", True, True),
            ("example.com", "child.example.com", True, False),
            ("child.example.com", "example.com", True, False),
            ("child.example.com", "example.net", False, False),
            ("a.example.com", "b.example.com", True, False),
            ("example.com", "anotherexample.com", False, False),
        ],
    )
    def test_appendix_b_1_and_section_4_4(
        self, records: dict[str, str], from_domain: str, other: str, relaxed: bool, strict: bool
    ) -> None:
        """B.1.1 for SPF and B.1.2 for DKIM, whose examples are the first, second and fourth."""
        aligned = strict if records is STRICT else relaxed
        by_spf = evaluate(records, from_domain, spf=(other, "pass"))
        assert (by_spf.spf_aligned, by_spf.result) == (aligned, "pass" if aligned else "fail")
        by_dkim = evaluate(records, from_domain, (other, "pass"))
        assert (by_dkim.dkim_aligned, by_dkim.result) == ((aligned,), "pass" if aligned else "fail")
        assert by_spf.near_miss == by_dkim.near_miss == by_spf.spf_near_miss == (relaxed and not aligned)

    def test_4_7_adkim_and_aspf_are_apart(self) -> None:
        record = {"example.com": "v=DMARC1; p=reject; aspf=s"}
        told = evaluate(record, "example.com", ("a.example.com", "pass"), spf=("a.example.com", "pass"))
        assert (told.spf_aligned, told.dkim_aligned, told.result, told.spf_near_miss) == (False, (True,), "pass", True)

    def test_5_3_5_one_aligned_identifier_that_passes_is_enough(self) -> None:
        signed: list[Signed] = [("example.net", "pass"), ("example.com", "fail"), ("x.example.com", "pass")]
        told = evaluate(PLAIN, "example.com", *signed, spf=("example.net", "fail"))
        assert (told.result, told.dkim_aligned) == ("pass", (False, True, True))

    @pytest.mark.parametrize("spf", ["fail", "softfail", "neutral", "none", "permerror"])
    def test_5_3_5_aligned_but_not_passing_is_a_fail(self, spf: str) -> None:
        assert evaluate(PLAIN, "example.com", ("example.com", "fail"), spf=("example.com", spf)).result == "fail"

    def test_4_10_2_psd_n_makes_an_organization_of_its_own(self) -> None:
        records = PLAIN | {"mail.example.com": "v=DMARC1; p=none; psd=n"}
        assert evaluate(records, "a.mail.example.com", ("b.mail.example.com", "pass")).result == "pass"
        assert evaluate(records, "a.mail.example.com", ("example.com", "pass")).result == "fail"
        assert evaluate(records, "example.com", ("mail.example.com", "pass")).result == "fail"


class TestAppendixB4:
    def test_b_4_1_simple(self) -> None:
        records = PLAIN | {"signing.example.com": "v=DMARC1; p=none"}
        told = evaluate(records, "example.com", ("signing.example.com", "pass"), spf=("example.com", "pass"))
        assert (told.organizational, told.at) == (Seen("example.com"), "example.com")
        assert (told.spf_aligned, told.dkim_aligned, told.result) == (True, (True,), "pass")

    def test_b_4_2_deep(self) -> None:
        records = PLAIN | {"signing.example.com": "v=DMARC1; p=none"}
        deep = "a.b.c.d.e.f.g.h.i.j.k.example.com"
        told = evaluate(records, deep, ("signing.example.com", "pass"), spf=("example.com", "pass"))
        assert (told.organizational, told.at) == (Seen("example.com"), "example.com")
        assert (told.spf_aligned, told.dkim_aligned, told.result) == (True, (True,), "pass")

    def test_b_4_3_with_a_record_of_the_public_suffix(self) -> None:
        records = {"bank.example": "v=DMARC1; p=reject; psd=y", "giant.bank.example": "v=DMARC1; p=quarantine"}
        told = evaluate(
            records, "giant.bank.example", ("mail.mega.bank.example", "pass"), spf=("mail.giant.bank.example", "pass")
        )
        assert (told.organizational, told.at, told.policy) == (
            Seen("giant.bank.example"),
            "giant.bank.example",
            "quarantine",
        )
        assert (told.spf_aligned, told.dkim_aligned, told.result) == (True, (False,), "pass")


class TestPolicy:
    ALL = "v=DMARC1; p=reject; sp=quarantine; np=none"

    @pytest.mark.parametrize(
        ("record", "from_domain", "policy", "tag"),
        [
            (ALL, "example.com", "reject", "p"),
            (ALL, "there.example.com", "quarantine", "sp"),
            (ALL, "gone.example.com", "none", "np"),
            ("v=DMARC1; p=reject; np=none", "there.example.com", "reject", "p"),
            ("v=DMARC1; p=reject; sp=none", "gone.example.com", "none", "sp"),
            ("v=DMARC1; p=reject", "gone.example.com", "reject", "p"),
            ("v=DMARC1; p=wrong; rua=mailto:a@example.com", "example.com", "none", ""),
            ("v=DMARC1; p=reject; sp=wrong; rua=mailto:a@example.com", "example.com", "none", ""),
            ("v=DMARC1; rua=mailto:a@example.com", "there.example.com", "none", ""),
        ],
    )
    def test_4_10_1_the_tag_that_the_policy_is_taken_from(
        self, record: str, from_domain: str, policy: str, tag: str
    ) -> None:
        told = evaluate({"example.com": record}, from_domain, names=["there.example.com"])
        assert (told.result, told.policy, told.policy_tag, told.applied) == ("fail", policy, tag, policy)

    @pytest.mark.parametrize(
        ("record", "applied"),
        [
            ("p=reject; t=y", "quarantine"),
            ("p=quarantine; t=y", "none"),
            ("p=none; t=y", "none"),
            ("p=reject; t=n", "reject"),
        ],
    )
    def test_4_7_t_y_asks_for_one_level_below(self, record: str, applied: str) -> None:
        told = evaluate({"example.com": f"v=DMARC1; {record}"}, "example.com")
        assert (told.policy, told.applied) == (record[2:].partition(";")[0], applied)
        (finding,) = judge(dmarc_result.CHECKS[0], mail("example.com"), told, spf_of(("", "none"))).findings
        eased = applied != told.policy
        assert (f"`p={told.policy}; t=y`" in finding.why("en"), finding.facts["applied"]) == (eased, applied)

    def test_4_10_1_the_author_domain_before_the_organization_before_the_suffix(self) -> None:
        suffix, own = {"com": "v=DMARC1; p=none; sp=reject; psd=y"}, {"a.example.com": "v=DMARC1; p=quarantine"}
        for records, at in ((suffix, "com"), (suffix | PLAIN, "example.com"), (suffix | PLAIN | own, "a.example.com")):
            assert evaluate(records, "a.example.com", names=["a.example.com"]).at == at
        told = evaluate(suffix, "a.example.com", names=["a.example.com"])
        assert (told.policy, told.policy_tag, told.is_suffix_record) == ("reject", "sp", True)
        assert told.organizational == Seen("example.com")

    def test_4_10_1_a_record_in_between_does_not_govern(self) -> None:
        records = PLAIN | {"b.example.com": "v=DMARC1; p=none"}
        assert evaluate(records, "a.b.example.com").at == "example.com"

    def test_4_10_1_whether_the_domain_exists_is_asked_only_where_it_matters(self) -> None:
        log: list[str] = []
        evaluate(PLAIN, "a.example.com", log=log)
        evaluate({"example.com": self.ALL}, "example.com", log=log)
        assert not [question for question in log if question.endswith("example.com SOA")]

    @pytest.mark.parametrize(
        "record", ["v=DMARC1", "v=DMARC1; p=wrong", "v=DMARC1; rua=https", "v=DMARC1; p=reject; np=x"]
    )
    def test_4_10_1_without_valid_policy_and_report_address_nothing_is_applied(self, record: str) -> None:
        told = evaluate({"example.com": record}, "example.com", ("example.com", "pass"))
        assert (told.result, told.policy) == ("none", None)

    def test_4_10_several_records_are_all_discarded(self) -> None:
        two = "v=DMARC1; p=reject\nv=DMARC1; p=none"
        assert evaluate({"example.com": two}, "example.com", ("example.com", "pass")).result == "none"
        told = evaluate(PLAIN | {"a.example.com": two}, "a.example.com", ("example.com", "pass"))
        assert (told.result, told.at) == ("pass", "example.com")
        assert evaluate({"example.com": "v=DMARC1; p=reject\nother text"}, "example.com").at == "example.com"

    def test_5_3_2_without_a_record_dmarc_does_not_apply(self) -> None:
        told = evaluate({}, "example.com", ("example.com", "pass"), spf=("", None))
        assert (told.result, told.record, told.policy) == ("none", Absent(), None)

    def test_5_3_1_without_an_author_domain_there_is_nothing_to_evaluate(self) -> None:
        log: list[str] = []
        told = evaluate(PLAIN, None, ("example.com", "pass"), log=log)
        assert (told.result, told.dkim_aligned, log) == ("permerror", (False,), [])


class TestFailedLookups:
    """Section 5.3.6: what needs a lookup that did not complete neither passes nor fails."""

    @pytest.mark.parametrize("fault", [{"rcode": "SERVFAIL"}, {"rcode": "REFUSED"}, {"drop": ALWAYS}])
    @pytest.mark.parametrize("name", ["_dmarc.a.example.com", "_dmarc.example.com", "_dmarc.com"])
    def test_any_step_on_the_way_to_an_inherited_record(self, name: str, fault: dict[str, object]) -> None:
        faults = (Fault(name, **fault),)  # type: ignore[arg-type]
        told = evaluate(PLAIN, "a.example.com", ("example.com", "pass"), faults=faults)
        assert (told.result, told.policy) == ("temperror", None)
        assert isinstance(told.record, Unreachable)

    def test_a_step_beyond_the_end_of_the_walk_does_not_matter(self) -> None:
        records = {"example.com": "v=DMARC1; p=reject; psd=n"}
        faults = (Fault("_dmarc.com", rcode="SERVFAIL"),)
        assert evaluate(records, "a.example.com", ("example.com", "pass"), faults=faults).result == "pass"

    def test_the_same_domain_with_its_own_record_needs_no_walk(self) -> None:
        """Section 4.10.2."""
        faults = (Fault("_dmarc.com", rcode="SERVFAIL"),)
        told = evaluate(PLAIN, "example.com", ("example.com", "pass"), ("a.example.com", "pass"), faults=faults)
        assert (told.result, told.dkim_aligned) == ("pass", (True, None))

    def test_strict_alignment_needs_no_walk(self) -> None:
        """Section 4.10.2."""
        faults = (Fault("_dmarc.com", rcode="SERVFAIL"),)
        told = evaluate(STRICT, "example.com", ("a.example.com", "pass"), faults=faults)
        assert (told.result, told.dkim_aligned) == ("fail", (False,))

    def test_the_walk_of_the_other_domain(self) -> None:
        faults = (Fault("_dmarc.net", rcode="SERVFAIL"),)
        assert evaluate(PLAIN, "example.com", spf=("example.net", "pass"), faults=faults).result == "temperror"
        assert evaluate(PLAIN, "example.com", spf=("example.net", "fail"), faults=faults).result == "fail"
        both = evaluate(PLAIN, "example.com", ("example.com", "pass"), spf=("example.net", "pass"), faults=faults)
        assert both.result == "pass"

    def test_spf_or_dkim_of_an_aligned_domain(self) -> None:
        assert evaluate(PLAIN, "example.com", ("example.com", "temperror")).result == "temperror"
        assert evaluate(PLAIN, "example.com", spf=("example.com", "temperror")).result == "temperror"
        assert evaluate(PLAIN, "example.com", ("example.net", "temperror")).result == "fail"
        assert evaluate(PLAIN, "example.com", spf=("example.com", None)).result is None

    def test_whether_the_domain_exists_where_the_policy_hangs_on_it(self) -> None:
        record = {"example.com": "v=DMARC1; p=reject; np=none"}
        faults = (Fault("a.example.com", "SOA", rcode="SERVFAIL"),)
        told = evaluate(record, "a.example.com", faults=faults)
        assert (told.result, told.policy) == ("temperror", None)
        told = evaluate(record, "a.example.com", ("example.com", "pass"), faults=faults)
        assert (told.result, told.policy) == ("pass", None)

    def test_strictness_that_is_not_known(self) -> None:
        faults = (Fault("_dmarc.example.com", rcode="SERVFAIL"),)
        told = evaluate(PLAIN, "example.com", ("example.com", "pass"), ("a.example.com", "pass"), faults=faults)
        assert (told.result, told.dkim_aligned) == ("temperror", (True, None))


# Every pair of answers to what is asked for a mail from a.f<number>.<suffix> with a return path at b.o<number>.<suffix>;
# the suffix is record.example, absent.example or servfail.example, by the answer at its own `_dmarc` name.

QUESTIONS: Mapping[str, str] = {
    "_dmarc.a.{f}": "v=DMARC1; p=none",
    "_dmarc.{f}": "v=DMARC1; p=reject; np=quarantine",
    "_dmarc.suffix": "v=DMARC1; p=none; psd=y",
    "a.{f} SOA": "",
    "_dmarc.b.{o}": "v=DMARC1; p=none",
    "_dmarc.{o}": "v=DMARC1; p=none",
}
KINDS = ("record", "absent", "SERVFAIL")
USUAL = dict.fromkeys(QUESTIONS, "absent") | {"_dmarc.{f}": "record", "a.{f} SOA": "record"}
RESULTS: tuple[tuple[str, SignatureResult], ...] = (
    ("fail", "fail"),
    ("pass", "fail"),
    ("temperror", "pass"),
    ("none", "temperror"),
)


@pytest.mark.parametrize("results", RESULTS, ids=lambda r: "-".join(r))
def test_every_pair_of_answers_is_a_result_or_unknown_and_never_an_exception(
    results: tuple[str, SignatureResult],
) -> None:
    cases = [USUAL | {one: a, two: b} for one, two in combinations(QUESTIONS, 2) for a, b in product(KINDS, KINDS)]
    spf_result, dkim_result = results

    async def all_cases() -> list[tuple[MessageEvidence, DmarcResultEvidence, SpfResultEvidence]]:
        lines: list[str] = []
        faults: list[Fault] = [Fault("_dmarc.servfail.example", "TXT", rcode="SERVFAIL")]
        for number, case in enumerate(cases):
            top = case["_dmarc.suffix"].lower()
            for question, kind in case.items():
                name = question.split()[0].format(f=f"f{number}.{top}.example", o=f"o{number}.{top}.example")
                if name == "_dmarc.suffix":
                    continue
                rdtype = "SOA" if question.endswith("SOA") else "TXT"
                if kind == "SERVFAIL":
                    faults.append(Fault(name, rdtype, rcode=kind))
                elif kind == "record":
                    lines.append(f'{name}. TXT "{QUESTIONS[question] or "x"}"')
        lines.append(f'_dmarc.record.example. TXT "{QUESTIONS["_dmarc.suffix"]}"')
        async with Nameserver([Zone("example", "\n".join(lines))], faults=faults) as server:
            dns = Dns([server.address], try_s=3.0, max_outstanding=30)
            try:
                told = []
                for number, case in enumerate(cases):
                    top = case["_dmarc.suffix"].lower()
                    spf = spf_of((f"b.o{number}.{top}.example", spf_result))
                    message = mail(f"a.f{number}.{top}.example", (f"f{number}.{top}.example", dkim_result))
                    told.append((message, spf))
                got = await asyncio.gather(*(received(dns, message, spf) for message, spf in told))
                return [(message, evidence, spf) for (message, spf), evidence in zip(told, got, strict=True)]
            finally:
                await dns.aclose()

    for case, (message, dmarc, spf) in zip(cases, asyncio.run(all_cases()), strict=True):
        assert dmarc.result == expected(case, spf_result, dkim_result), case
        judged = [
            judge(dmarc_result.CHECKS[0], message, dmarc, spf),
            judge(dmarc_mechanisms.CHECK, message, dmarc),
            judge(spf_alignment.CHECK, spf, dmarc, message),
        ]
        assert Outcome.BROKEN not in {result.outcome for result in judged}
        found = {finding.rule.id for result in judged for finding in result.findings}
        assert (dmarc.result == "fail") == bool(found & {"DMARC401", "DMARC402"}), case


def expected(case: Mapping[str, str], spf: str, dkim: str) -> str:
    """By hand, from what is asked: the signature is the organization's, the return path never aligned."""
    own, organization, suffix = case["_dmarc.a.{f}"], case["_dmarc.{f}"], case["_dmarc.suffix"]
    if own == "SERVFAIL" or (own == "absent" and "SERVFAIL" in (organization, suffix)):
        return "temperror"
    if {own, organization, suffix} == {"absent"}:
        return "none"
    is_organization_known = "SERVFAIL" not in (organization, suffix)
    # Without a record at the organization and above it, the author's domain stands for itself.
    is_signed_by_own = organization == "record" or suffix == "record"
    if dkim == "pass":
        if not is_organization_known:
            return "temperror"
        if is_signed_by_own:
            return "pass"
    if dkim == "temperror" and (is_signed_by_own or not is_organization_known):
        return "temperror"
    is_other_known = "SERVFAIL" not in (case["_dmarc.b.{o}"], case["_dmarc.{o}"], suffix)
    if spf in ("pass", "temperror") and not (is_other_known and is_organization_known):
        return "temperror"
    inherits_np = own == "absent" and organization == "record"
    return "temperror" if inherits_np and case["a.{f} SOA"] == "SERVFAIL" else "fail"
