"""These tests are for the inside of the lab: `tests/lab/run pytest tests/lab`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_HERE = Path(__file__).parent


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """A run over all tests passes them over; whoever names them outside is told how to start them."""
    if "LAB_RESOLVER" in os.environ:
        return None
    named = [(config.invocation_params.dir / argument.partition("::")[0]).resolve() for argument in config.args]
    if any(path == _HERE or _HERE in path.parents for path in named):
        raise pytest.UsageError("These tests need the lab around them: tests/lab/run pytest tests/lab")
    return True
