"""A front desk for every test that asks for one."""

import pytest

from tests.commands import front


@pytest.fixture
async def room() -> front.Room:
    return await front.room()
