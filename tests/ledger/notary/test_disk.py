"""A disk that fails stops the notary before a signature leaves; recording goes on."""

from __future__ import annotations

import errno

import psycopg
import pytest
from django.db import connection
from django.db.utils import Error as DatabaseError

from ledger.models import Entry
from ledger.notary import rounds
from ledger.notary.disk import Disk
from ledger.notary.errors import MustStop
from tests.ledger.notary.test_crashes import assert_one_history, database_url, sizes_of


class FailingDisk(Disk):
    """Writes until `left` files were synced, then fails in the middle of a write."""

    def __init__(self, fault: int) -> None:
        self.fault, self.left = fault, 10_000

    def sync(self, descriptor: int) -> None:
        if self.left == 0:
            raise OSError(self.fault, "the disk fails")
        self.left -= 1
        super().sync(descriptor)

    def append(self, path, content):
        if self.left == 0 and self.fault == errno.ENOSPC:
            super().append(path, content[: len(content) // 2])
        super().append(path, content)


@pytest.fixture
def failing(desk, record):
    """A notary that signed three entries, on a disk that a test lets fail."""

    def start(fault: int) -> FailingDisk:
        record()
        disk = FailingDisk(fault)
        desk.start(disk=disk)
        assert desk.look() is None
        record()
        return disk

    return start


# A state is a file and its folder, a note is a file: steps 5, 7 and 8 sync 2, 1 and 2 times.
@pytest.mark.parametrize("synced", range(5))
@pytest.mark.parametrize("fault", [errno.ENOSPC, errno.EIO, errno.EROFS])
def test_a_disk_that_fails_at_any_sync_releases_nothing(desk, failing, fault, synced):
    failing(fault).left = synced

    with pytest.raises(MustStop, match="N_DISK"):
        desk.look()

    assert sizes_of(desk.published()) == [3]
    desk.start()
    assert desk.look() is None
    assert sizes_of(desk.published()) == [3, 4]
    assert_one_history(desk)


def test_a_full_disk_is_shown_and_stops_no_recording(desk, failing, record):
    failing(errno.ENOSPC).left = 0
    with pytest.raises(MustStop):
        desk.look()

    recorded = record()

    assert Entry.objects.filter(ledger_id=desk.ledger.ledger_id, seq=recorded.appended.header.seq)
    assert desk.alarm() == "N_DISK"


def test_a_database_cut_off_before_the_note_left_gets_the_same_note_later(
    desk, record, monkeypatch
):
    record()
    desk.look()
    record()
    own = connection.connection.info.backend_pid
    publish = rounds.publish

    def cut_off(book, note):
        with psycopg.connect(superuser_url(), autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s)", [own])
        publish(book, note)

    monkeypatch.setattr(rounds, "publish", cut_off)
    with pytest.raises(DatabaseError):
        desk.look()
    monkeypatch.undo()
    connection.close()
    desk.notary.forget()
    record()

    assert desk.look() is None
    assert sizes_of(desk.published()) == [3, 4, 5]
    assert_one_history(desk)


def superuser_url() -> str:
    return database_url().replace("loopgrid_notary", connection.settings_dict["USER"], 1)
