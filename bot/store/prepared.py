"""Statements that run thousands of times a second.

Compiled once and run by the driver itself: through SQLAlchemy each takes several times as long. The values are those
that the types of the columns make of them. All raises sqlite3.Error.
"""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection, Select
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.dml import UpdateBase

to_json = partial(json.dumps, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
"""How JSON columns are written."""

_DIALECT = sqlite.dialect(json_serializer=to_json)


class PreparedQuestion:
    """A SELECT with one parameter."""

    def __init__(self, statement: Select[Any]) -> None:
        self._sql = str(statement.compile(dialect=_DIALECT))
        types = [column.type.dialect_impl(_DIALECT) for column in statement.selected_columns]
        self._readers = [each.result_processor(_DIALECT, None) for each in types]

    def first(self, connection: Connection, value: str) -> tuple[Any, ...] | None:
        row = _driver(connection).execute(self._sql, (value,)).fetchone()
        if row is None:
            return None
        return tuple([each if read is None else read(each) for each, read in zip(row, self._readers, strict=True)])


class PreparedChange:
    """An INSERT or UPDATE for several rows; `parameters`: the names of what each row brings."""

    def __init__(self, statement: UpdateBase, parameters: Sequence[str]) -> None:
        compiled: Any = statement.compile(dialect=_DIALECT, column_keys=list(parameters))
        self._sql = str(compiled)
        types = {name: compiled.binds[name].type.dialect_impl(_DIALECT) for name in compiled.positiontup}
        self._writers = [(name, each.bind_processor(_DIALECT)) for name, each in types.items()]

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        written = [[row[name] if write is None else write(row[name]) for name, write in self._writers] for row in rows]
        _driver(connection).executemany(self._sql, written)


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection
