"""`manage.py notary`: sign the ledgers of this database, as a process of its own.

Without a word it runs until it is stopped. It ends with status 3 if it may not go on (another
notary, a disk that fails): a supervisor does not start it again, a person looks first. An alarm
about one ledger ends nothing: it is logged, shown in the product, and goes when its cause is
repaired.
"""

from __future__ import annotations

import logging
import signal
import sys
import threading
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone
from psycopg.conninfo import conninfo_to_dict

from ledger.notary import ceremonies
from ledger.notary.errors import CeremonyRefused, MustStop, NotaryError
from ledger.notary.locks import turn
from ledger.notary.loop import Notary, run

log = logging.getLogger(__name__)
REFUSED = 3


class Command(BaseCommand):
    """Runs the notary, or one of its ceremonies."""

    help = "Sign checkpoints of every ledger, or hold one of the ceremonies of docs/operations.md."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the ledgers to keep and, for a ceremony, what it needs."""
        parser.add_argument(
            "--only", action="append", default=[], metavar="ORIGIN", help="keep this ledger alone"
        )
        ceremony = parser.add_subparsers(dest="ceremony", metavar="ceremony")
        for name, summary in ceremonies.SUMMARIES.items():
            one = ceremony.add_parser(name, help=summary)
            one.add_argument("origin", help="the ledger, as host/workspace")
            if name == "rebuild":
                one.add_argument("--held", required=True, help="file with a note kept outside")
            if name == "disown":
                one.add_argument("entries", nargs="+", type=int, metavar="SEQ")
                one.add_argument("--grounds", required=True, help="why, in a sentence")
            if name == "retire-key":
                one.add_argument("vkey", help="the verifier key that signs no longer")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002  Django's signature
        """Run until stopped, or hold the ceremony and say what came of it."""
        if not settings.NOTARY_DIR:
            raise CommandError("LOOPGRID_NOTARY_DIR is not set: the notary needs a folder.")
        _connect_as_notary()
        try:
            if options["ceremony"]:
                self._hold_ceremony(Path(settings.NOTARY_DIR), options)
            else:
                notary = _notary(Path(settings.NOTARY_DIR), only=options["only"])
                run(notary, stop=_stop_on_signals())
                notary.close()
        except MustStop as stop:
            log.error("the notary stops: %s", stop)  # noqa: TRY400  a sentence says it all
            sys.exit(REFUSED)
        except (CeremonyRefused, NotaryError) as refused:
            raise CommandError(str(refused)) from refused

    def _hold_ceremony(self, folder: Path, options: Mapping[str, Any]) -> None:
        with turn(folder):
            notary = _notary(folder, only=[options["origin"]], folder_patience_seconds=15)
            self.stdout.write(ceremonies.hold(notary, options["ceremony"], options))
            notary.close()


def _notary(folder: Path, **options: Any) -> Notary:
    keys = settings.ADMISSION_KEYS
    return Notary(folder, clock=timezone.now, admission_keys=keys, **options)


def _connect_as_notary() -> None:
    """Use the notary's own login where one is named beside the application's."""
    url = settings.DATABASE_ROLE_URLS["notary"]
    if url == settings.DATABASE_URL:
        return
    named = conninfo_to_dict(url)
    own = {
        "NAME": named.pop("dbname", ""),
        "USER": named.pop("user", ""),
        "PASSWORD": named.pop("password", ""),
        "HOST": named.pop("host", ""),
        "PORT": named.pop("port", ""),
        "OPTIONS": named,
    }
    connection.settings_dict.update(own)


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    return stop
