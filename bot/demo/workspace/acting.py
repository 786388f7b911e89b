"""What a person does in the workspace: type, press, submit, invite."""

from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.demo.workspace.composed import composed
from bot.demo.workspace.events import Events
from bot.demo.workspace.payloads import message_actions, slash_command, view_actions, view_submission
from bot.demo.workspace.pressing import action_of
from bot.demo.workspace.response_urls import ResponseUrls
from bot.demo.workspace.socket_mode import Delivery, Sockets
from bot.demo.workspace.state import BOT_NAME, BOT_USER, Channel, Ephemeral, Message, Person, State
from bot.demo.workspace.triggers import Triggers


@dataclass(frozen=True, slots=True)
class CommandOutcome:
    """How a slash command went. ``acknowledged_after_s`` is None when no ack came within the ack wait."""

    acknowledged_after_s: float | None
    user: str
    channel: str
    state: State
    since_ts: str

    @property
    def ephemerals(self) -> list[Ephemeral]:
        """What this person alone was shown in this channel since the command, as of now, oldest first."""
        return [
            shown
            for shown in self.state.shown_to(self.user)
            if shown.channel == self.channel and shown.ts > self.since_ts
        ]


class Acting:
    """The acts, over the parts that the workspace ties together. Ids are those of the state; an unknown one is a
    KeyError, a channel that the person is not in a ValueError."""

    state: State
    _sockets: Sockets
    _events: Events
    _triggers: Triggers
    _responses: ResponseUrls

    @property
    def connections(self) -> int:
        """How many sockets the app holds."""
        return self._sockets.count

    async def command(self, user: str, channel: str, line: str) -> CommandOutcome:
        """Type a slash command in a channel, e.g. ``/mailcheck example.com``, and wait for its ack."""
        person, place = self._in_channel(user, channel)
        word, _, text = line.strip().partition(" ")
        since = self.state.new_ts()
        url = self._responses.give(user, channel)
        payload = slash_command(person, place, word, text.strip(), url, self._triggers.give(user))
        delivery = await self._sockets.deliver("slash_commands", payload)
        if delivery.acknowledged_after_s is None:
            self._slackbot(user, channel, f'{word} failed with the error "operation_timeout"')
        elif delivery.response:
            self._responses.say(user, channel, dict(delivery.response))
        return CommandOutcome(delivery.acknowledged_after_s, user, channel, self.state, since)

    async def press(self, user: str, channel: str, ts: str, action_id: str, value: str | None = None) -> float | None:
        """Press a button (or choose ``value`` of a select) in a message; return the seconds to the ack, or None.

        Raises LookupError, naming what could be pressed, when the message has no such element.
        """
        person, place = self._in_channel(user, channel)
        source: Message | Ephemeral | None = self.state.messages.get((channel, ts))
        if source is None:
            source = next((shown for shown in self.state.shown_to(user) if shown.ts == ts), None)
        if source is None:
            raise LookupError(f"no message {ts} in {channel}")
        action = action_of(source.blocks, action_id, value, self.state.new_ts())
        url = self._responses.give(user, channel, source)
        payload = message_actions(self.state, person, place, source, action, url, self._triggers.give(user))
        return (await self._sockets.deliver("interactive", payload)).acknowledged_after_s

    async def press_in_home(self, user: str, action_id: str, value: str | None = None) -> float | None:
        """Press a button of the App Home."""
        view = self.state.homes[user]
        action = action_of(view.body["blocks"], action_id, value, self.state.new_ts())
        payload = view_actions(self.state.people[user], view, action, self._triggers.give(user))
        return (await self._sockets.deliver("interactive", payload)).acknowledged_after_s

    async def submit(self, user: str, values: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Delivery:
        """Send off the modal in front of somebody; ``values`` by block_id and action_id. It closes unless the ack
        carries a response_action."""
        view = self.state.modals[user]
        payload = view_submission(self.state.people[user], view, values, self._triggers.give(user))
        delivery = await self._sockets.deliver("interactive", payload)
        if delivery.acknowledged_after_s is not None and not delivery.response:
            self.close_modal(user)
        return delivery

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Let something happen in the background; it ends with the workspace."""
        self._sockets.spawn(work)

    def close_modal(self, user: str) -> None:
        """Close the modal in front of somebody, if there is one."""
        self.state.modals.pop(user, None)
        self.state.touch()

    async def say(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> Message:
        """Write a message as a person; text is what is typed: names after @, domains and addresses become links."""
        self._in_channel(user, channel)
        if thread_ts is not None and not self.state.thread(channel, thread_ts):
            raise LookupError(f"no thread {thread_ts} in {channel}")
        names = {person.name: person.id for person in self.state.people.values()}
        written = composed(text, names)
        message = self.state.put(Message(self.state.new_ts(), channel, user, written, thread_ts=thread_ts))
        self._events.posted(message)
        return message

    async def mention(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> Message:
        """Write a message that begins with @mailcheck: the app hears app_mention and message of it."""
        return await self.say(user, channel, f"@{BOT_NAME} {text}", thread_ts)

    async def open_home(self, user: str) -> None:
        """Open the App Home tab."""
        self._events.home_opened(user)

    async def invite_bot(self, user: str, channel: str) -> None:
        """Invite the app to a channel."""
        _, place = self._in_channel(user, channel)
        self.state.channels[channel] = replace(place, members=place.members | {BOT_USER})
        self.state.touch()
        self._events.bot_joined(self.state.channels[channel], user)

    def _in_channel(self, user: str, channel: str) -> tuple[Person, Channel]:
        person, place = self.state.people[user], self.state.channels[channel]
        if user not in place.members:
            raise ValueError(f"{user} is not in {channel}")
        return person, place

    def _slackbot(self, user: str, channel: str, text: str) -> None:
        self.state.put_ephemeral(Ephemeral(self.state.new_ts(), channel, user, text, author="USLACKBOT"))
