"""One file for each Slack surface. They read what came in, start what is wanted, and answer who asked."""

from bot.listeners.desk import Desk
from bot.listeners.intake import Intake
from bot.listeners.register import register
from bot.listeners.sockets import Sockets

__all__ = ["Desk", "Intake", "Sockets", "register"]
