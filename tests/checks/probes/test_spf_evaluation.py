"""Nothing that strangers write makes an evaluation of SPF raise, run on, or give another word than the seven."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checks.model import Absent, Answer, Known, MxHost, Seen, Unreachable, Why
from checks.parse.spf import MAX_OCTETS
from checks.probes.spf_evaluation import MAX_EXPLANATION, Evaluation, Key, MissingAnswer, Records, Result

WORDS = st.sampled_from(
    [
        "a", "mx/0", "mx", "ptr", "include:", "exists:", "redirect=", "exp=", "ip4:0.0.0.0/0", "ip6:::/0", "-", "~", "?",
        "%{l}", "%{s1r-}", "%{p}", "%{i}", "%{h}", "%{d2}", "%{t}", "%{c}", "%{", "%", ".example", "a:", "//64", "/24",
        "a.example", " ", " ", " -all", "x=", "\t", "\u3042", "\x00", "9" * 30,
    ]
)  # fmt: skip
TERMS = st.sampled_from(
    [
        "a", "mx//64", "ptr", "ptr:%{p}", "-include:%{l}.example", "include:%{h}", "exists:%{s1r-}.x.example", "~all",
        "redirect=%{d1r}.b.example", "redirect=%{L}.example", "exp=%{p}.example", "exp=%{i}", "a:%{o}.example/24",
        "mx:%{S}.%{v}.example", "ip4:203.0.113.0/24", "?ip6:2001:db8::/48", "exists:%{ir}.%{v}", "-all", "X=%{D2R}",
    ]
)  # fmt: skip
RECORDS = st.one_of(
    st.lists(TERMS, max_size=14).map(lambda terms: " ".join(["v=spf1", *terms])),
    st.lists(TERMS, max_size=14).map(lambda terms: " ".join(["v=spf1", *terms])),
    st.lists(WORDS, max_size=25).map(lambda words: "v=spf1 " + "".join(words)),
    st.text(max_size=60).map(lambda text: "v=spf1 " + text),
)


class Answers(Mapping[Key, Known[Any]]):
    """An answer to everything, drawn when asked for; never more than an evaluation may ask."""

    def __init__(self, data: st.DataObject) -> None:
        self.known: dict[Key, Known[Any]] = {}
        self._data = data

    def __getitem__(self, key: Key) -> Known[Any]:
        if key not in self.known:
            self.known[key] = self._draw(key)
        return self.known[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self.known)

    def __len__(self) -> int:
        return len(self.known)

    def _draw(self, key: Key) -> Known[Any]:
        values: st.SearchStrategy[Any]
        match key[1]:
            case "TXT":
                values = RECORDS.map(lambda text: text.encode("utf-8", "surrogatepass"))
            case "MX":
                values = st.builds(MxHost, st.integers(0, 9), st.sampled_from(["", "h.example", "a" * 64, "b"]))
            case "PTR":
                values = st.sampled_from(["h.example", ".", "x" * 70, "d.example", "\\.a"])
            case "A":
                values = st.sampled_from(["192.0.2.1", "127.0.0.2", "203.0.113.1"])
            case _:
                values = st.sampled_from(["2001:db8::1", "::ffff:192.0.2.1", "::"])
        seen = st.lists(values, min_size=1, max_size=12).map(lambda v: Seen(Answer(key[0], key[1], tuple(v))))
        nothing = st.sampled_from([Absent(), Absent("nxdomain"), Unreachable(Why.SERVFAIL), Unreachable(Why.BAD_NAME)])
        drawn: Known[Any] = self._data.draw(st.one_of(seen, nothing))
        return drawn


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), record=RECORDS, local=st.text(max_size=20), client=st.sampled_from(["192.0.2.1", "2001:db8::1"]))
def test_any_records_give_one_of_the_seven_results(data: st.DataObject, record: str, local: str, client: str) -> None:
    answers = Answers(data)
    octets = record.encode("utf-8", "surrogatepass")
    answers.known["d.example", "TXT"] = Seen(Answer("d.example", "TXT", (octets,)))
    query = Evaluation(client, "mx.example", (local or "a", "d.example"), answers, Records(), "1")
    assert query.evaluate() in get_args(Result)
    assert len(query.explanation) <= MAX_EXPLANATION
    assert query.explanation.isprintable()
    assert query.explanation.isascii()
    # 10 terms of a name and 10 hosts, the PTR names, the record itself and the explanation.
    assert len(answers) <= 1 + 10 * 11 + 11 + 1


def test_the_largest_records_are_evaluated_quickly_however_often_it_begins_anew() -> None:
    """Ten includes of as many terms as are read, and then a hundred hosts, each missing at first: 121 rounds."""
    networks = " ".join(f"ip4:10.{i}.0.0/16" for i in range(190))
    assert len(networks) < MAX_OCTETS
    hosts = tuple(MxHost(i, f"h{i}.example") for i in range(10))
    all_known: dict[Key, Known[Any]] = {("m.example", "MX"): Seen(Answer("m.example", "MX", hosts))}
    all_known |= {(f"h{i}.example", "A"): Seen(Answer("h", "A", ("203.0.113.1",))) for i in range(10)}
    for i in range(9):
        more = f" include:d{i + 1}.example -all" if i < 8 else " mx:m.example -all"
        text = f"v=spf1 {networks}{more}".encode()
        all_known[f"d{i}.example", "TXT"] = Seen(Answer("d", "TXT", (text,)))
    answers: dict[Key, Known[Any]] = {}
    records = Records()
    started = time.process_time()
    for _ in range(200):
        try:
            result = Evaluation("192.0.2.1", "h", ("a", "d0.example"), answers, records, "1").evaluate()
            break
        except MissingAnswer as missing:
            answers[missing.key] = all_known[missing.key]
    assert (result, len(answers)) == ("fail", len(all_known))
    assert time.process_time() - started < 3
