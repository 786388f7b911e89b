"""What the operator sees of a running bot: metrics, health, and the local port that tells of both."""

from bot.observation.checker import ObservedChecker
from bot.observation.conditions import conditions
from bot.observation.health import OFF, Condition, Health, State, condition
from bot.observation.metrics import Metrics
from bot.observation.server import ObservationServer
from bot.observation.slack import ObservedClient, ObservedRateLimit, greeted
from bot.observation.waiting import Waiting

__all__ = [
    "OFF",
    "Condition",
    "Health",
    "Metrics",
    "ObservationServer",
    "ObservedChecker",
    "ObservedClient",
    "ObservedRateLimit",
    "State",
    "Waiting",
    "condition",
    "conditions",
    "greeted",
]
