"""What Alembic runs: the steps on the connection it was handed, inside the transaction that connection already has."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
