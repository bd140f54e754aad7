"""The command: reads arguments, prints, turns errors into exit codes; knows nothing else."""

from penstock.cli.main import main

__all__ = ["main"]
