"""Secrets at rest: sealed, opened with the same key alone, the key kept for its owner."""

import base64
import sys

import keyring
import pytest
from keyring.backends.fail import Keyring as NoKeyring
from keyrings.alt.file import PlaintextKeyring

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


@pytest.fixture
def keyrings(tmp_path, monkeypatch):
    """A keyring of another author's, in a file: there is no desktop here."""
    before, ring = keyring.get_keyring(), PlaintextKeyring()
    monkeypatch.setattr(ring, "file_path", str(tmp_path / "ring"), raising=False)
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


def test_the_systems_keyring_keeps_a_key_for_each_data_directory(tmp_path, keyrings):
    one, other = tmp_path / "one", tmp_path / "other"
    sealed = Vault(key_of(one, "keyring")).seal("x")
    assert Vault(key_of(one, "keyring")).open(sealed) == "x"
    assert parsed(keyrings.get_password("foliopilot", str(one)))
    with pytest.raises(SetupError, match="sealed with another key"):
        Vault(key_of(other, "keyring")).open(sealed)
    assert not one.exists(), "nothing is left beside it"


def test_a_machine_without_a_keyring_says_what_to_do(tmp_path, keyrings):
    keyring.set_keyring(NoKeyring())
    with pytest.raises(SetupError, match=r"keyring cannot be used: .*Without FOLIOPILOT_SECRET_KEY a file"):
        Vault(key_of(tmp_path, "keyring")).seal("x")
    keyring.set_keyring(keyrings)
    keyrings.set_password("foliopilot", str(tmp_path), "no key")
    with pytest.raises(SetupError, match="32 bytes"):
        Vault(key_of(tmp_path, "keyring")).seal("x")


def test_the_keyring_is_an_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(SetupError, match=r"pip install 'foliopilot\[keyring\]'"):
        Vault(key_of(tmp_path, "keyring")).seal("x")


@pytest.mark.parametrize("text", ["", "short", KEY[:-4], KEY + "AAAA", "é" * 44, KEY.replace("A", "!")])
def test_what_is_no_key_is_refused(text):
    with pytest.raises(ValueError, match="32 bytes"):
        parsed(text)
