"""Arrays: numpy, loaded by name at its first use with its linear algebra on one thread, so that a first answer does without it."""

from __future__ import annotations

import importlib
import os
from functools import cache
from typing import Any


@cache
def numpy() -> Any:
    """The numpy module. Whoever asks first pins BLAS to one thread: a pool of threads costs more than it brings on books of this size."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    return importlib.import_module("numpy")
