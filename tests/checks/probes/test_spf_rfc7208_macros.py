"""SPF of a client to the letter of RFC 7208: redirect, explanations (section 6) and macros (section 7).

All answers come from a name server on the loopback interface. The records are our own.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

import pytest
from spf_world import evaluate

from bot.demo.nameserver import ALWAYS, Fault, Zone
from checks.parse.spf_macros import expand_domain

OWN = "192.0.2.1"
OWN_6 = "2001:db8::cb01"


def result(records: Mapping[str, str] | str, mail_from: str = "someone@d.example") -> str | None:
    """The result, or the words of a record for d.example alone."""
    return evaluate({"d": records} if isinstance(records, str) else records, mail_from=mail_from).result


class TestSection6:
    def test_6_1_redirect_is_used_where_nothing_matched_and_gives_its_result(self) -> None:
        for inside, told in (("v=spf1 ~all", "softfail"), ("v=spf1 ip4:192.0.2.1", "pass"), ("v=spf1", "neutral")):
            assert result({"d": "v=spf1 redirect=e.example a:f.example", "e": inside, "f": "A 198.51.100.1"}) == told
        assert result({"d": "v=spf1 redirect=e.example ip4:192.0.2.1", "e": "v=spf1 -all"}) == "pass"

    @pytest.mark.parametrize("inside", ["TXT nothing", "v=spf1 nonsense", "v=spf1 redirect=d.example"])
    def test_6_1_a_redirect_that_leads_to_no_record_is_permerror(self, inside: str) -> None:
        assert result({"d": "v=spf1 redirect=e.example", "e": inside}) == "permerror"

    def test_6_1_all_anywhere_makes_redirect_void(self) -> None:
        assert result({"d": "v=spf1 redirect=e.example ?all", "e": "v=spf1 -all"}) == "neutral"

    def test_6_1_the_domain_of_macros_is_the_target_then(self) -> None:
        records = {"d": "v=spf1 redirect=e.example", "e": "v=spf1 exists:%{d}.%{o}.x.example -all"}
        assert result(records | {"e.example.d.example.x": "A 127.0.0.2"}) == "pass"

    EXPLAINED: Mapping[str, str] = {"d": "v=spf1 exp=w.example -all"}

    @pytest.mark.parametrize(
        ("why", "said"),
        [
            ('TXT "%{i} is not %{d}\'s, says %{o}%%%_%-"', "192.0.2.1 is not d.example's, says d.example% %20"),
            ('TXT "two " "strings"', "two strings"),
            ("TXT one\nTXT two", ""),
            ("A 192.0.2.1", ""),
            ('TXT "caf\\233"', ""),
            ('TXT "%{x}"', ""),
            ('TXT "%{d0}"', ""),
            ('TXT "100%"', ""),
            ('TXT "line\\010feed"', ""),
            (f'TXT "{"%{d}" * 60}"', ("d.example" * 60)[:500]),
        ],
    )
    def test_6_2_an_explanation_is_expanded_and_ignored_if_anything_is_wrong(self, why: str, said: str) -> None:
        told = evaluate({**self.EXPLAINED, "w": why})
        assert (told.result, told.explanation) == ("fail", said)

    @pytest.mark.parametrize("fault", [{"rcode": "SERVFAIL"}, {"drop": ALWAYS}])
    def test_6_2_a_lookup_that_fails_leaves_the_result(self, fault: dict[str, object]) -> None:
        told = evaluate(self.EXPLAINED, faults=(Fault("w.example", **fault),))  # type: ignore[arg-type]
        assert (told.result, told.explanation) == ("fail", "")

    @pytest.mark.parametrize("record", ["v=spf1 exp=w.example ~all", "v=spf1 exp=w.example ip4:192.0.2.1 -all"])
    def test_6_2_it_is_asked_for_only_when_the_result_is_fail(self, record: str) -> None:
        log: list[tuple[str, str]] = []
        assert evaluate({"d": record, "w": "TXT why"}, log=log).explanation == ""
        assert log == [("d.example", "TXT")]

    def test_6_2_that_of_an_include_is_not_used_and_that_of_a_redirect_is(self) -> None:
        others = {"e": "v=spf1 exp=x.example -all", "w": "TXT of-%{d}", "x": "TXT of-%{d}"}
        assert evaluate({"d": "v=spf1 exp=w.example include:e.example -all", **others}).explanation == "of-d.example"
        assert evaluate({"d": "v=spf1 exp=w.example redirect=e.example", **others}).explanation == "of-e.example"
        assert evaluate({"d": "v=spf1 include:e.example -all", **others}).explanation == ""

    def test_6_2_it_counts_towards_no_limit(self) -> None:
        record = "v=spf1 a:gone1.example a:gone2.example exp=gone3.example -all"
        assert result(record) == "fail"

    def test_6_2_a_hostile_target_does_no_harm(self) -> None:
        for target in ("%{l}.example", f"{'x' * 64}.example", "%{p}.example", "%{i}"):
            assert result(f"v=spf1 exp={target} -all", mail_from="a..b\x00@d.example") == "fail"


def looked_for(
    spec: str,
    client_ip: str = OWN,
    *,
    records: Mapping[str, str] | None = None,
    mail_from: str = "someone@d.example",
    helo: str = "mx.d.example",
    more: Iterable[Zone] = (),
    faults: tuple[Fault, ...] = (),
) -> str:
    """The name that `exists:<spec>` of d.example's record asks for."""
    log: list[tuple[str, str]] = []
    published = {"d": f"v=spf1 exists:{spec} -all", **(records or {})}
    evaluate(published, client_ip, mail_from=mail_from, helo=helo, more=more, faults=faults, log=log)
    return next((name for name, rdtype in reversed(log) if rdtype == "A"), "")


class TestSection7:
    SENDER = "strong-bad@email.d.example"

    @pytest.mark.parametrize(
        ("spec", "name"),
        [
            ("%{s}.x.example", "strong-bad\\@email.d.example.x.example"),
            ("%{o}.x.example", "email.d.example.x.example"),
            ("%{d}.x.example", "email.d.example.x.example"),
            ("%{d4}.x.example", "email.d.example.x.example"),
            ("%{d3}.x.example", "email.d.example.x.example"),
            ("%{d2}.x.example", "d.example.x.example"),
            ("%{d1}.x.example", "example.x.example"),
            ("%{dr}.x.example", "example.d.email.x.example"),
            ("%{d2r}.x.example", "d.email.x.example"),
            ("%{D2R}.x.example", "d.email.x.example"),
            ("%{l}.x.example", "strong-bad.x.example"),
            ("%{l-}.x.example", "strong.bad.x.example"),
            ("%{lr}.x.example", "strong-bad.x.example"),
            ("%{lr-}.x.example", "bad.strong.x.example"),
            ("%{l1r-}.x.example", "strong.x.example"),
            ("%{s1-@}.x.example", None),
            ("%{h}.x.example", "mx.d.example.x.example"),
            ("%{ir}.%{v}.x.example", "1.2.0.192.in-addr.x.example"),
            ("%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.d.example"),
            ("%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "1.2.0.192.in-addr.strong.lp._spf.d.example"),
            ("%{d999999999999}.x.example", "email.d.example.x.example"),
            ("%{d" + "9" * 5000 + "}.x.example", None),
            ("a%%b%_c%-.x.example", "a%b\\032c%20.x.example"),
            ("%{d}.%{i}", "email.d.example.192.0.2.1"),
            ("x.%{d2}.", None),
            ("%{d2}.x.example.", "d.example.x.example"),
        ],
    )
    def test_7_4_expansion(self, spec: str, name: str | None) -> None:
        """Those of the examples of section 7.4 and others; None: no valid record, or one that is too long."""
        records = {"email.d": f"v=spf1 exists:{spec} -all"}
        assert looked_for(spec, records=records, mail_from=self.SENDER) == (name or "")

    def test_7_4_an_ipv6_address_goes_by_nibbles(self) -> None:
        nibbles = ".".join(reversed("20010db800000000000000000000cb01"))
        assert looked_for("%{ir}.%{v}._spf.%{d2}", client_ip=OWN_6) == f"{nibbles}.ip6._spf.d.example"

    def test_7_3_every_delimiter_becomes_a_dot(self) -> None:
        sender = "a.b-c+d,e/f_g=h@d.example"
        assert looked_for("%{l.-+,/_=}.x.example", mail_from=sender) == "a.b.c.d.e.f.g.h.x.example"
        assert looked_for("%{l2r+=}.x.example", mail_from=sender) == "d,e/f_g.a.b-c.x.example"
        assert (
            looked_for(
                "%{d-}.x.example", mail_from="a@d-e-f.example", records={"d-e-f": "v=spf1 exists:%{d-}.x.example -all"}
            )
            == "d.e.f.example.x.example"
        )

    def test_7_3_upper_case_letters_escape(self) -> None:
        sender = "a~b+c=d/e%f(g).h_i@d.example"
        assert looked_for("%{L}.x.example", mail_from=sender) == "a~b%2bc%3dd%2fe%25f%28g%29.h_i.x.example"
        assert looked_for("%{L+}.x.example", mail_from="a+b c@d.example") == "a.b%20c.x.example"
        assert looked_for("%{S}.x.example", mail_from="a@d.example") == "a%40d.example.x.example"

    def test_7_3_a_long_name_loses_labels_from_the_left(self) -> None:
        labels = [f"{i:03}{'x' * 40}" for i in range(12)]
        name = looked_for("%{l}.x.example", mail_from=f"{'.'.join(labels)}@d.example")
        whole = ".".join([*labels, "x.example"])
        assert whole.endswith("." + name)
        assert len(name) <= 253 < len(name) + 44

    def test_7_3_a_name_of_half_a_million_labels_is_cut_at_once(self) -> None:
        began = time.process_time()
        name = expand_domain("%{l}" * 1000 + ".x.example", lambda letter: "a." * 500)
        assert time.process_time() - began < 1.0
        assert (len(name), name[:2], name.endswith(".a..x.example")) == (252, "a.", True)

    def test_7_3_no_label_is_cut_in_two(self) -> None:
        assert expand_domain(f"a.{'b' * 251}.c", str) == f"{'b' * 251}.c"
        assert expand_domain(f"a.{'b' * 252}.c", str) == "c"
        assert expand_domain(f"a.{'b' * 251}", str) == f"a.{'b' * 251}"
        assert expand_domain(f"a.{'b' * 300}", str) == "b" * 300

    def test_7_2_an_included_record_has_its_own_d_and_p_and_the_same_o(self) -> None:
        zones = (Zone("2.0.192.in-addr.arpa", "1 PTR h.e.example.\n1 PTR h.d.example."),)
        records = {
            "d": "v=spf1 exists:%{p}.1.example include:e.example -all",
            "e": "v=spf1 exists:%{p}.%{d}.%{o}.2.example",
            "h.d": "A 192.0.2.1",
            "h.e": "A 192.0.2.1",
        }
        log: list[tuple[str, str]] = []
        evaluate(records, more=zones, log=log)
        assert {("h.d.example.1.example", "A"), ("h.e.example.e.example.d.example.2.example", "A")} <= set(log)

    @pytest.mark.parametrize(
        ("reverse", "hosts", "name"),
        [
            ("1 PTR a.example.\n1 PTR d.example.", {"a": "A 192.0.2.1"}, "a.example"),
            ("1 PTR a.example.\n1 PTR z.d.example.", {"a": "A 192.0.2.1", "z.d": "A 192.0.2.1"}, "z.d.example"),
            ("1 PTR a.example.", {"a": "A 198.51.100.1"}, "unknown"),
            ("1 PTR a.example.", {}, "unknown"),
            ("2 PTR a.example.", {}, "unknown"),
        ],
    )
    def test_7_3_p_is_a_validated_name_the_best_one_or_unknown(
        self, reverse: str, hosts: dict[str, str], name: str
    ) -> None:
        told = looked_for("%{p}.x.example", records=hosts, more=(Zone("2.0.192.in-addr.arpa", reverse),))
        assert told == f"{name}.x.example"

    def test_7_3_p_is_unknown_where_the_lookup_fails(self) -> None:
        fault = Fault("1.2.0.192.in-addr.arpa", "PTR", rcode="SERVFAIL")
        assert looked_for("%{p}.x.example", faults=(fault,)) == "unknown.x.example"

    def test_7_2_c_r_and_t_in_an_explanation(self) -> None:
        records = {"d": "v=spf1 exp=w.example -all", "w": 'TXT "%{c} %{r} %{t} %{v} %{h} %{S}"'}
        address, receiver, seconds, *rest = evaluate(records, OWN_6).explanation.split()
        assert (address, receiver, rest) == (OWN_6, "unknown", ["ip6", "mx.d.example", "someone%40d.example"])
        assert seconds.isdigit()

    @pytest.mark.parametrize(
        "local",
        ["a\x00b", "a\\b", "a\\300b", 'a"b', "a b", "a;b", "\x7f", "é", "ÿ\x80", "用户", "a" * 300, ".", "..", "@"],
    )
    @pytest.mark.parametrize("macro", ["%{l}", "%{L}", "%{s}", "%{l1r.-}", "%{S2r}"])
    def test_7_no_local_part_breaks_anything(self, local: str, macro: str) -> None:
        told = evaluate({"d": f"v=spf1 exists:{macro}.x.example -all"}, mail_from=f"{local}@d.example")
        assert told.result == "fail"

    @pytest.mark.parametrize("macro", ["%{l}", "%{L}", "%{s}", "%{S1}"])
    def test_rfc_8616_section_4_terms_with_a_local_part_outside_ascii_match_nothing(self, macro: str) -> None:
        records = {"d": f"v=spf1 exists:{macro}.x.example exists:%%{{l}}.y.example ~all", "*.x": "A 127.0.0.2"}
        assert result(records, mail_from="用户.abc@d.example") == "softfail"
        assert result(records, mail_from="abc@d.example") == "pass"

    def test_rfc_8616_section_4_helo_is_expanded_by_its_a_label(self) -> None:
        assert looked_for("%{h}.x.example", helo="中国.example.") == "xn--fiqs8s.example.x.example"
