"""What can be said on the command line."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from translate_client.calls import DEFAULT_URL

URL_VARIABLE = "TRANSLATE_URL"
KEY_VARIABLE = "TRANSLATE_API_KEY"

_DESCRIPTION = """\
Translate with a Dragoman service, or another one with LibreTranslate's contract.

  translate-client translate --to en "Wo ist der Bahnhof?"     a text
  translate-client translate --to en < letter.txt              what comes in
  translate-client translate --to en --stream < book.txt       sentence by sentence
  translate-client file --to en report.docx notes.md           files, structure kept
  translate-client detect "Wo ist der Bahnhof?"                which language is it?
  translate-client languages                                   what is served
"""
_EPILOG = f"""\
environment:
  {URL_VARIABLE}      the service's address (default: {DEFAULT_URL})
  {KEY_VARIABLE}  the API key; not an option, since others can see your options

exit status:
  0  done
  1  the service refused or failed; the message has the request's id for its log
  2  the command line is wrong, or a file cannot be read or written
  3  the service cannot be reached, or is none
  4  the service has too much work, or is starting: later may help
  130  interrupted
"""


def parser() -> argparse.ArgumentParser:
    """The parser of everything."""
    whole = argparse.ArgumentParser(
        prog="translate-client",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    whole.add_argument(
        "--url",
        default=os.environ.get(URL_VARIABLE) or DEFAULT_URL,
        help=f"address of the service (default: {URL_VARIABLE}, else {DEFAULT_URL})",
    )
    whole.add_argument(
        "--timeout", type=_seconds, metavar="SECONDS", help="give up when nothing has come for so long"
    )
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_translate(commands)
    _add_file(commands)
    _add_detect(commands)
    languages = commands.add_parser(
        "languages", help="list what is served", description="List what is served."
    )
    _add_json(languages)
    return whole


def _add_translate(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "translate",
        help="translate texts, or standard input",
        description="Translate texts, or standard input as one text, of any length. Line breaks and spaces "
        "stay as they are. On a terminal, a bar shows how far a long text is.",
    )
    command.add_argument("texts", nargs="*", metavar="TEXT", help="a text; none: standard input, in UTF-8")
    _add_languages(command)
    command.add_argument(
        "--alternatives", type=int, default=0, metavar="N", help="show up to N other translations, indented"
    )
    command.add_argument("--html", action="store_true", help="the texts are HTML")
    command.add_argument("--bulk", action="store_true", help="let others go first")
    command.add_argument("--stream", action="store_true", help="write each sentence as soon as it is done")
    _add_json(command, " (with --stream: one object a line for each sentence, then the whole)")
    command.add_argument("--quiet", action="store_true", help="no progress bar")


def _add_file(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "file",
        help="translate files, their structure kept",
        description="Translate files, their structure kept. NAME.docx becomes NAME.LANGUAGE.docx beside it. "
        "Which kinds are taken is up to the service.",
    )
    command.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a file")
    _add_languages(command)
    command.add_argument(
        "--output", type=Path, metavar="FOLDER", help="write there (default: beside the file)"
    )
    command.add_argument("--force", action="store_true", help="overwrite what is there")
    command.add_argument("--quiet", action="store_true", help="no progress bar")


def _add_detect(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "detect",
        help="tell the language of a text",
        description="Tell the language of a text, among those that can be translated from, and how sure "
        "that is.",
    )
    command.add_argument("text", nargs="?", metavar="TEXT", help="a text; none: standard input, in UTF-8")
    _add_json(command)


def _add_languages(command: argparse.ArgumentParser) -> None:
    command.add_argument("-t", "--to", required=True, metavar="LANGUAGE", help="such as en; see `languages`")
    command.add_argument(
        "-f",
        "--from",
        dest="source",
        default="auto",
        metavar="LANGUAGE",
        help="default: detected, text by text",
    )


def _add_json(command: argparse.ArgumentParser, more: str = "") -> None:
    command.add_argument("--json", action="store_true", help="write JSON" + more)


def _seconds(text: str) -> float:
    seconds = float(text)
    if seconds <= 0:
        raise argparse.ArgumentTypeError("must be more than 0")
    return seconds
