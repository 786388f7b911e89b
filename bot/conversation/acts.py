"""What the conversation wants done. Whoever carries it out does so in one transaction with the new state."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from bot.conversation.content import Content
from checks import Lang


@dataclass(frozen=True, slots=True)
class Show:
    """The message `key` of this thread looks like this from now on; "root" is the one in the channel.

    `progress`: a passing state that may be left out when the next one follows soon.
    """

    key: str
    content: Content
    progress: bool = False


@dataclass(frozen=True, slots=True)
class StartCheck:
    """Check the domain of run number `run`."""

    run: int


@dataclass(frozen=True, slots=True)
class OpenAddress:
    """Accept mail for this token, and come back when it expires."""

    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class CloseAddress:
    token: str


@dataclass(frozen=True, slots=True)
class SetRunning:
    running: bool


@dataclass(frozen=True, slots=True)
class SetLanguage:
    lang: Lang


Act: TypeAlias = Show | StartCheck | OpenAddress | CloseAddress | SetRunning | SetLanguage
