"""Statements: a reader's own file of transactions becomes a ledger."""
