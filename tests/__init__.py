"""Tests mirror the rooms; journeys go through the door the reader uses."""
