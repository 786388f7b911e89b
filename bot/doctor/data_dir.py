"""The data directory: room, rights, the database's state, and who runs on it. Everything here is blocking."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bot.doctor.finding import Finding, State
from bot.durable import lock_holder
from bot.store import Arrival, UnusableDatabase, inspect
from checks import Fact, Text

FREE_MIB = 256
"""Less free space than this is too little for mails, write-ahead logs and a backup."""


@dataclass(frozen=True, slots=True)
class DataDir:
    """`bot_runs` None: not known. `arrival`: the last mail from the internet."""

    findings: list[Finding]
    bot_runs: bool | None
    arrival: Arrival | None


def examine_data_dir(path: Path, *, running: bool, needed_mib: int = FREE_MIB) -> DataDir:
    """`running`: this very process is the bot, so its lock and its database are known to be good."""
    findings = [_room(path, needed_mib)]
    database, arrival = _database(path / "app.db")
    if running:
        return DataDir(findings, True, arrival)
    process, bot_runs = _process(path)
    return DataDir([*findings, database, process], bot_runs, arrival)


def _room(path: Path, needed_mib: int) -> Finding:
    facts: dict[str, Fact] = {"path": str(path.absolute())}
    place = path.absolute()
    try:
        while not place.exists():
            place = place.parent
        if place != path.absolute() and not os.access(place, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        if place == path.absolute():
            tempfile.TemporaryFile(dir=place).close()
        free = shutil.disk_usage(place).free // 2**20
    except OSError as error:
        facts["error"] = error.strerror or type(error).__name__
        seen = Text(
            en="The data directory `{path}` cannot be written: {error}.",
            ja="データディレクトリ `{path}` に書き込めません({error})。",
        )
        return Finding("data_dir", State.WRONG, seen, facts, _OWN_IT)
    facts["free"] = free
    if free < needed_mib:
        seen = Text(
            en="Only {free} MiB are free where the data directory `{path}` is.",
            ja="データディレクトリ `{path}` の空き容量が {free} MiB しかありません。",
        )
        return Finding("data_dir", State.WRONG, seen, facts, _MAKE_ROOM)
    if place != path.absolute():
        seen = Text(
            en="The data directory `{path}` does not exist yet; the first start makes it ({free} MiB free).",
            ja="データディレクトリ `{path}` はまだありません。最初の起動時に作成します(空き {free} MiB)。",
        )
    else:
        seen = Text(
            en="The data directory `{path}` can be written, {free} MiB are free.",
            ja="データディレクトリ `{path}` に書き込めます(空き {free} MiB)。",
        )
    return Finding("data_dir", State.OK, seen, facts)


_OWN_IT = Text(
    en="Give `{path}` to the user that the bot runs as (`StateDirectory=mailcheck` in the unit does), and run the doctor as that user.",
    ja="`{path}` の所有者をボットの実行ユーザーにし(ユニットファイルの `StateDirectory=mailcheck` で設定されます)、doctorも同じユーザーで実行してください。",
)
_MAKE_ROOM = Text(
    en="Free some space: when the disk is full, mails are refused with 451 and checks stop.",
    ja="空き容量を増やしてください。ディスクがいっぱいになると、メールは451で拒否され、検査も止まります。",
)


def _database(path: Path) -> tuple[Finding, Arrival | None]:
    facts: dict[str, Fact] = {"path": str(path.absolute()), "dir": str(path.absolute().parent)}
    try:
        found = inspect(path)
    except UnusableDatabase as error:
        seen = Text(en="{error}.", ja="データベースを使用できません({error})。")
        return Finding("database", State.WRONG, seen, {**facts, "error": str(error)}, _RESTORE), None
    except sqlite3.OperationalError as error:
        return Finding("database", State.UNKNOWN, _NOT_READ, {**facts, "error": str(error)}, _LATER), None
    except OSError as error:
        facts["error"] = error.strerror or type(error).__name__
        return Finding("database", State.UNKNOWN, _NOT_READ, facts, _RUN_AS), None
    facts["pending"] = found.pending
    if found.is_newer:
        seen = Text(
            en="`{path}` was written by a newer version of the bot; this one does not start with it.",
            ja="`{path}` はより新しいバージョンのボットで作成されており、このバージョンでは起動できません。",
        )
        return Finding("database", State.WRONG, seen, facts, _NEWER), found.arrival
    if not found.exists:
        seen = Text(
            en="There is no database yet; the first start makes it.",
            ja="データベースはまだありません。最初の起動時に作成します。",
        )
        return Finding("database", State.OK, seen, facts), None
    if found.pending:
        seen = Text(
            en="Migrations of `{path}` are pending: {pending}.",
            ja="`{path}` に未適用のマイグレーションがあります({pending})。",
        )
        return Finding("database", State.WRONG, seen, facts, _MIGRATE), found.arrival
    seen = Text(en="The database is up to date.", ja="データベースは最新の状態です。")
    return Finding("database", State.OK, seen, facts), found.arrival


_NOT_READ = Text(en="`{path}` cannot be read: {error}.", ja="`{path}` を読み取れません({error})。")
_LATER = Text(
    en="Run the doctor again in a minute. If it stays so, see whether the disk is full or broken (`journalctl -k`).",
    ja="1分ほど待ってからdoctorを再実行してください。解消しない場合は、ディスクの空き容量と障害(`journalctl -k`)を確認してください。",
)
_RESTORE = Text(
    en="Stop the bot, move the whole directory `{dir}` away and unpack its last backup: `app.db` and `dbos.db` belong together, and an old `-wal` file would damage a restored database.",
    ja="ボットを停止し、ディレクトリ `{dir}` 全体を別の場所に移してから、バックアップを展開してください。`app.db` と `dbos.db` は2つで1組です。古い `-wal` ファイルが残っていると、復元したデータベースが壊れることがあります。",
)
_RUN_AS = Text(
    en="Run the doctor as the user that the bot runs as.", ja="ボットの実行ユーザーでdoctorを実行してください。"
)
_NEWER = Text(
    en="Install the version that wrote it, or a later one; or restore the backup of before that upgrade.",
    ja="そのバージョン以降をインストールするか、更新前のバックアップを復元してください。",
)
_MIGRATE = Text(
    en="Back up the data directory, then restart the bot: each start applies what is pending.",
    ja="データディレクトリをバックアップしてから、ボットを再起動してください。未適用のものは起動時に適用されます。",
)


def _process(path: Path) -> tuple[Finding, bool | None]:
    facts: dict[str, Fact] = {"path": str(path.absolute())}
    try:
        holder = lock_holder(path)
    except OSError as error:
        facts["error"] = error.strerror or type(error).__name__
        seen = Text(
            en="Whether a bot runs on `{path}` could not be told: {error}.",
            ja="`{path}` でボットが動作しているかどうか確認できません({error})。",
        )
        return Finding("process", State.UNKNOWN, seen, facts, _RUN_AS), None
    if holder is None:
        seen = Text(en="No bot runs on `{path}`.", ja="`{path}` で動作しているボットはありません。")
        return Finding("process", State.OK, seen, facts), False
    facts["process"] = holder or "?"
    seen = Text(
        en="A bot runs on `{path}`: process {process}. A second one would not start.",
        ja="`{path}` ではボットが動作しています(プロセス {process})。同時に起動できるのは1つだけです。",
    )
    return Finding("process", State.OK, seen, facts), True
