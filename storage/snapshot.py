"""Stores without a database server: an empty one in memory, and a consistent copy of a live database file that disturbs nobody."""

from __future__ import annotations

from storage import statements
from storage.memory import MemoryStore, connect
from storage.schema import TABLES


async def open_memory() -> MemoryStore:
    """An empty store in memory, with every table."""
    connection = connect()
    script = [statement for table in TABLES.values() for statement in statements.create(table)]
    connection.executescript("BEGIN;" + ";".join(script) + ";COMMIT;")
    return MemoryStore(connection)
