"""A link with a delay between a command and the lab: `python -m internet.delay MILLISECONDS CMD...`.

The command gets a network namespace of its own, joined to the lab's by two TUN devices. A process between them holds
every packet back for so many milliseconds, each way. The kernel's own means (netem) is missing in many kernels.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import select
import struct
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence

TUN = "/dev/net/tun"
NEAR, FAR = "11.9.0.2", "11.9.0.1"
"""The addresses of the link: of the command, and of the lab."""
_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
_CLONE_NEWNET = 0x40000000
_NAME = "link0"
_PACKET = 65535
_STEP_S = 0.0002
_REST_S = 0.05


def _end(address: str, peer: str) -> int:
    """A TUN device in the network namespace of this process: what it sends can be read here, and the other way round."""
    device = os.open(TUN, os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH22x", _NAME.encode(), _IFF_TUN | _IFF_NO_PI))
    _ip(f"address add {address} peer {peer} dev {_NAME}", f"link set {_NAME} up")
    return device


def _ip(*commands: str) -> None:
    subprocess.run(["ip", "-batch", "-"], input="\n".join(commands) + "\n", text=True, check=True)


def _new_network() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), f"unshare: {os.strerror(ctypes.get_errno())}")
    _ip("link set lo up")


def _carry(one: int, other: int, delay_s: float) -> None:
    """Never returns. Looks every now and then, for as long as packets come.

    To be woken by each packet would cost whoever sends it more than all else that sending does.
    """
    ways = [(one, other, deque[tuple[float, bytes]]()), (other, one, deque[tuple[float, bytes]]())]
    last = -_REST_S
    while True:
        now = time.monotonic()
        for source, target, held in ways:
            while held and held[0][0] <= now:
                with contextlib.suppress(OSError):  # a link may lose a packet
                    os.write(target, held.popleft()[1])
            with contextlib.suppress(BlockingIOError):
                while True:
                    held.append((now + delay_s, os.read(source, _PACKET)))
                    last = now
        if now - last > delay_s + _REST_S:
            select.select([one, other], [], [])
        else:
            time.sleep(_STEP_S)


def main(args: Sequence[str]) -> int:
    delay_s, command = float(args[0]) / 1000, args[1:]
    try:
        far = _end(FAR, NEAR)
        _new_network()
        near = _end(NEAR, FAR)
        _ip(f"route add default via {FAR} dev {_NAME}")
    except OSError as error:
        print(f"There is no delay link here, it needs root and {TUN}: {error}", file=sys.stderr)
        return 70
    if os.fork() == 0:
        _carry(near, far, delay_s)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        return 127


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
