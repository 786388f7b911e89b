"""What a thread is told of a mail, from evidence built by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from checks.authentication import mail_facts_of
from checks.evidence.dmarc import DmarcResultEvidence
from checks.evidence.message import ArcEvidence, MessageEvidence, SessionEvidence, SpfResultEvidence
from checks.model import Absent, Seen

D = "d.example"
MESSAGE = MessageEvidence(1, ("a",), f"a@{D}", D, "", (), ArcEvidence("none", 0), ("list_id",), 1, False, ())
SPF = SpfResultEvidence("192.0.2.1", "mfrom", D, "pass")
DMARC = DmarcResultEvidence(D, Seen(D), Absent(), None, "none", None, True, ())


def forwarded(**evidence: Any) -> tuple[str, ...]:
    gathered = {"MessageEvidence": MESSAGE, "SessionEvidence": SessionEvidence("192.0.2.1", None, f"a@{D}", None, None)}
    facts = mail_facts_of(gathered | {type(one).__name__: one for one in evidence.values()}, 1)
    assert facts is not None
    return facts.forwarded


def test_what_passes_spf_for_the_author_came_through_no_list() -> None:
    assert forwarded(spf=SPF, dmarc=DMARC) == ()
    resent = replace(MESSAGE, forwarded=("list_id", "resent"))
    assert forwarded(message=resent, spf=SPF, dmarc=DMARC) == ("resent",)


@pytest.mark.parametrize("spf", [replace(SPF, result="softfail"), replace(SPF, result=None)])
def test_any_other_result_leaves_the_sign(spf: SpfResultEvidence) -> None:
    assert forwarded(spf=spf, dmarc=DMARC) == ("list_id",)
    for aligned in (False, None):
        assert forwarded(spf=SPF, dmarc=replace(DMARC, spf_aligned=aligned)) == ("list_id",)
    assert forwarded(spf=SPF) == ("list_id",)
