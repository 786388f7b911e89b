"""The conditions under which the bot does its work, by name."""

from collections.abc import Awaitable, Callable

from bot.observation.health import OFF, Condition, Probe, condition

STUCK_S = 300.0
"""A message that waited longer than this is stuck: Slack's own limits let each channel have one a second."""


def conditions(
    *,
    connected: Callable[[], Awaitable[bool]],
    prove_writable: Callable[[], Awaitable[None]],
    is_launched: Callable[[], bool],
    is_listening: Callable[[], bool | None],
    oldest_s: Callable[[], Awaitable[float]],
    stuck_s: float = STUCK_S,
) -> dict[str, Probe]:
    """slack_socket, database, engine, mailbox, outbox.

    `is_listening`: None where no mailbox is configured. `oldest_s`: how long the oldest unsent message has waited.
    """

    async def slack_socket() -> Condition:
        return condition(await connected())

    async def database() -> Condition:
        await prove_writable()
        return condition(True)

    async def engine() -> Condition:
        return condition(is_launched())

    async def mailbox() -> Condition:
        listens = is_listening()
        return OFF if listens is None else condition(listens)

    async def outbox() -> Condition:
        age_s = await oldest_s()
        return condition(age_s <= stuck_s, oldest_s=round(age_s, 1), limit_s=stuck_s)

    return {
        "slack_socket": slack_socket,
        "database": database,
        "engine": engine,
        "mailbox": mailbox,
        "outbox": outbox,
    }
