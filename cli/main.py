"""The `nnspec` command: runs the command asked for, and turns whatever happens into an exit code."""

from __future__ import annotations

import io
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

from .. import __version__
from .exits import INTERRUPTED, PIPE_CLOSED, TERMINATED, exit_code, fault
from .streams import drop_stdout, prepare_streams, say, show_diagnostics

# Each command's module, imported when the command runs, and its line in the help.
COMMANDS = {
    "check": "Check specs, and show all that is wrong with them.",
    "show": "Show a network's layers, and what they cost.",
    "expand": "Write the spec with everything resolved.",
    "build": "Write the network as a Keras model.",
    "emit": "Write the network as Python code.",
    "export": "Write the network as an ONNX model.",
    "verify": "Show that all paths compute the same.",
    "compile": "Write everything, verified, into a folder.",
    "layers": "List the catalogue, or say all of one layer.",
}


class Commands(click.Group):
    """A group that knows its commands by name, and imports one's module when it runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        return import_module(f".{cmd_name}", __package__).command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            from ..spec.diagnostics import did_you_mean

            raise click.UsageError(f'no command "{name}"; {did_you_mean(name, COMMANDS, "commands")}', ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="nnspec", message="%(prog)s %(version)s")
def commands() -> None:
    """Neural-network specs, checked and compiled to Keras, Python and ONNX, and shown to be equal."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command line, by default the process's own, and gives the exit code.

    0 clean, 1 findings, 2 usage or configuration, 3 environment or internal, 130 interrupted, 143 terminated.
    """
    prepare_streams()
    signal.signal(signal.SIGTERM, _terminate)
    try:
        return _run(sys.argv[1:] if arguments is None else list(arguments))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        drop_stdout()
        return PIPE_CLOSED


def _run(arguments: list[str]) -> int:
    try:
        with commands.make_context("nnspec", arguments) as context:
            commands.invoke(context)
        return 0
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.Abort:
        return INTERRUPTED
    except click.ClickException as error:
        return _refuse(error)
    except BrokenPipeError:
        raise
    except Exception as error:
        return _report(error)


def _refuse(error: click.ClickException) -> int:
    """Shows what is wrong with the command line, which may hold the name of any file, inert."""
    shown = io.StringIO()
    error.show(shown)
    for line in shown.getvalue().splitlines():
        say(line)
    return error.exit_code


def _report(error: Exception) -> int:
    """Shows an exception that ended a command: a spec's errors, or ours and the machine's as diagnostics."""
    from ..spec.diagnostics import SpecError

    diagnostics = error.diagnostics if isinstance(error, SpecError) else (fault(error),)
    show_diagnostics(diagnostics, sys.stderr)
    return exit_code(diagnostics)


def _terminate(_number: int, _frame: Any) -> None:
    """Unwinds, so that temporary files go."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(TERMINATED)
