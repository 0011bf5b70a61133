"""Where the local product keeps its things, and how another command finds it while it runs.

Standard library only: `bootstrap` reads this before anything is installed.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import stat
import tempfile
import time
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from io import TextIOWrapper

PROJECT = Path(__file__).resolve().parents[2]
# The kernel takes 107 bytes for a socket's path; what PostgreSQL adds has to fit in as well.
LONGEST_SOCKET_FOLDER = 80


class UnusableFolder(Exception):
    """A folder cannot serve. Names it and what is in the way."""


class AlreadyRunning(Exception):
    """Another process holds the data folder. Carries what it wrote about itself."""

    def __init__(self, run: dict[str, object]) -> None:
        super().__init__(f"already running as process {run.get('pid')} at {run.get('url')}")


def data_folder(environment: Mapping[str, str]) -> Path:
    """The folder of the local product's data: as set, else `var/`, else, for root, outside it.

    Root's database runs as `nobody`, who could not walk into a private project folder.
    """
    chosen = environment.get("LOOPGRID_DATA_DIR")
    if chosen:
        return Path(chosen).expanduser().absolute()
    if os.geteuid() == 0:
        return Path("/var/lib/loopgrid") / short_digest(str(PROJECT))
    return PROJECT / "var"


def short_digest(text: str) -> str:
    """Eight hex digits that tell one path from another."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


class DataFolder:
    """The local product's folder: opened once, by one process at a time."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock: TextIOWrapper | None = None

    def open(self) -> None:
        """Make the folder and take its lock.

        Raises UnusableFolder, or AlreadyRunning with what the other process wrote.
        """
        try:
            self._make()
        except OSError as fault:
            raise UnusableFolder(f"{self.root} cannot be used: {fault.strerror}.") from fault
        if os.geteuid() == 0:
            require_walkable(self.root)
        self._lock = (self.root / "lock").open("a", encoding="utf-8")
        # A command that asks whether we run holds the lock for a moment; look three times.
        for pause in (0.1, 0.2, 0):
            if try_lock(self._lock):
                return
            time.sleep(pause)
        self.close()
        raise AlreadyRunning(read_run(self.root) or {})

    def close(self) -> None:
        """Let another process have the folder. The end of ours does the same."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _make(self) -> None:
        for folder in reversed([step for step in self.root.parents if not step.exists()]):
            folder.mkdir()
            folder.chmod(0o755)
        if not self.root.exists():
            self.root.mkdir()
            # 0711 lets `nobody` walk through to the database and list nothing.
            self.root.chmod(0o711 if os.geteuid() == 0 else 0o700)
        for name in ("logs", "secrets", "beat", "notary", "valkey", "metrics"):
            (self.root / name).mkdir(mode=0o700, exist_ok=True)

    def sockets(self) -> Path:
        """The folder for sockets: inside, unless the kernel would not take so long a path."""
        folder = self.root / "sockets"
        if len(str(folder / "postgres")) > LONGEST_SOCKET_FOLDER:
            name = f"lg-{os.geteuid()}-{short_digest(str(self.root))}"
            folder = Path(tempfile.gettempdir()) / name
        folder.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, exist_ok=True)
        if folder.stat().st_uid != os.geteuid() or folder.is_symlink():
            raise UnusableFolder(f"{folder} belongs to somebody else.")
        return folder

    def secret(self, name: str, *, size: int = 32) -> Path:
        """The file of a secret of `size` random bytes in hex; made once, readable by us alone."""
        return self.remembered(name, secrets.token_hex(size))

    def remembered(self, name: str, first_value: str) -> Path:
        """The file of a value that is settled at the first start and kept from then on."""
        path = self.root / "secrets" / name
        if not path.exists():
            making = path.with_suffix(".making")
            descriptor = os.open(making, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
                handle.write(first_value + "\n")
                handle.flush()
                os.fsync(handle.fileno())
            making.rename(path)
        return path

    def write_run(self, run: dict[str, object]) -> None:
        """Tell other commands what runs here. Holds paths of secrets, no secret."""
        making = self.root / "run.json.making"
        making.write_text(json.dumps(run, indent=1), encoding="utf-8")
        making.chmod(0o600)
        making.rename(self.root / "run.json")

    def forget_run(self) -> None:
        """Say that nothing runs here any more."""
        (self.root / "run.json").unlink(missing_ok=True)


def try_lock(handle: TextIOWrapper) -> bool:
    """Take the exclusive lock of an open file if nobody holds it; it goes when the file closes."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def require_walkable(folder: Path) -> None:
    """Raise UnusableFolder if another user cannot reach `folder`. Modes are never changed."""
    for step in (folder, *folder.parents):
        if not step.stat().st_mode & stat.S_IXOTH:
            raise UnusableFolder(
                f"{step} is closed to other users, so the database, which runs as `nobody`, cannot "
                f"reach {folder}. Set LOOPGRID_DATA_DIR to another place."
            )


def read_run(root: Path) -> dict[str, object] | None:
    """What the process that runs on `root` wrote about itself, or None."""
    try:
        found = json.loads((root / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def running_settings(root: Path) -> dict[str, str] | None:
    """The settings of the product that runs on `root`, or None if none does."""
    run = read_run(root)
    if run is None or not is_locked(root):
        return None
    settings = run.get("settings")
    return {str(k): str(v) for k, v in settings.items()} if isinstance(settings, dict) else None


def is_locked(root: Path) -> bool:
    """Whether some process holds the folder."""
    try:
        with (root / "lock").open("r", encoding="utf-8") as handle:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
