"""The command line: serve what the environment describes."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from service.accounts import read_accounts
from service.cache.opening import check_redis_url
from service.glossaries.store import open_glossaries
from service.loading import choose_device, find_checkpoints
from service.logs import configure_logging
from service.server import serve
from service.settings import SettingsError, describe_settings, read_settings


class _Parser(argparse.ArgumentParser):
    """Describes the settings where help is wanted: that takes longer than all other checks of a start."""

    def format_help(self) -> str:
        self.epilog = describe_settings()
        return super().format_help()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        The exit status: 2 for a setting that cannot be used, else as ``serve`` says.
    """
    parser = _Parser(
        prog="python -m service",
        description="Serve translations over HTTP. Settings are variables of the environment:",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.parse_args(arguments)
    try:
        settings = read_settings()
        read_accounts(settings)
        find_checkpoints(settings.checkpoints)
        choose_device(settings)
        check_redis_url(settings)
        open_glossaries(settings).close()
    except SettingsError as error:
        parser.exit(2, f"{error}\n")
    configure_logging(settings.log_level)
    return serve(settings)
