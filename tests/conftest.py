"""For all tests."""

from __future__ import annotations

import signal


def pytest_configure() -> None:
    """Programs that the tests start can be interrupted, though `nohup` or a job in the background ignores SIGINT."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
