"""Each SPF rule: a record that yields it, one that does not, and unknown where a lookup failed."""

from __future__ import annotations

import pytest
from built import TIMEOUT, use
from spf_judged import judged, new, of, single, unanswered
from spf_world import published

from bot.demo.nameserver import ALWAYS, Fault
from checks.catalogue import CannotTell, Check, NotApplicable, RecordChange, Rule
from checks.model import Absent, Severity, Tier, Why
from checks.parse.spf import MAX_TERMS, parse_spf
from checks.rules import spf_all, spf_includes, spf_lookups, spf_record, spf_syntax

OF_TREE = [spf_syntax.CHECK, spf_all.CHECK, spf_lookups.CHECK, spf_includes.CHECK]
FAILING = (Fault("a.example", "TXT", rcode="SERVFAIL"),)
SILENT = (Fault("a.example", "TXT", drop=ALWAYS),)


@pytest.mark.parametrize("check", OF_TREE, ids=lambda check: check.id)
def test_without_a_record_the_question_does_not_arise(check: Check) -> None:
    with pytest.raises(NotApplicable) as caught:
        judged(check, unanswered(Absent()))
    assert caught.value.why is Why.NO_RECORD


@pytest.mark.parametrize(
    ("check", "record"),
    [
        (spf_all.CHECK, "v=spf1 mx +all"),
        (spf_all.CHECK, "v=spf1 ip4:0.0.0.0/0 -all"),
        (spf_syntax.CHECK, "v=spf1 mx, a ~all"),
        (spf_lookups.CHECK, "v=spf1 mx include:d.example ~all"),
        (spf_includes.CHECK, "v=spf1 mx include:gone.example ~all"),
    ],
)
def test_a_change_is_for_the_name_that_holds_the_record(check: Check, record: str) -> None:
    finding = single(check, published({"d": "CNAME c.example.", "c": record}))
    assert [change.name for change in finding.records] == ["c.example"]
    assert finding.facts["domain"] == "d.example"


@pytest.mark.parametrize("check", OF_TREE, ids=lambda check: check.id)
def test_a_failed_lookup_is_no_answer(check: Check) -> None:
    with pytest.raises(CannotTell) as caught:
        judged(check, unanswered(TIMEOUT))
    assert caught.value.why is Why.TIMEOUT


@pytest.mark.parametrize("check", OF_TREE, ids=lambda check: check.id)
@pytest.mark.parametrize(("faults", "why"), [(FAILING, Why.SERVFAIL), (SILENT, Why.TIMEOUT)])
def test_a_failed_include_leaves_it_open(check: Check, faults: tuple[Fault, ...], why: Why) -> None:
    with pytest.raises(CannotTell) as caught:
        judged(check, published({"d": "v=spf1 include:a.example -all"}, faults=faults))
    assert caught.value.why is why


@pytest.mark.parametrize("check", OF_TREE, ids=lambda check: check.id)
def test_a_good_record_yields_nothing(check: Check) -> None:
    good = of(
        "v=spf1 mx ip4:192.0.2.0/24 include:a.example include:%{i}.m.example ~all", a="v=spf1 ip4:198.51.100.0/24 ~all"
    )
    assert judged(check, good) == []


class TestSyntax:
    def test_a_certain_correction_is_shown(self) -> None:
        finding = single(spf_syntax.CHECK, of("v=spf1 mx ipv4:192.0.2.1 ~all"))
        assert finding.rule.id == "SPF102"
        assert (finding.facts["term"], finding.facts["position"], finding.facts["kind"]) == (
            "ipv4:192.0.2.1", 11, "unknown_mechanism",
        )  # fmt: skip
        assert new(finding) == "v=spf1 mx ip4:192.0.2.1 ~all"

    @pytest.mark.parametrize(
        "record", ["v=spf1 mx al", "v=spf1 mx all.", "v=spf1 mx, +all", "v=spf1 mx=d.example +all"]
    )
    def test_a_correction_closes_the_record_and_says_so(self, record: str) -> None:
        finding = single(spf_syntax.CHECK, of(record))
        assert str(finding.variant).endswith("-closed")
        assert str(new(finding)).endswith(" ~all")
        assert "~all" in finding.fix("en")
        assert "~all" in finding.fix("ja")

    def test_otherwise_its_owner_has_to_decide(self) -> None:
        assert new(single(spf_syntax.CHECK, of("v=spf1 ip4:192.0.2 -all"))) is None

    def test_a_mechanism_written_as_modifier_is_ignored_by_receivers(self) -> None:
        finding = single(spf_syntax.CHECK, of("v=spf1 include=a.example ~all"))
        assert (finding.rule.id, finding.facts["kind"]) == ("SPF102", "ignored")
        assert (finding.severity, finding.tier) == (Severity.WARNING, Tier.NONE)
        broken = single(spf_syntax.CHECK, of("v=spf1 include=a.example moo ~all"))
        assert (broken.severity, broken.tier) == (Severity.ERROR, Tier.MAIL)
        assert new(finding) == "v=spf1 include:a.example ~all"

    def test_a_fault_below_names_whose_it_is(self) -> None:
        finding = single(
            spf_syntax.CHECK, of("v=spf1 include:a.example ~all", a="v=spf1 redirect=b.example", b="v=spf1 moo")
        )
        assert (finding.subject, finding.facts["through"]) == ("b.example", "include:a.example")
        assert finding.records == ()

    def test_a_long_term_is_shortened(self) -> None:
        assert len(str(single(spf_syntax.CHECK, of("v=spf1 " + "x" * 200)).facts["term"])) == 80

    @pytest.mark.parametrize("kind", spf_syntax._REASONS)
    def test_every_kind_has_its_words(self, kind: str) -> None:
        assert {kind, f"{kind}-corrected", f"{kind}-closed"} <= spf_syntax.SPF_SYNTAX_ERROR.variants.keys()


class TestAll:
    def test_pass_all(self) -> None:
        finding = single(spf_all.CHECK, of("v=spf1 mx +all exp=e.example"))
        assert (finding.rule.id, finding.severity, finding.tier) == ("SPF201", Severity.CRITICAL, Tier.DANGER)
        assert new(finding) == "v=spf1 mx ~all exp=e.example"

    def test_pass_all_where_nobody_is_listed(self) -> None:
        finding = single(spf_all.CHECK, of("v=spf1 +all"))
        assert (finding.variant, new(finding)) == ("nobody_listed", None)

    def test_senders_after_the_open_end_are_kept(self) -> None:
        assert new(single(spf_all.CHECK, of("v=spf1 +all mx a:h.example"))) == "v=spf1 mx a:h.example ~all"

    def test_pass_all_through_an_include(self) -> None:
        finding = single(spf_all.CHECK, of("v=spf1 include:a.example mx -all", a="v=spf1 all"))
        assert (finding.facts["through"], finding.facts["holder"]) == ("include:a.example", "a.example")
        assert (finding.variant, new(finding)) == ("included", "v=spf1 mx -all")
        alone = single(spf_all.CHECK, of("v=spf1 include:a.example -all", a="v=spf1 all"))
        assert (alone.variant, new(alone)) == ("included_by_hand", None)

    @pytest.mark.parametrize(
        ("record", "percent"),
        [
            ("ip4:0.0.0.0/0 -all", 100),
            ("ip4:0.0.0.0/2 -all", 25),
            ("ip4:0.0.0.0/3 ip4:32.0.0.0/3 -all", 25),
            ("ip4:0.0.0.0/3 ip4:16.0.0.0/4 ip4:128.0.0.0/3 -all", 25),
        ],
    )
    def test_the_union_of_networks_counts(self, record: str, percent: int) -> None:
        finding = single(spf_all.CHECK, of(f"v=spf1 {record}"))
        assert (finding.variant, finding.facts["percent"]) == ("networks", percent)

    @pytest.mark.parametrize(
        "record",
        [
            "ip4:0.0.0.0/3 ip4:16.0.0.0/4 ip4:0.0.0.0/4 -all",
            "ip4:0.0.0.0/3 ip4:32.0.0.0/4 ip4:48.0.0.0/5 ip4:56.0.0.0/6 -all",
            "?ip4:0.0.0.0/0 ~all",
            "-all ip4:0.0.0.0/0",
            "ip6:2001::/16 -all",
        ],
    )
    def test_less_than_a_quarter_is_not_everybody(self, record: str) -> None:
        assert judged(spf_all.CHECK, of(f"v=spf1 {record}")) == []

    def test_huge_ipv6_block(self) -> None:
        finding = single(spf_all.CHECK, of("v=spf1 ip6:2000::/3 -all"))
        assert (finding.variant, finding.facts["networks"]) == ("ipv6", ("2000::/3",))

    def test_an_exists_of_a_fixed_name_that_has_an_address(self) -> None:
        finding = single(spf_all.CHECK, of("v=spf1 mx exists:h.example -all", h="A 192.0.2.1"))
        assert (finding.severity, finding.tier) == (Severity.CRITICAL, Tier.DANGER)
        assert (finding.variant, finding.facts["term"], new(finding)) == ("exists", "exists:h.example", None)
        included = of("v=spf1 mx include:a.example +all", a="v=spf1 exists:h.example", h="A 192.0.2.1")
        through = single(spf_all.CHECK, included)
        assert (through.variant, through.facts["holder"], new(through)) == ("included_by_hand", "a.example", None)
        assert judged(spf_all.CHECK, of("v=spf1 mx exists:h.example -all")) == []
        behind = single(spf_all.CHECK, of("v=spf1 mx +all exists:h.example", h="A 192.0.2.1"))
        assert (behind.facts["term"], new(behind)) == ("+all", None)

    def test_an_exists_without_an_answer(self) -> None:
        unknown = published({"d": "v=spf1 exists:h.example -all"}, faults=(Fault("h.example", "A", rcode="SERVFAIL"),))
        with pytest.raises(CannotTell) as caught:
            judged(spf_all.CHECK, unknown)
        assert caught.value.why is Why.SERVFAIL

    @pytest.mark.parametrize(
        "record",
        [
            "include:dead.example +all",
            "mx include:broken.example include:open.example -all",
            "ptr " * 11 + "+all",
            "include:d.example +all",
        ],
    )
    def test_what_receivers_do_not_come_to_is_no_danger_yet(self, record: str) -> None:
        """They answer permerror before, so nobody passes by it; but once that is mended everybody does."""
        finding = single(spf_all.CHECK, of(f"v=spf1 {record}", open="v=spf1 +all", broken="v=spf1 moo"))
        assert (finding.severity, finding.tier) == (Severity.WARNING, Tier.NONE)
        assert (finding.variant, new(finding)) == ("unreached", None)

    def test_networks_before_the_fault_let_everybody_send_all_the_same(self) -> None:
        finding = single(spf_all.CHECK, of("v=spf1 ip4:0.0.0.0/0 include:dead.example +all"))
        assert (finding.severity, finding.variant) == (Severity.CRITICAL, "networks")

    def test_what_is_known_is_enough(self) -> None:
        (finding,) = judged(spf_all.CHECK, published({"d": "v=spf1 include:a.example +all"}, faults=FAILING))
        assert finding.severity is Severity.CRITICAL


class TestLookups:
    NINE = " ".join(f"a:h{i}.example" for i in range(9))

    def test_ten_are_fine_and_eleven_are_not(self) -> None:
        at_limit = single(spf_lookups.CHECK, of(f"v=spf1 {self.NINE} mx ~all"))
        assert (at_limit.rule.id, at_limit.severity) == ("SPF302", Severity.NOTICE)
        finding = single(spf_lookups.CHECK, of(f"v=spf1 {self.NINE} mx ptr ~all"))
        assert (finding.rule.id, finding.facts["lookups"], finding.facts["limit"]) == ("SPF301", 11, 10)
        assert finding.facts["unreached"] == "ptr"
        assert new(finding) is None

    def test_branches_carry_a_running_total_in_record_order(self) -> None:
        finding = single(
            spf_lookups.CHECK,
            of("v=spf1 mx include:a.example include:b.example ~all", a=f"v=spf1 {self.NINE}", b="v=spf1 a mx"),
        )
        assert finding.facts["branches"] == ("mx = 1", "include:a.example = 11", "include:b.example = 14")
        assert (finding.facts["excess"], finding.facts["example"]) == (4, ("include:a.example", "include:b.example"))
        assert finding.facts["rest"] == 1
        assert finding.facts["unreached"] == "include:a.example"
        tree = finding.facts["tree"]
        assert isinstance(tree, tuple)
        assert tree[:3] == ("mx (1)", "include:a.example (10)", "  a:h0.example (1)")

    def test_more_than_ten_without_the_failed_part_is_enough(self) -> None:
        finding = single(
            spf_lookups.CHECK, published({"d": f"v=spf1 include:a.example {self.NINE} mx ~all"}, faults=FAILING)
        )
        assert (finding.variant, finding.facts["lookups"]) == ("at_least", 11)

    def test_repetitions_alone_can_be_the_cause(self) -> None:
        finding = single(spf_lookups.CHECK, of(f"v=spf1 {self.NINE} mx +MX ~all"))
        assert new(finding) == f"v=spf1 {self.NINE} mx ~all"

    def test_a_broken_record_is_not_rewritten_without_its_broken_part(self) -> None:
        finding = single(spf_lookups.CHECK, of(f"v=spf1 {self.NINE} mx mx ipv4:192.0.2.1 ~all"))
        assert (finding.variant, new(finding)) == (None, None)

    def test_a_huge_record_is_judged_by_its_beginning(self) -> None:
        evidence = of("v=spf1 " + "a " * 28_000)
        finding = single(spf_lookups.CHECK, evidence)
        assert (finding.variant, finding.facts["lookups"], new(finding)) == ("at_least", MAX_TERMS, None)
        example = finding.facts["example"]
        assert isinstance(example, tuple)
        assert finding.facts["rest"] == MAX_TERMS - len(example)
        assert len(example) < 20
        for check in (spf_syntax.CHECK, spf_all.CHECK, spf_includes.CHECK):
            with pytest.raises(CannotTell) as caught:
                judged(check, evidence)
            assert caught.value.why is Why.NOT_COVERED

    def test_a_loop_has_no_end(self) -> None:
        alone = single(spf_lookups.CHECK, of("v=spf1 include:d.example ~all"))
        assert (alone.rule.id, alone.variant, new(alone)) == ("SPF305", "by_hand", None)
        finding = single(spf_lookups.CHECK, of("v=spf1 include:d.example mx ~all"))
        assert (finding.subject, finding.variant, finding.facts["term"], new(finding)) == (
            "d.example",
            None,
            "include:d.example",
            "v=spf1 mx ~all",
        )


class TestIncludes:
    def test_a_dead_include_is_removed(self) -> None:
        finding = single(spf_includes.CHECK, of("v=spf1 include:gone.example mx ~all"))
        assert (finding.rule.id, finding.subject, finding.facts["answer"]) == ("SPF304", "gone.example", "nxdomain")
        assert new(finding) == "v=spf1 mx ~all"

    def test_two_dead_includes_go_in_one_change(self) -> None:
        findings = judged(spf_includes.CHECK, of("v=spf1 include:a.example include:b.example ~all", a="v=other"))
        assert [f.subject for f in findings] == ["b.example", "a.example"] or [f.subject for f in findings] == [
            "a.example",
            "b.example",
        ]
        assert {new(f) for f in findings} == {None}
        more = judged(spf_includes.CHECK, of("v=spf1 include:a.example mx include:b.example ~all", a="v=other"))
        assert {new(f) for f in more} == {"v=spf1 mx ~all"}

    @pytest.mark.parametrize(
        ("record", "variant"),
        [
            ("v=spf1 include:gone.example -all", "nobody_by_hand"),
            ("v=spf1 include:gone.example all.", "nobody_by_hand"),
            ("v=spf1 ?mx include:gone.example -all", "nobody_by_hand"),
            ("v=spf1 include:gone.example" + " mx" * 300, "nobody_by_hand"),
            ("v=spf1 redirect=gone.example", "redirect_by_hand"),
        ],
    )
    def test_nothing_is_proposed_that_would_drop_senders(self, record: str, variant: str) -> None:
        finding = single(spf_includes.CHECK, of(record))
        assert (finding.variant, new(finding)) == (variant, None)

    @pytest.mark.parametrize(
        ("terms", "variant"),
        [
            ("include:gone.example mx -all", "nobody"),
            ("?a include:other.example include:gone.example mx ?all", "nobody_with_end"),
            ("a include:gone.example mx -all", None),
            ("include:a.example include:gone.example mx -all", None),
        ],
    )
    def test_where_nothing_before_it_gives_a_pass_nobody_has_one(self, terms: str, variant: str | None) -> None:
        records = of(f"v=spf1 {terms}", a="v=spf1 ip4:192.0.2.1 -all")
        finding = next(f for f in judged(spf_includes.CHECK, records) if f.subject == "gone.example")
        assert finding.variant == variant
        assert ("no mail at all passes SPF" in finding.why("en")) is bool(variant)
        assert ("合格するメールは1通もありません" in finding.why("ja")) is bool(variant)

    def test_what_else_is_broken_is_mended_in_the_same_change(self) -> None:
        finding = single(spf_includes.CHECK, of("v=spf1 mx ipv4:11.0.0.1 include:gone.example -all"))
        assert (finding.variant, new(finding)) == (None, "v=spf1 mx ip4:11.0.0.1 -all")

    def test_a_dead_redirect(self) -> None:
        finding = single(spf_includes.CHECK, of("v=spf1 mx redirect=gone.example"))
        assert (finding.variant, new(finding)) == ("redirect", "v=spf1 mx ~all")

    def test_a_dead_include_in_somebody_elses_record(self) -> None:
        finding = single(spf_includes.CHECK, of("v=spf1 include:a.example ~all", a="v=spf1 include:gone.example"))
        assert (finding.variant, finding.facts["holder"], finding.records) == ("foreign", "a.example", ())

    def test_a_dead_include_in_a_record_below_the_domain_is_ones_own(self) -> None:
        finding = single(
            spf_includes.CHECK,
            published({"d": "v=spf1 include:x.d.example ~all", "x.d": "v=spf1 a include:gone.example"}),
        )
        assert finding.records == (RecordChange("x.d.example", "TXT", "v=spf1 a include:gone.example", "v=spf1 a"),)

    def test_a_target_with_two_records(self) -> None:
        finding = single(spf_includes.CHECK, of("v=spf1 include:a.example ~all", a="v=spf1 a\nv=spf1 mx"))
        assert (finding.rule.id, finding.variant) == ("SPF101", "included")

    def test_what_is_dead_is_found_beside_what_failed(self) -> None:
        evidence = published({"d": "v=spf1 include:a.example include:gone.example ~all"}, faults=FAILING)
        assert single(spf_includes.CHECK, evidence).subject == "gone.example"

    @pytest.mark.parametrize("record", ["v=spf1 -all include:gone.example", "v=spf1 include:%{i}.gone.example ~all"])
    def test_what_is_never_reached_or_not_countable_is_not_dead(self, record: str) -> None:
        assert judged(spf_includes.CHECK, of(record)) == []


SAMPLED = [
    (spf_syntax.CHECK, spf_syntax.SPF_SYNTAX_ERROR),
    (spf_all.CHECK, spf_all.PASS_ALL),
    (spf_lookups.CHECK, spf_lookups.TOO_MANY_LOOKUPS),
    (spf_includes.CHECK, spf_includes.INCLUDE_WITHOUT_SPF),
    (spf_record.CHECK, spf_record.MULTIPLE_SPF_RECORDS),
]


@pytest.mark.parametrize(("check", "rule"), SAMPLED, ids=[rule.id for _, rule in SAMPLED])
def test_the_samples_do_what_they_show(check: Check, rule: Rule) -> None:
    more = (use("d.example"),) if check is spf_record.CHECK else ()
    assert single(check, published({"d": rule.sample.bad}), *more).rule is rule
    assert judged(check, published({"d": rule.sample.good}), *more) == []


@pytest.mark.parametrize(
    "record",
    [
        "v=spf1 mx ipv4:192.0.2.1 ~all",
        "v=spf1 mx +all",
        "v=spf1 include:gone.example redirect=gone2.example",
        "v=spf1 include:d.example ~all",
    ],
)
def test_every_proposed_record_is_valid(record: str) -> None:
    for check in OF_TREE:
        for finding in judged(check, of(record)):
            for change in finding.records:
                assert change.new is None or parse_spf(change.new).error is None
