"""The command line: parses arguments, prints, and turns errors into exit codes."""

import sys

try:
    from penstock.cli.main import main, root
except KeyboardInterrupt:
    # Ctrl-C during the imports. A traceback into them would help no user.
    sys.stderr.write("stopped at once; nothing was started\n")
    raise SystemExit(130) from None

__all__ = ["main", "root"]
