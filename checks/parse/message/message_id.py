"""The Message-ID field (RFC 5322 section 3.6.4)."""

from __future__ import annotations

import re

# No possessive repetition of groups: Python 3.11 before 3.11.5 goes wrong with it (gh-106052).
_ATOMS = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]++(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]++)*"
_QUOTED = r'"(?:[\x21\x23-\x5b\x5d-\x7e \t\u0080-\U0010ffff]++|\\[\x20-\x7e\t])*"'
_LITERAL = r"\[[\x21-\x5a\x5e-\x7e]*+\]"
_MESSAGE_ID = re.compile(rf"<(?:{_ATOMS}|{_QUOTED})@(?:{_ATOMS}|{_LITERAL})>\Z")
_COMMENT = re.compile(r"\([^()\\]*+\)")
_MAX_CHARACTERS = 10_000


def is_message_id(value: str) -> bool:
    """One msg-id, comments around it allowed; a quoted left side is the obsolete form that must be taken."""
    if len(value) > _MAX_CHARACTERS:
        return False
    bare = value.strip()
    if bare[:1] == "(" or bare[-1:] == ")":
        left, bracket, rest = bare.partition("<")
        inner, closing, right = rest.rpartition(">")
        bare = _COMMENT.sub("", left).strip() + bracket + inner + closing + _COMMENT.sub("", right).strip()
    return _MESSAGE_ID.match(bare) is not None
