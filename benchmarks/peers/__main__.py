"""Make the environments of the peers, or list them.

python -m benchmarks.peers list
python -m benchmarks.peers install all
python -m benchmarks.peers install causal-learn pybnesian --home FOLDER
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.peers.environments import (
    PeerError,
    default_home,
    install,
    known,
    state,
)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit code says whether all went well."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.peers",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("step", choices=["install", "list"])
    parser.add_argument("names", nargs="*", help="peers; 'all' for every one")
    parser.add_argument("--home", type=Path, default=None)
    parser.add_argument("--again", action="store_true", help="even if it is ready")
    given = parser.parse_args(arguments)
    every = list(known())
    names = every if "all" in given.names or given.step == "list" else given.names
    unknown = [name for name in names if name not in every]
    if unknown or not names:
        parser.error(f"peers are {', '.join(every)} or all; got {unknown or 'none'}")
    failed = False
    for name in names:
        try:
            if given.step == "install":
                install(name, given.home, again=given.again)
            said = state(name, given.home)
        except PeerError as error:
            failed, said = True, str(error)
        sys.stdout.write(f"{name}: {said}\n")
        sys.stdout.flush()
    if given.step == "list":
        sys.stdout.write(f"in {given.home or default_home()}\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
