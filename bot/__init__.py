"""Chat platforms: adapters that take lines and show replies, and the courier that brings alerts; no adapter knows another."""
