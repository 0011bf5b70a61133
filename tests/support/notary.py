"""A notary of one ledger in a folder of its own, whose time between looks a test decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from loopgrid_proof.notes import Checkpoint, parse_checkpoint, parse_note

from ledger.models import NotaryState
from ledger.notary.loop import Notary
from ledger.notary.memory import Memory
from ledger.queries import LedgerRef


@dataclass
class Watch:
    """Clocks that a test moves: the time of day, and the time between looks."""

    ahead: timedelta = timedelta()
    seconds: float = 0.0

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def monotonic(self) -> float:
        return self.seconds


@dataclass
class Desk:
    """A ledger, the folder of its notary, and the notary at work."""

    ledger: LedgerRef
    folder: Path
    watch: Watch = field(default_factory=Watch)
    notary: Notary | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def start(self, **options: Any) -> Notary:
        """Start a notary, in the place of one that runs."""
        self.stop()
        self.notary = Notary(
            self.folder,
            clock=self.watch.now,
            admission_keys=options.pop("admission_keys", settings.ADMISSION_KEYS),
            only=[self.ledger.origin],
            patience_seconds=1,
            monotonic=self.watch.monotonic,
            **options,
        )
        return self.notary

    def stop(self) -> None:
        if self.notary is not None:
            self.notary.close()
        self.notary = None

    def look(self) -> str | None:
        """Let a minute go by on the notary's stopwatch, look, and return the alarm it raised."""
        self.watch.seconds += 60
        (self.notary or self.start()).look()
        return self.alarm()

    def alarm(self) -> str | None:
        row = NotaryState.objects.filter(ledger_id=self.ledger.ledger_id).first()
        return None if row is None else row.alarm

    @property
    def memory(self) -> Memory:
        assert self.notary is not None
        return Memory(self.folder, self.ledger.origin, disk=self.notary.disk)

    def published(self) -> list[bytes]:
        """Return the published notes, smallest first."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT note FROM ledger_checkpoint WHERE ledger_id = %s ORDER BY size",
                [self.ledger.ledger_id],
            )
            return [bytes(note) for (note,) in cursor.fetchall()]

    def newest(self) -> Checkpoint:
        return parse_checkpoint(parse_note(self.published()[-1]))


@pytest.fixture
def desk(ledger: LedgerRef, tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(ledger, tmp_path / "notary")
    yield desk
    desk.stop()


@contextmanager
def without_guards(*tables: str) -> Iterator[Any]:
    """Give a cursor of a superuser for whom triggers and checks of these tables do not exist.

    All in one transaction, so that no other test meets the tables without their guards.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        checks = [check for table in tables for check in _checks_of(cursor, table)]
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        for table, name, _rule in checks:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        yield cursor
        for table, name, rule in checks:
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {rule} NOT VALID")
        for table in tables:
            for trigger in _triggers_of(cursor, table):
                cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}")


def _checks_of(cursor: Any, table: str) -> list[tuple[str, str, str]]:
    cursor.execute(
        "SELECT conname, regexp_replace(pg_get_constraintdef(oid), ' NOT VALID$', '')"
        " FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'c'",
        [table],
    )
    return [(table, name, rule) for name, rule in cursor.fetchall()]


def _triggers_of(cursor: Any, table: str) -> list[str]:
    cursor.execute(
        "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal", [table]
    )
    return [name for (name,) in cursor.fetchall()]


@pytest.fixture
def superuser(ledger: LedgerRef) -> Callable[..., None]:
    """Run a statement on the ledger's entries as somebody whom no guard stops."""

    def run(statement: str) -> None:
        with without_guards("ledger_entry") as cursor:
            cursor.execute(statement, {"ledger": ledger.ledger_id})

    return run
