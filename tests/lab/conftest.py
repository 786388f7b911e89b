"""These tests are for the inside of the lab: `tests/lab/run pytest tests/lab`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_HERE = Path(__file__).parent
_IS_INSIDE = "LAB_RESOLVER" in os.environ


def pytest_configure(config: pytest.Config) -> None:
    """Who names these tests outside is told how to start them."""
    named = [(config.invocation_params.dir / argument.partition("::")[0]).resolve() for argument in config.args]
    if not _IS_INSIDE and any(path == _HERE or _HERE in path.parents for path in named):
        raise pytest.UsageError("These tests need the lab around them: tests/lab/run pytest tests/lab")


def pytest_ignore_collect() -> bool | None:
    """A run over all tests, outside, passes them over."""
    return None if _IS_INSIDE else True
