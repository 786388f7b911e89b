"""Names and arguments of the durable workflows. They are stored, so they stay; arguments are ids, never content."""

CHECK_WORK = "domain-check"
EXPIRY_WORK = "expiry"


def check_argument(thread_id: str, run: int) -> str:
    return f"{thread_id}.{run}"


def thread_and_run(argument: str) -> tuple[str, int]:
    thread_id, _, run = argument.rpartition(".")
    return thread_id, int(run)
