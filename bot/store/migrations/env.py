"""Alembic's entry: the store hands over its open connection, and its transaction covers every migration."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
context.run_migrations()
