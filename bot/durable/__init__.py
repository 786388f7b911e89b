"""Work that survives the process: workflows of recorded steps, waits over restarts, one process per database."""

from bot.durable.engine import PATIENT, Context, Durable, StepFailed, UnknownWorkflow, Workflow
from bot.durable.lock import DataDirInUse, lock_holder
from bot.durable.starter import Starter

__all__ = [
    "PATIENT",
    "Context",
    "DataDirInUse",
    "Durable",
    "Starter",
    "StepFailed",
    "UnknownWorkflow",
    "Workflow",
    "lock_holder",
]
