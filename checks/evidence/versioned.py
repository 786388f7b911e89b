"""TXT records that begin with a version: `v=STSv1` (RFC 8461), `v=TLSRPTv1` (RFC 8460), `v=BIMI1`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

RecordFault: TypeAlias = Literal["multiple", "look_alike", "syntax", "missing", "value"]
"""multiple: several, so none counts. look_alike: meant as one, but it does not begin with the exact version.
syntax: a field is no `name=value`. missing: the field that has to be there is not. value: its value is not allowed."""


@dataclass(frozen=True, slots=True)
class FaultyRecord:
    """Records that senders have to ignore, and why. `part`: the field or value at fault, "" where it is the whole."""

    texts: tuple[str, ...]
    fault: RecordFault
    part: str = ""
