"""The command: reads arguments, prints, turns errors into exit codes; knows nothing else."""

import sys

try:
    from penstock.cli.main import main
except KeyboardInterrupt:
    # Whoever is as quick as that need not see where the import was.
    sys.stderr.write("stopped at once; nothing was started\n")
    raise SystemExit(130) from None

__all__ = ["main"]
