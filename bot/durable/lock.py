"""One process for each data directory."""

import fcntl
import os
from pathlib import Path


class DataDirInUse(Exception):
    """Another process runs on this data directory; the text names it for the operator."""


class DataDirLock:
    """An flock on the file `lock`, held until `release` or the end of the process, however it ends."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "lock"
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock or raise DataDirInUse at once; makes the directory. Taking it twice is nothing new."""
        if self._descriptor is not None:
            return
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
            os.close(descriptor)
            named = f"the process {holder}" if holder.isdigit() else "another process"
            raise DataDirInUse(
                f"{named} already runs on {self._path.parent}; stop it first, or set MAILCHECK_DATA_DIR elsewhere"
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor

    def release(self) -> None:
        # The file stays: removing it would let a third process lock a new file beside a waiting second one.
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def lock_holder(data_dir: Path) -> str | None:
    """The id of the process that runs on the directory, "" where it is not told; None where none runs.

    Looks only: makes no file, and gives back at once what it takes to find out. Raises OSError.
    """
    try:
        descriptor = os.open(data_dir / "lock", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
        return holder if holder.isdigit() else ""
    finally:
        os.close(descriptor)
    return None
