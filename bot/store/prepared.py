"""A question to the database that is asked thousands of times a second."""

from typing import Any

from sqlalchemy import Connection, Select
from sqlalchemy.dialects import sqlite


class PreparedQuestion:
    """A SELECT with one parameter, compiled once: to run it through SQLAlchemy takes several times as long.

    The values are those that the types of its columns make of them.
    """

    def __init__(self, statement: Select[Any]) -> None:
        dialect = sqlite.dialect()
        self._sql = str(statement.compile(dialect=dialect))
        types = [column.type.dialect_impl(dialect) for column in statement.selected_columns]
        self._readers = [each.result_processor(dialect, None) for each in types]

    def first(self, connection: Connection, value: str) -> tuple[Any, ...] | None:
        """The first row. Raises sqlite3.Error."""
        driver: Any = connection.connection.driver_connection
        row = driver.execute(self._sql, (value,)).fetchone()
        if row is None:
            return None
        return tuple([each if read is None else read(each) for each, read in zip(row, self._readers, strict=True)])
