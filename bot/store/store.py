"""The store as a whole: one file, one object, one part for each kind of thing kept."""

import asyncio
from pathlib import Path

from bot.store.backlog import Backlogs
from bot.store.clock import Clock, NewId, random_id, utc_now
from bot.store.database import Database
from bot.store.events import Events
from bot.store.mailboxes import Mailboxes
from bot.store.messages import Messages
from bot.store.monitoring import Monitoring
from bot.store.people import People, Selectors
from bot.store.reports import Reports
from bot.store.threads import Threads
from bot.store.work import Work
from bot.store.workspaces import Workspaces


class Store:
    """Everything the bot remembers, in the SQLite file `path`.

    Every method that writes has committed to disk when it returns. Times given in must be aware.
    """

    def __init__(self, path: Path, *, clock: Clock = utc_now, new_id: NewId = random_id) -> None:
        self._database = Database(path)
        messages_changed, work_added = asyncio.Event(), asyncio.Event()
        self.events = Events(self._database, clock)
        self.threads = Threads(self._database, clock, messages_changed=messages_changed, work_added=work_added)
        self.reports = Reports(self._database, clock)
        self.mailboxes = Mailboxes(self._database, clock, new_id, work_added)
        self.messages = Messages(self._database, clock, messages_changed)
        self.work = Work(self._database, clock, work_added)
        self.people = People(self._database, clock)
        self.selectors = Selectors(self._database, clock)
        self.monitoring = Monitoring(self._database, clock)
        self.workspaces = Workspaces(self._database)
        self.backlog = Backlogs(self._database)

    async def open(self) -> None:
        """Open the file and apply the migrations that it lacks. Raises UnusableDatabase."""
        await self._database.open()

    async def close(self) -> None:
        await self._database.close()
