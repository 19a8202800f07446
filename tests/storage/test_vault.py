"""Secrets at rest: sealed, opened with the same key alone, the key kept for its owner."""

import base64

import pytest

from domain.errors import SetupError
from storage.vault import FILE, Vault, key_of, parsed

KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()


def test_what_is_sealed_opens_with_the_same_key_alone(tmp_path):
    vault = Vault(key_of(tmp_path, KEY))
    sealed = vault.seal("JBSWY3DPEHPK3PXP")
    assert "JBSWY3DPEHPK3PXP" not in sealed
    assert Vault(key_of(tmp_path, KEY)).open(sealed) == "JBSWY3DPEHPK3PXP"
    assert not (tmp_path / FILE).exists(), "a key that is given is written nowhere"
    with pytest.raises(SetupError, match="sealed with another key"):
        Vault(key_of(tmp_path, None)).open(sealed)


def test_without_a_key_one_is_made_for_its_owner_alone(tmp_path):
    home = tmp_path / "home"
    sealed = Vault(key_of(home, None)).seal("x")
    assert (home / FILE).stat().st_mode & 0o777 == 0o600
    assert Vault(key_of(home, None)).open(sealed) == "x"
    (home / FILE).chmod(0o644)
    with pytest.raises(SetupError, match="Others may read"):
        Vault(key_of(home, None)).seal("x")


def test_a_key_file_that_holds_no_key_is_named(tmp_path):
    path = tmp_path / FILE
    path.touch(mode=0o600)
    with pytest.raises(SetupError, match="cannot be used"):
        Vault(key_of(tmp_path, None)).seal("x")


@pytest.mark.parametrize("text", ["", "short", KEY[:-4], KEY + "AAAA", "é" * 44, KEY.replace("A", "!")])
def test_what_is_no_key_is_refused(text):
    with pytest.raises(ValueError, match="32 bytes"):
        parsed(text)
