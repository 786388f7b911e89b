"""The part of a mail transaction between DATA and the final dot (RFC 5321, 4.1.1.4)."""

import asyncio
from types import TracebackType

from bot.mailbox.limits import Limits, Memory

LINE_END = b"\r\n"
END = b"\r\n.\r\n"
TOO_BIG = "552 5.3.4 Message too big for this address"
NO_ROOM = "452 4.3.1 Too many mails at the moment, please try again later"


class Content:
    """One mail as it comes in; a context manager, which gives back the memory that the mail took."""

    def __init__(self, stream: asyncio.StreamReader, limits: Limits, memory: Memory, max_bytes: int) -> None:
        self._stream = stream
        self._limits = limits
        self._memory = memory
        self._max_bytes = max_bytes
        self._taken = 0

    def __enter__(self) -> "Content":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._give_back()

    async def read(self) -> bytes | str:
        """The mail, dots unstuffed (RFC 5321, 4.5.2) and otherwise as sent, or the answer that refuses it.

        What is refused is still read to its end, within the limits of the session. Only CR LF ends a line here, so that
        nothing but CR LF dot CR LF ends the mail. Raises asyncio.IncompleteReadError if the client ends first.
        """
        # The end of an empty mail begins with the CR LF of the command DATA itself.
        self._stream._buffer[:0] = LINE_END  # type: ignore[attr-defined]
        content = bytearray()
        stuffed = 0
        refusal: str | None = None
        ended = False
        while not ended:
            try:
                chunk = (await self._stream.readuntil(END))[: len(LINE_END) - len(END)]
                ended = True
            except asyncio.LimitOverrunError as error:
                chunk = await self._stream.read(error.consumed)
            if refusal is not None:
                continue
            begin = max(0, len(content) - len(LINE_END))
            content += chunk
            stuffed += content.count(b"\r\n.", begin)
            if len(content) - len(LINE_END) - stuffed > self._max_bytes:
                refusal = TOO_BIG
            elif not self._hold(len(content)):
                refusal = NO_ROOM
            if refusal is not None:
                content.clear()
                self._give_back()
        return refusal or bytes(memoryview(content.replace(b"\r\n.", LINE_END))[len(LINE_END) :])

    def _hold(self, size: int) -> bool:
        """Have memory for so many bytes of this mail; False if there is not so much left."""
        more = size - self._limits.small_mail_bytes - self._taken
        if more > 0:
            if not self._memory.take(more):
                return False
            self._taken += more
        return True

    def _give_back(self) -> None:
        self._memory.release(self._taken)
        self._taken = 0
