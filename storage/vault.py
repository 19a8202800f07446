"""Secrets at rest: sealed with a key that is not in the database, so that a copy of it gives none of them away."""

from __future__ import annotations

import base64
import binascii
import importlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from domain.errors import SetupError

FILE = "secret.key"
VARIABLE = "FOLIOPILOT_SECRET_KEY"
KEYRING = "keyring"
SERVICE = "foliopilot"
BYTES = 32


class Vault:
    """Seals and opens with one key: AES in CBC and an HMAC, as Fernet does it. The key is asked for at the first use."""

    def __init__(self, key: Callable[[], bytes]) -> None:
        self._key = key
        self._fernet: Any = None

    def seal(self, text: str) -> str:
        """The text as it may be stored."""
        sealed: bytes = self._made().encrypt(text.encode())
        return sealed.decode()

    def open(self, sealed: str) -> str:
        """What was sealed; raises SetupError where the key is another one."""
        made = self._made()
        try:
            opened: bytes = made.decrypt(sealed.encode())
        except importlib.import_module("cryptography.fernet").InvalidToken as error:
            raise SetupError(f"A secret was sealed with another key than that of {VARIABLE} or the file {FILE}.") from error
        return opened.decode()

    def _made(self) -> Any:
        if self._fernet is None:
            self._fernet = importlib.import_module("cryptography.fernet").Fernet(base64.urlsafe_b64encode(self._key()))
        return self._fernet


def key_of(home: Path, given: str | None) -> Callable[[], bytes]:
    """The key that is given in the environment, or where it says `keyring` the system's, else that of the data directory.

    Those two are made at their first use: in the keyring under the directory's name, in the directory for its owner alone.
    """

    def key() -> bytes:
        if given == KEYRING:
            return _of_system(str(home.resolve()))
        return parsed(given) if given else _kept(home / FILE)

    return key


def parsed(text: str) -> bytes:
    """The 32 bytes of a key in URL-safe base 64; raises ValueError for anything else."""
    try:
        key = base64.b64decode(text.encode(), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("32 bytes in URL-safe base 64 are wanted") from error
    if len(key) != BYTES:
        raise ValueError("32 bytes in URL-safe base 64 are wanted")
    return key


def _of_system(name: str) -> bytes:
    try:
        keyring = importlib.import_module("keyring")
    except ModuleNotFoundError as error:
        raise SetupError("The system's keyring needs: pip install 'foliopilot[keyring]'") from error
    try:
        kept = keyring.get_password(SERVICE, name)
        if kept is None:
            keyring.set_password(SERVICE, name, _new())
            kept = keyring.get_password(SERVICE, name)
        return parsed(kept or "")
    except (keyring.errors.KeyringError, ValueError, OSError) as error:
        said = str(error).partition("\n")[0]
        raise SetupError(f"The system's keyring cannot be used: {said} Without {VARIABLE} a file keeps the key.") from error


def _new() -> str:
    return base64.urlsafe_b64encode(os.urandom(BYTES)).decode()


def _kept(path: Path) -> bytes:
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(_new().encode())
        if path.stat().st_mode & 0o077:
            raise SetupError(f"Others may read {path}.", example=f"chmod 600 {path}")
        return parsed(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise SetupError(f"The key file {path} cannot be used: {error}.") from error
