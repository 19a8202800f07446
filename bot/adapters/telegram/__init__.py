"""Telegram: replies as HTML with buttons, updates as lines, and a loop of its own that loses neither."""
