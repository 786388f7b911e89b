"""Names and arguments of the durable workflows. They are stored, so they stay; arguments are ids, never content."""

CHECK_WORK = "domain-check"
EXPIRY_WORK = "expiry"


def numbered(thread_id: str, number: int) -> str:
    """The argument for one of several things of a thread: a run of its check, or the place of an address in it."""
    return f"{thread_id}.{number}"


def thread_and_number(argument: str) -> tuple[str, int]:
    thread_id, _, number = argument.rpartition(".")
    return thread_id, int(number)
