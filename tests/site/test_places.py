"""The local product's folder."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from loopgrid_site.embedded import places


@pytest.fixture
def root():
    """A place that every user can walk to, as root's database needs."""
    with tempfile.TemporaryDirectory(prefix="lg-") as name:
        Path(name).chmod(0o711)
        yield Path(name) / "data"


@pytest.fixture
def folder(root):
    opened = places.DataFolder(root)
    opened.open()
    yield opened
    opened.close()


def test_a_folder_is_held_by_one_process(root, folder):
    folder.write_run({"pid": 4711, "url": "http://localhost:8000"})

    with pytest.raises(places.AlreadyRunning, match="4711 at http://localhost:8000"):
        places.DataFolder(root).open()


def test_a_secret_is_made_once_and_is_ours_alone(folder):
    first = folder.secret("key").read_text()

    assert folder.secret("key").read_text() == first
    assert folder.secret("key").stat().st_mode & 0o777 == 0o600


def test_a_folder_that_was_there_keeps_its_mode(root):
    root.mkdir(mode=0o755)
    root.chmod(0o755)

    folder = places.DataFolder(root)
    folder.open()

    assert root.stat().st_mode & 0o777 == 0o755
    folder.close()


def test_a_folder_that_cannot_be_made_is_named(root):
    root.write_text("a file")

    with pytest.raises(places.UnusableFolder, match=str(root)):
        places.DataFolder(root).open()


def test_a_folder_that_is_closed_to_the_database_is_named(root):
    root.mkdir()
    root.chmod(0o711)
    root.parent.chmod(0o700)

    with pytest.raises(places.UnusableFolder, match=f"{root.parent} is closed"):
        places.require_walkable(root)


def test_sockets_move_away_from_a_path_the_kernel_would_not_take(root):
    folder = places.DataFolder(root / ("deep" * 20))
    folder.open()

    sockets = folder.sockets()

    assert len(str(sockets)) < places.LONGEST_SOCKET_FOLDER
    sockets.rmdir()
    folder.close()


def test_a_running_product_tells_its_settings(root, folder):
    folder.write_run({"settings": {"DATABASE_URL": "postgresql://"}})

    assert places.running_settings(root) == {"DATABASE_URL": "postgresql://"}


def test_what_a_dead_product_wrote_is_not_believed(root, folder):
    folder.write_run({"settings": {"DATABASE_URL": "postgresql://"}})
    folder.close()

    assert places.running_settings(root) is None
