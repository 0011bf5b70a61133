"""From a bare Python to an environment that can run LoopGrid, once; afterwards it costs nothing.

Standard library only, and no syntax that an older Python cannot read: this module has to be able
to say that the Python is too old. Beside `loopgrid_site.env` it is the only reader of the process
environment.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path

from loopgrid_site.embedded import installing, places

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).resolve().parents[2]
VENV = PROJECT / ".venv"
HOUSE_COMMANDS = ("up", "test", "lint")
OLDEST = (3, 11)
# What each level installs; "dev" contains "run".
REQUIREMENTS = {"run": ["requirements.txt"], "dev": ["requirements-dev.txt"]}
FINGERPRINTED = (
    "requirements.txt",
    "requirements-dev.txt",
    "constraints.txt",
    "pyproject.toml",
    "proof/pyproject.toml",
)


def ensure(command: str) -> dict[str, str]:
    """Return the environment once this interpreter has what `command` needs.

    Otherwise the missing parts are installed into `.venv` and the command starts again there.
    `LOOPGRID_BOOTSTRAP=0` keeps the running interpreter, whatever it has.
    """
    require_python()
    environment = dict(os.environ)
    if environment.get("LOOPGRID_BOOTSTRAP") == "0":
        return environment
    level = "run" if command == "up" else "dev"
    try:
        with locked(PROJECT / ".venv.lock"):
            if not is_ready(level):
                install(level, environment)
    except (installing.SetupFailed, OSError) as fault:
        sys.exit(f"loopgrid: {fault}")
    except KeyboardInterrupt:
        sys.exit("loopgrid: interrupted; the next start goes on from here")
    restart(environment, LOOPGRID_BOOTSTRAP="0")
    raise AssertionError("execve does not return")


def find_django() -> None:
    """Make sure that a Django command can run here: with Django, and with a database to speak to.

    Without Django the command starts again in `.venv`. Without `DATABASE_URL` it starts again with
    the settings of the local product, if that is running. Raises SystemExit with advice otherwise.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "loopgrid_site.settings")
    if importlib.util.find_spec("django") is None:
        if os.environ.get("LOOPGRID_BOOTSTRAP") == "0" or not venv_python().exists():
            sys.exit("loopgrid: run `python3 manage.py up` first; it installs what is missing.")
        restart(dict(os.environ), LOOPGRID_BOOTSTRAP="0")
    if not os.environ.get("DATABASE_URL") and not os.environ.get("DATABASE_URL_FILE"):
        settings = places.running_settings(places.data_folder(os.environ))
        if settings is None:
            sys.exit(
                "loopgrid: DATABASE_URL is not set and no local LoopGrid is running. "
                "Start one with `python3 manage.py up`."
            )
        restart({**os.environ, **settings}, executable=sys.executable)


def require_python() -> None:
    """Go on with Python 3.11 or later, or start again with one from PATH, or say so and stop."""
    if sys.version_info >= OLDEST:
        return
    for name in ("python3.13", "python3.12", "python3.11"):
        found = shutil.which(name)
        if found:
            restart(dict(os.environ), executable=found)
    sys.exit("loopgrid: Python 3.11 or later is needed, and none was found on PATH.")


def restart(environment: dict[str, str], executable: str | None = None, **marks: str) -> None:
    """Replace this process by the same command under another interpreter or environment."""
    python = executable or str(venv_python())
    sys.stdout.flush()
    os.execve(python, [python, *sys.argv], {**environment, **marks})  # noqa: S606  (no shell)


def venv_python() -> Path:
    """The interpreter of `.venv`, whether or not it exists."""
    return VENV / "bin" / "python"


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold `path` exclusively: two shells must not install into the same folder at once."""
    # Inherited by no child: the file closes on execve, and that releases the lock.
    with path.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            installing.say("another LoopGrid is being set up here; waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def is_ready(level: str) -> bool:
    """Whether `.venv` was completed for `level` with exactly these requirements."""
    try:
        marks = json.loads(marker().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(venv_python().exists() and marks.get(level) == fingerprint())


def marker() -> Path:
    """Where a finished set-up is remembered; no step before the last one writes it."""
    return VENV / "loopgrid-ready.json"


def fingerprint() -> str:
    """A digest of all that decides what `.venv` must hold: Python, place, requirement files."""
    digest = hashlib.sha256(f"{sys.version_info[:2]}\0{PROJECT}\0".encode())
    for name in FINGERPRINTED:
        path = PROJECT / name
        digest.update(f"{name}\0".encode())
        digest.update(path.read_bytes() if path.exists() else b"")
    return digest.hexdigest()


def install(level: str, environment: dict[str, str]) -> None:
    """Bring `.venv` to `level`. Raises SetupFailed with the installer's last lines."""
    if VENV.exists() and not is_usable(environment):
        installing.say("removing .venv: it belongs to another Python or another folder")
        shutil.rmtree(VENV)
    marker().unlink(missing_ok=True)
    installer = installing.Installer(PROJECT, VENV, environment)
    installer.make_environment()
    installer.install(REQUIREMENTS[level])
    done = {"run": fingerprint()}
    if level == "dev":
        done["dev"] = fingerprint()
    marker().write_text(json.dumps(done), encoding="utf-8")


def is_usable(environment: dict[str, str]) -> bool:
    """Whether `.venv` runs, and with the Python that runs this."""
    code = f"import sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]!r})"
    return installing.succeeds([str(venv_python()), "-I", "-c", code], environment)
