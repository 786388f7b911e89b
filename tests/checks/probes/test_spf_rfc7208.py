"""SPF of a client to the letter of RFC 7208: what its sections 2 to 8 demand, each test named by the section.

All answers come from a name server on the loopback interface. The records are our own.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest
from spf_world import evaluate

from bot.demo.nameserver import ALWAYS, Fault, Zone
from checks.model import Why

OWN = "192.0.2.1"
FOREIGN = "203.0.113.9"
OWN_6 = "2001:db8::cb01"
REVERSE = Zone("2.0.192.in-addr.arpa", "1 PTR h.example.\n1 PTR other.invalid.example.")


def result(records: Mapping[str, str] | str, client_ip: str = OWN, **more: object) -> str | None:
    """The result, or the words of a record for d.example alone."""
    named = {"d": records} if isinstance(records, str) else records
    return evaluate(named, client_ip, **more).result  # type: ignore[arg-type]


class TestSection2:
    def test_2_4_a_null_return_path_makes_postmaster_at_helo_the_sender(self) -> None:
        records = {"mx.d": "v=spf1 exists:%{l}.%{o}.x.example -all", "postmaster.mx.d.example.x": "A 127.0.0.2"}
        told = evaluate(records, mail_from="")
        assert (told.result, told.scope) == ("pass", "helo")

    def test_2_4_mail_from_is_asked_about_whatever_helo_says(self) -> None:
        assert result({"d": "v=spf1 ip4:192.0.2.1 -all", "mx.d": "v=spf1 -all"}) == "pass"

    @pytest.mark.parametrize(
        ("record", "told"),
        [
            ("v=spf1 +ip4:192.0.2.1", "pass"),
            ("v=spf1 -ip4:192.0.2.1", "fail"),
            ("v=spf1 ~ip4:192.0.2.1", "softfail"),
            ("v=spf1 ?ip4:192.0.2.1", "neutral"),
            ("v=spf1", "neutral"),
            ("TXT no-record", "none"),
            ("v=spf1 nonsense", "permerror"),
        ],
    )
    def test_2_6_the_results(self, record: str, told: str) -> None:
        assert result(record) == told

    def test_2_6_6_a_passing_trouble_is_temperror(self) -> None:
        assert result("v=spf1 -all", faults=(Fault("d.example", "TXT", rcode="SERVFAIL"),)) == "temperror"


class TestSection3:
    def test_3_2_two_records_are_permerror_and_other_texts_are_none_of_ours(self) -> None:
        assert result("v=spf1 -all\nv=spf1 ip4:192.0.2.1") == "permerror"
        assert result('TXT "v=verify-1"\nv=spf1 ip4:192.0.2.1\nTXT "\\200\\201"') == "pass"

    def test_3_3_strings_are_joined_without_a_space(self) -> None:
        assert result('TXT "v=spf1 ip4:192." "0.2.1 -all"') == "pass"
        assert result('TXT "v=spf1 ip4:192.0.2.1" "-all"') == "permerror"

    def test_3_1_only_txt_is_asked_for(self) -> None:
        log: list[tuple[str, str]] = []
        evaluate({"d": "v=spf1 -all"}, log=log)
        assert log == [("d.example", "TXT")]


class TestSection4:
    @pytest.mark.parametrize(
        "sender",
        ["a@localhost", "a@", "a@x..example", f"a@{'x' * 64}.example", f"a@{'x.' * 125}example", "a@[192.0.2.1]"],
    )
    def test_4_3_a_malformed_or_single_label_domain_is_none_and_nobody_is_asked(self, sender: str) -> None:
        log: list[tuple[str, str]] = []
        told = evaluate({"d": "v=spf1 -all"}, mail_from=sender, log=log)
        assert (told.result, log) == ("none", [])

    def test_4_3_a_name_that_does_not_exist_is_none(self) -> None:
        assert result("v=spf1 -all", mail_from="a@gone.example") == "none"

    def test_4_3_without_local_part_the_sender_is_postmaster(self) -> None:
        records = {"d": "v=spf1 exists:%{l}.x.example -all", "postmaster.x": "A 127.0.0.2"}
        assert result(records, mail_from="@d.example") == result(records, mail_from="d.example") == "pass"

    @pytest.mark.parametrize("rcode", ["SERVFAIL", "REFUSED", "NOTIMP"])
    def test_4_4_any_other_answer_is_temperror(self, rcode: str) -> None:
        assert result("v=spf1 -all", faults=(Fault("d.example", "TXT", rcode=rcode),)) == "temperror"

    def test_4_4_no_answer_is_temperror(self) -> None:
        told = evaluate({"d": "v=spf1 -all"}, faults=(Fault("d.example", "TXT", drop=ALWAYS),))
        assert (told.result, told.why) == ("temperror", Why.TIMEOUT)

    @pytest.mark.parametrize(
        ("record", "told"),
        [
            ("V=SPF1 IP4:192.0.2.1 -ALL", "pass"),
            ("TXT v=spf10", "none"),
            ('TXT "v=spf1-all"', "none"),
            ('TXT " v=spf1 -all"', "none"),
            ("TXT v=spf1", "neutral"),
            ("v=spf1   ip4:192.0.2.1   -all  ", "pass"),
        ],
    )
    def test_4_5_the_version_and_a_space_or_the_end(self, record: str, told: str) -> None:
        assert result(record) == told

    @pytest.mark.parametrize(
        "wrong",
        [
            "nonsense",
            "all:d.example",
            "all/8",
            "ip4",
            "ip4:",
            "ip4:192.0.2",
            "ip4:192.0.2.01",
            "ip4:192.0.2.1/33",
            "ip4:192.0.2.1/08",
            "ip4:192.0.2.1//24",
            "ip4:2001:db8::1",
            "ip6:192.0.2.1",
            "ip6:2001:db8::1/129",
            "ip6:2001:db8::1::2",
            "a:d.example:25",
            "a:192.0.2.1",
            "a/33",
            "a//129",
            "a:",
            "mx:example",
            "mx:d.example/",
            "include",
            "include:d.example/24",
            "exists",
            "exists:%{l}/24",
            "ptr/24",
            "=a",
            "!all",
            "a,mx",
            "redirect=",
            "redirect=a.example redirect=a.example",
            "exp=a.example exp=a.example",
            "exp=",
            "exists:%{x}.example",
            "exists:%{d0}.example",
            "exists:%{c}.example",
            "exists:%{r}.example",
            "exists:%{t}.example",
            "exists:%(d).example",
            "exists:d.example%",
            "exists:%{d",
            "x-y=%{x}",
            "1=2",
        ],
    )
    def test_4_6_a_syntax_error_anywhere_is_permerror_also_after_a_match(self, wrong: str) -> None:
        assert result(f"v=spf1 ip4:192.0.2.1 {wrong} -all") == "permerror"
        assert result({"d": "v=spf1 include:a.example -all", "a": f"v=spf1 ip4:192.0.2.1 {wrong}"}) == "permerror"

    def test_4_6_1_unknown_modifiers_are_ignored_and_may_be_repeated(self) -> None:
        assert result("v=spf1 x-y.z_1=%{d} x-y.z_1= ip4:192.0.2.1 default=fail -all") == "pass"

    def test_4_6_2_from_left_to_right_until_one_matches(self) -> None:
        assert result("v=spf1 ip4:192.0.2.1 -ip4:192.0.2.0/24 -all") == "pass"
        assert result("v=spf1 -ip4:192.0.2.0/24 ip4:192.0.2.1 +all") == "fail"

    @pytest.mark.parametrize(
        "later", ["include:broken.example", "mx", "redirect=gone.example", "exists:%{p}.example", "a:broken.example"]
    )
    def test_4_6_2_what_stands_after_a_match_is_not_evaluated(self, later: str) -> None:
        log: list[tuple[str, str]] = []
        faults = (Fault("broken.example", rcode="SERVFAIL"), Fault("1.2.0.192.in-addr.arpa", drop=ALWAYS))
        told = evaluate({"d": f"v=spf1 ip4:192.0.2.1 {later}"}, faults=faults, log=log)
        assert told.result == "pass"
        assert not {rdtype for _, rdtype in log} & {"A", "MX", "PTR"}

    def test_4_6_4_ten_terms_may_ask_and_the_eleventh_is_permerror(self) -> None:
        hosts = {f"h{i}": "A 198.51.100.1" for i in range(11)}
        ten = " ".join(f"a:h{i}.example" for i in range(10))
        assert result({"d": f"v=spf1 {ten} ip4:192.0.2.1 -all", **hosts}) == "pass"
        assert result({"d": f"v=spf1 {ten} a:h10.example ip4:192.0.2.1 -all", **hosts}) == "permerror"
        assert result({"d": f"v=spf1 {ten} redirect=e.example", "e": "v=spf1 +all", **hosts}) == "permerror"
        assert result({"d": f"v=spf1 {ten} ~all exp=x.example", **hosts}) == "softfail"
        inside = {"d": f"v=spf1 include:e.example ip4:{OWN} -all", "e": f"v=spf1 {ten}", **hosts}
        assert result(inside) == "permerror"

    def test_4_6_4_a_redirect_that_is_not_followed_does_not_count(self) -> None:
        hosts = {f"h{i}": "A 198.51.100.1" for i in range(10)}
        ten = " ".join(f"a:h{i}.example" for i in range(10))
        assert result({"d": f"v=spf1 {ten} ip4:192.0.2.1 redirect=e.example", **hosts}) == "pass"
        assert result({"d": f"v=spf1 redirect=e.example {ten} -all", **hosts}) == "fail"

    def test_4_6_4_ten_names_of_an_mx_and_no_more(self) -> None:
        hosts = {f"h{i}": "A 198.51.100.1" for i in range(11)} | {"h9": "A 192.0.2.1"}
        for count, told in ((10, "pass"), (11, "permerror")):
            mx = "\n".join(f"MX {i} h{i}.example." for i in range(count))
            assert result({"d": f"v=spf1 mx -all\n{mx}", **hosts}) == told

    def test_4_6_4_of_more_than_ten_ptr_names_the_rest_is_ignored(self) -> None:
        """Not permerror: they are in the hands of whoever runs the client's network."""
        names = "\n".join(f"1 PTR p{i:02}.d.example." for i in range(30))
        zones = (Zone("2.0.192.in-addr.arpa", names),)
        log: list[tuple[str, str]] = []
        told = evaluate({"d": "v=spf1 ptr -all", "p29.d": "A 192.0.2.1"}, more=zones, log=log)
        assert told.result == "fail"
        assert len([rdtype for _, rdtype in log if rdtype == "A"]) == 10
        assert result({"d": "v=spf1 ptr -all", "p03.d": "A 192.0.2.1"}, more=zones) == "pass"

    @pytest.mark.parametrize("form", ["a:gone{}.example", "mx:gone{}.example", "exists:%%.gone{}.example"])
    def test_4_6_4_two_void_lookups_and_the_third_is_permerror(self, form: str) -> None:
        two = " ".join(form.format(i) for i in range(2))
        assert result(f"v=spf1 {two} ip4:192.0.2.1 -all") == "pass"
        assert result(f"v=spf1 {two} {form.format(2)} ip4:192.0.2.1 -all") == "permerror"

    def test_4_6_4_an_answer_without_records_is_void_as_well(self) -> None:
        records = {"d": "v=spf1 a:t.example a:t.example a:t.example ip4:192.0.2.1 -all", "t": "TXT x"}
        assert result(records) == "permerror"

    def test_4_6_4_void_is_what_is_empty_for_the_family_of_the_client(self) -> None:
        records = {"d": "v=spf1 a:h.example a:h.example a:h.example -all", "h": "A 198.51.100.1"}
        assert (result(records), result(records, OWN_6)) == ("fail", "permerror")

    def test_4_6_4_names_of_the_client_that_lead_nowhere_are_no_void_lookups_of_the_record(self) -> None:
        zones = (Zone("2.0.192.in-addr.arpa", "\n".join(f"1 PTR gone{i}.example." for i in range(5))),)
        assert result("v=spf1 ptr ip4:192.0.2.1 -all", more=zones) == "pass"

    def test_4_7_without_a_match_and_redirect_the_result_is_neutral(self) -> None:
        assert result("v=spf1 ip4:198.51.100.1") == "neutral"

    @pytest.mark.parametrize("target", [f"{'x' * 64}.example", "a..example", "%{l}.example"])
    def test_4_8_a_name_that_cannot_exist_does_not_match_and_is_no_lookup(self, target: str) -> None:
        terms = " ".join(f"{name}:{target}" for name in ("a", "mx", "exists", "ptr"))
        assert result(f"v=spf1 {terms} ip4:192.0.2.1 -all", mail_from=f"{'y' * 70}@d.example") == "pass"
        for term in (f"include:{target}", f"redirect={target}"):
            assert result(f"v=spf1 {term}", mail_from=f"{'y' * 70}@d.example") == "permerror"

    def test_4_8_a_trailing_dot_is_no_part_of_the_name(self) -> None:
        assert result({"d": "v=spf1 a:h.example. -all", "h": "A 192.0.2.1"}) == "pass"


class TestSection5:
    def test_5_1_all_always_matches_and_ends_the_record(self) -> None:
        assert result("v=spf1 -all ip4:192.0.2.1 redirect=a.example") == "fail"

    @pytest.mark.parametrize(
        ("inside", "told"),
        [
            ("v=spf1 ip4:192.0.2.1", "softfail"),
            ("v=spf1 -all", "fail"),
            ("v=spf1 ~all", "fail"),
            ("v=spf1 ?all", "fail"),
            ("v=spf1", "fail"),
            ("TXT nothing", "permerror"),
            ("v=spf1 nonsense", "permerror"),
            ("v=spf1 a:broken.example", "temperror"),
            ("v=spf1 redirect=gone.example", "permerror"),
            ("v=spf1 -all\nv=spf1 +all", "permerror"),
        ],
    )
    def test_5_2_include_matches_only_by_pass(self, inside: str, told: str) -> None:
        faults = (Fault("broken.example", rcode="SERVFAIL"),)
        assert result({"d": "v=spf1 ~include:i.example -all", "i": inside}, faults=faults) == told

    def test_5_2_an_include_of_a_single_label_is_none_and_so_permerror(self) -> None:
        log: list[tuple[str, str]] = []
        assert evaluate({"d": "v=spf1 include:%{d1} -all"}, log=log).result == "permerror"
        assert log == [("d.example", "TXT")]

    def test_5_2_an_include_of_itself_runs_into_the_limit_but_not_after_a_match(self) -> None:
        assert result("v=spf1 include:d.example -all") == "permerror"
        assert result("v=spf1 ip4:192.0.2.1 include:d.example -all") == "pass"

    def test_5_3_a_of_the_domain_or_another_with_prefixes(self) -> None:
        records = {"d": "v=spf1 a -all\nA 192.0.2.1\nAAAA 2001:db8::cb01", "h": "A 192.0.2.77\nAAAA 2001:db8::1"}
        assert result(records) == result(records, OWN_6) == "pass"
        records["d"] = "v=spf1 a:h.example -all"
        assert result(records) == result(records, OWN_6) == "fail"
        records["d"] = "v=spf1 a:h.example/24//32 -all"
        assert result(records) == result(records, OWN_6) == "pass"
        records["d"] = "v=spf1 a:h.example//32 -all"
        assert (result(records), result(records, OWN_6)) == ("fail", "pass")
        records["d"] = "v=spf1 a:h.example/0 -all"
        assert (result(records, FOREIGN), result(records, OWN_6)) == ("pass", "fail")

    def test_5_4_mx_has_no_implicit_host(self) -> None:
        assert result("v=spf1 mx -all\nA 192.0.2.1") == "fail"

    def test_5_4_mx_matches_by_any_host_and_takes_no_null_mx_for_one(self) -> None:
        hosts = {"h1": "A 198.51.100.1", "h2": "A 192.0.2.7"}
        assert result({"d": "v=spf1 mx/24 -all\nMX 1 h1.example.\nMX 2 h2.example.", **hosts}) == "pass"
        assert result("v=spf1 mx -all\nMX 0 .\nA 192.0.2.1") == "fail"

    def test_5_4_what_follows_a_host_that_matches_is_not_needed(self) -> None:
        records = {"d": "v=spf1 mx -all\nMX 1 h1.example.\nMX 2 broken.example.", "h1": "A 192.0.2.1"}
        assert result(records, faults=(Fault("broken.example", rcode="SERVFAIL"),)) == "pass"
        records["h1"] = "A 198.51.100.1"
        assert result(records, faults=(Fault("broken.example", rcode="SERVFAIL"),)) == "temperror"

    @pytest.mark.parametrize(
        ("target", "told"),
        [
            ("", "fail"),
            (":h.example", "pass"),
            (":example", "permerror"),
            (":H.EXAMPLE", "pass"),
            (":%{d1r}.x", "fail"),
        ],
    )
    def test_5_5_ptr_wants_a_name_that_leads_back_and_lies_below(self, target: str, told: str) -> None:
        records = {"d": f"v=spf1 ptr{target} -all", "h": "A 192.0.2.1"}
        assert result(records, more=(REVERSE,)) == told

    def test_5_5_ptr_ends_at_a_label(self) -> None:
        zones = (Zone("2.0.192.in-addr.arpa", "1 PTR mail.notd.example.\n1 PTR mail.d.example."),)
        both = {"mail.notd": "A 192.0.2.1", "d": "v=spf1 ptr -all"}
        assert result(both, more=zones) == "fail"
        assert result(both | {"mail.d": "A 192.0.2.1"}, more=zones) == "pass"

    @pytest.mark.parametrize("name", ["1.2.0.192.in-addr.arpa", "other.invalid.example"])
    def test_5_5_a_lookup_that_fails_is_no_match_or_passed_over(self, name: str) -> None:
        records = {"d": "v=spf1 ptr:h.example -all", "h": "A 192.0.2.1"}
        told = result(records, more=(REVERSE,), faults=(Fault(name, rcode="SERVFAIL"),))
        assert told == ("fail" if name.endswith("arpa") else "pass")

    def test_5_5_ptr_over_ipv6_asks_ip6_arpa_and_aaaa(self) -> None:
        nibbles = ".".join(reversed("20010db800000000000000000000cb01"))
        zones = (Zone("ip6.arpa", f"{nibbles.removesuffix('.')} PTR h.d.example."),)
        assert result({"d": "v=spf1 ptr -all", "h.d": "AAAA 2001:db8::cb01"}, OWN_6, more=zones) == "pass"

    @pytest.mark.parametrize(
        ("term", "client_ip", "told"),
        [
            ("ip4:192.0.2.0/31", OWN, "pass"),
            ("ip4:192.0.2.2/31", OWN, "fail"),
            ("ip4:192.0.2.99/24", OWN, "pass"),
            ("ip4:0.0.0.0/0", OWN, "pass"),
            ("ip4:192.0.2.1", OWN_6, "fail"),
            ("ip6:2001:db8::/32", OWN_6, "pass"),
            ("ip6:2001:DB8:0:0:0:0:0:CB01", OWN_6, "pass"),
            ("ip6:::/0", OWN_6, "pass"),
            ("ip6:::/0", OWN, "fail"),
            ("ip6:::ffff:192.0.2.1", OWN, "fail"),
            ("ip4:192.0.2.1", "::ffff:192.0.2.1", "pass"),
            ("ip6:::/0", "::ffff:192.0.2.1", "fail"),
            ("ip6:::ffff:0:0/96", "::ffff:192.0.2.1", "fail"),
        ],
    )
    def test_5_6_networks_of_the_family_of_the_client(self, term: str, client_ip: str, told: str) -> None:
        """Section 5: an IPv4-mapped address counts as IPv4."""
        evidence = evaluate({"d": f"v=spf1 {term} -all"}, client_ip)
        assert (evidence.result, "ffff" in (evidence.client_ip or "")) == (told, False)

    def test_5_7_exists_asks_for_a_whatever_the_client_has_and_takes_any_address(self) -> None:
        records = {"d": "v=spf1 exists:h.example -all", "h": "A 127.0.0.2"}
        assert result(records) == result(records, OWN_6) == "pass"
        assert result(records | {"h": "AAAA 2001:db8::1"}, OWN_6) == "fail"

    @pytest.mark.parametrize("term", ["include:b.example", "a:b.example", "mx:b.example", "exists:b.example"])
    @pytest.mark.parametrize("fault", [{"rcode": "SERVFAIL"}, {"rcode": "REFUSED"}, {"drop": ALWAYS}])
    def test_5_a_lookup_that_fails_is_temperror(self, term: str, fault: dict[str, object]) -> None:
        told = result(f"v=spf1 {term} ip4:192.0.2.1 -all", faults=(Fault("b.example", **fault),))  # type: ignore[arg-type]
        assert told == "temperror"


def test_4_6_4_slow_names_that_are_not_needed_do_not_delay_the_result() -> None:
    """What is asked ahead is not waited for."""
    records = {"d": "v=spf1 ip4:192.0.2.1 include:slow1.example include:slow2.example -all"}
    faults = tuple(Fault(f"slow{i}.example", "TXT", drop=ALWAYS) for i in (1, 2))
    assert evaluate(records, faults=faults, deadline_s=0.3).result == "pass"


def test_includes_are_asked_for_together() -> None:
    """Three levels of four names that answer after 0.25 s each: 4 rounds, not 13."""
    names = [f"{a}{b}" for a in "efgh" for b in ("", "1")]
    records = {"d": "v=spf1 " + " ".join(f"include:{c}.example" for c in "efgh") + " -all"}
    records |= {c: f"v=spf1 include:{c}1.example" for c in "efgh"} | {f"{c}1": "v=spf1 ?all" for c in "efgh"}
    faults = tuple(Fault(f"{name}.example", "TXT", delay_s=0.25) for name in ["d", *names])
    started = time.monotonic()
    assert evaluate(records, faults=faults).result == "fail"
    assert time.monotonic() - started < 2.5
