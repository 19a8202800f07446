"""Telegram's adapter, piece by piece."""
