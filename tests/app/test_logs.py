"""The log: in the data directory where there is one, nowhere else, and never on the prompt."""

import logging

import pytest

from app import logs


@pytest.fixture
def root():
    """The root logger, without what the test adds to it."""
    logger = logging.getLogger()
    before = list(logger.handlers)
    yield logger
    for handler in [h for h in logger.handlers if h not in before]:
        logger.removeHandler(handler)
        handler.close()


def test_a_fault_goes_to_the_file_with_its_traceback(tmp_path, root):
    logs.to_file(tmp_path)
    try:
        raise ValueError("broken at line 7")
    except ValueError:
        logging.getLogger("commands.refusal").exception("fault ab12")
    text = (tmp_path / logs.FILE).read_text(encoding="utf-8")
    assert "ERROR commands.refusal: fault ab12" in text
    assert "broken at line 7" in text


def test_a_large_file_is_set_aside_once(tmp_path, root):
    (tmp_path / logs.FILE).write_bytes(b"x" * (logs.LARGEST + 1))
    logs.to_file(tmp_path)
    assert (tmp_path / "foliopilot.log.old").stat().st_size == logs.LARGEST + 1
    assert (tmp_path / logs.FILE).stat().st_size == 0


def test_without_a_directory_nothing_is_made(tmp_path, root):
    before = list(root.handlers)
    logs.to_file(tmp_path / "nowhere")
    assert root.handlers == before
    assert not (tmp_path / "nowhere").exists()
