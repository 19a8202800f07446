"""The fixtures of the journeys that serve here too."""

from tests.journeys.conftest import asked, home

__all__ = ["asked", "home"]
