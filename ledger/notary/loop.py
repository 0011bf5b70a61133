"""The notary as a process: look at every ledger several times a second, for ever.

What is wrong with one ledger stops that ledger alone. The process ends by itself only where going
on could release a second history or lose one: another notary, or a disk that fails.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from uuid import UUID

import psycopg
from django.db import connection
from django.db.utils import Error as DatabaseError

from ledger.notary import memory, publishing, rounds, suffix
from ledger.notary.disk import Disk
from ledger.notary.errors import MustStop, Refused
from ledger.notary.locks import DatabaseLock, FolderLock, is_turn_taken
from ledger.notary.memory import Memory
from ledger.notary.rounds import Book
from ledger.notary.suffix import Admission, Clock, Tip

log = logging.getLogger(__name__)

LOOK_EVERY = 0.25
SIGN_EVERY = 1.0
# An alarm is looked into again this often: it goes by itself once its cause is repaired.
ALARM_EVERY = 5.0
REPORT_EVERY = 10.0
ALIVE_EVERY = 5.0
TILES_PER_LOOK = 64


class Notary:
    """All ledgers of a database, or the `only` origins among them, and the memory of each.

    Raises MustStop(N_SPLIT) if another process uses `folder`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        clock: Clock,
        admission_keys: Mapping[int, bytes],
        only: Collection[str] = (),
        disk: Disk | None = None,
        host: str | None = None,
        folder_patience_seconds: float = 0.0,
        patience_seconds: int = 10,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.folder, self.clock, self.monotonic = folder, clock, monotonic
        self.only, self.disk = frozenset(only), disk or Disk()
        self.host = host or memory.this_host()
        self.admission = Admission(admission_keys)
        self.books: dict[str, Book] = {}
        self._folder_lock: FolderLock | None = FolderLock(
            folder, disk=self.disk, patience_seconds=folder_patience_seconds
        )
        self._database_lock = DatabaseLock(patience_seconds=patience_seconds)
        self._alive_due = float("-inf")
        self._missed: dict[str, float] = {}
        self._signed = self._signed_before()

    def look(self) -> None:
        """Look at every ledger once. Raises MustStop, or an error of the database if it is gone."""
        self._database_lock.hold()
        self._say_alive()
        tips = {
            tip.ledger.origin: tip for tip in suffix.read_tips() if self.keeps(tip.ledger.origin)
        }
        for tip in tips.values():
            self._look_at(tip)
        for origin in sorted(self._signed.keys() - tips.keys()):
            self._miss(origin)

    def find(self, origin: str) -> tuple[Book, Tip] | None:
        """Return the book and the end of one ledger, None if there is no such ledger."""
        self._database_lock.hold()
        tip = next((tip for tip in suffix.read_tips() if tip.ledger.origin == origin), None)
        return None if tip is None else (self._book_of(tip), tip)

    def keeps(self, origin: str) -> bool:
        """Whether this notary signs the ledger of this origin."""
        return not self.only or origin in self.only

    def forget(self) -> None:
        """Read every state again before the next round: the database went away in between."""
        for book in self.books.values():
            book.state = None

    def close(self) -> None:
        """Give both locks back."""
        self._database_lock.release()
        if self._folder_lock is not None:
            self._folder_lock.release()
            self._folder_lock = None

    def may_look(self) -> bool:
        """Step aside while a ceremony is held, and come back after it; False while it is held."""
        if is_turn_taken(self.folder):
            if self._folder_lock is not None:
                log.warning("stepping aside for a ceremony")
                self.close()
            return False
        if self._folder_lock is None:
            # The ceremony's process may still be ending; its locks end with it.
            self._folder_lock = FolderLock(
                self.folder, disk=self.disk, patience_seconds=ALARM_EVERY
            )
            self.forget()
        return True

    def _look_at(self, tip: Tip) -> None:
        book, now = self._book_of(tip), self.monotonic()
        if now < book.due:
            return
        try:
            book.due = now + self._round(book, tip)
            self._report(book, None)
        except Refused as refused:
            book.state, book.due = None, now + ALARM_EVERY
            self._report(book, refused)
        except MustStop as stop:
            self._report(book, Refused(stop.code, stop.detail))
            raise
        except Exception:
            # One ledger's trouble must not stop the others; readiness says that it lags.
            book.state, book.due = None, now + ALARM_EVERY
            if not connection.is_usable():
                raise
            log.exception("%s: could not be looked at", book.ledger.origin)

    def _round(self, book: Book, tip: Tip) -> float:
        """Bring the ledger's checkpoint up to its end; return the pause before the next look."""
        if book.state is None:
            rounds.recover(book, tip)
        before = rounds.settled(book).head.size
        more = rounds.seal(book, tip, clock=self.clock, admission=self.admission)
        book.size = rounds.settled(book).head.size
        if book.size:
            self._signed[book.ledger.origin] = book.ledger.ledger_id
        if book.size != before or not book.tiled:
            written = publishing.write_tiles(book.ledger, book.size, most=TILES_PER_LOOK)
            book.tiled = written < TILES_PER_LOOK
        return 0.0 if more or book.size == before or not book.tiled else SIGN_EVERY

    def _book_of(self, tip: Tip) -> Book:
        book = self.books.get(tip.ledger.origin)
        if book is None:
            box = Memory(self.folder, tip.ledger.origin, disk=self.disk)
            book = self.books[tip.ledger.origin] = Book(tip.ledger, box, self.host)
        return book

    def _miss(self, origin: str) -> None:
        """Raise the alarm for a ledger that was signed and is not in the database at all."""
        if self.monotonic() < self._missed.get(origin, 0.0):
            return
        self._missed[origin] = self.monotonic() + REPORT_EVERY
        gone = Refused("N_ROLLBACK", "The ledger was signed and is not in the database.")
        log.error("%s: not signed: %s", origin, gone)
        publishing.report_state(self._signed[origin], size=None, alarm=gone, at=self.clock())

    def _report(self, book: Book, alarm: Refused | None) -> None:
        """Tell the database and, when the alarm changed, the log."""
        now, code = self.monotonic(), alarm and alarm.code
        if code != (book.alarm and book.alarm.code):
            if alarm is None:
                log.warning("%s: signed again, the alarm is over", book.ledger.origin)
            else:
                log.error("%s: not signed: %s", book.ledger.origin, alarm)
        book.alarm, shown = alarm, (book.size, str(alarm))
        if shown != book.reported or now - book.reported_at >= REPORT_EVERY:
            size = book.size or None
            publishing.report_state(book.ledger.ledger_id, size=size, alarm=alarm, at=self.clock())
            book.reported, book.reported_at = shown, now

    def _say_alive(self) -> None:
        if self.monotonic() >= self._alive_due:
            publishing.report_alive(at=self.clock())
            self._alive_due = self.monotonic() + ALIVE_EVERY

    def _signed_before(self) -> dict[str, UUID]:
        """Return the ledgers that this folder remembers, as far as it can be read."""
        found = {}
        for path in sorted(self.folder.glob("*/state")):
            try:
                state = memory.decode_state(self.disk.read(path) or b"")
            except Refused as refused:
                log.error("%s: %s", path.parent.name, refused)  # noqa: TRY400  no trace is needed
                continue
            if state.head.size and self.keeps(state.origin):
                found[state.origin] = state.ledger
        return found


def run(notary: Notary, *, stop: threading.Event) -> None:
    """Look until `stop` is set. Raises MustStop; a database that is away is waited for."""
    while not stop.is_set():
        try:
            if notary.may_look():
                notary.look()
        except (DatabaseError, psycopg.Error) as fault:
            log.warning("the database is away: %s", type(fault).__name__)
            connection.close()
            notary.forget()
        stop.wait(LOOK_EVERY)
