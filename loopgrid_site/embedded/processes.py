"""The processes of the product: their command lines, their settings, and one-off commands.

What the web server is started with here is what production starts it with; only the address and
the numbers differ.
"""

from __future__ import annotations

import secrets
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg

from loopgrid_site.embedded import children, places

ROLES_SQL = places.PROJECT / "ledger" / "migrations" / "sql" / "roles.sql"
ROLES = ("owner", "notary", "eraser", "auditor")
# Celery says at every start what root already knows; the local product tells it once, itself.
NO_ROOT_WARNING = "ignore:You're running the worker with superuser privileges"


class CommandFailed(Exception):
    """A one-off command ended badly. The message holds its last lines."""


@dataclass(frozen=True)
class Program:
    """A long-running part of the product: how it is started, and with which settings."""

    name: str
    command: tuple[str, ...]
    settings: Mapping[str, str]


def product_settings(
    environment: Mapping[str, str], *, folder: places.DataFolder, port: int
) -> dict[str, str]:
    """The settings of the local product, apart from database and broker. Secrets go by file."""
    admission = f"1:{secrets.token_hex(32)}"
    files = {
        "SECRET_KEY": folder.remembered("secret-key", secrets.token_hex(50)),
        "LOOPGRID_ADMISSION_KEYS": folder.remembered("admission-keys", admission),
        "LOOPGRID_LEDGER_HOST": folder.remembered("ledger-host", f"local-{secrets.token_hex(6)}"),
    }
    given = {name for name in files if environment.get(name) or environment.get(f"{name}_FILE")}
    return {
        "DJANGO_SETTINGS_MODULE": "loopgrid_site.settings",
        "LOOPGRID_MODE": "local",
        "LOOPGRID_BOOTSTRAP": "0",
        "LOOPGRID_PORT": str(port),
        "LOOPGRID_DATA_DIR": str(folder.root),
        "PROMETHEUS_MULTIPROC_DIR": str(folder.root / "metrics"),
        **{f"{name}_FILE": str(path) for name, path in files.items() if name not in given},
    }


def for_role(settings: Mapping[str, str], role: str) -> dict[str, str]:
    """The same settings, with the database login of `role`."""
    own = settings.get(f"DATABASE_{role.upper()}_URL") or settings["DATABASE_URL"]
    return {**settings, "DATABASE_URL": own}


def programs(settings: Mapping[str, str], *, folder: Path) -> list[Program]:
    """The four processes of the product, in the order in which they start."""
    quiet = {**settings, "PYTHONWARNINGS": NO_ROOT_WARNING}
    notary = {**for_role(settings, "notary"), "LOOPGRID_NOTARY_DIR": str(folder / "notary")}
    return [
        Program("web", web(settings), settings),
        Program("worker", worker(settings), quiet),
        Program("beat", beat(folder), quiet),
        Program("notary", (*python(), "manage.py", "notary"), notary),
    ]


def python(*options: str) -> tuple[str, ...]:
    """The running interpreter, by its own path: scripts beside it hold absolute paths."""
    return (sys.executable, *options)


def web(settings: Mapping[str, str]) -> tuple[str, ...]:
    """The command line of the web server. Limits are set, never left to defaults."""
    options = {
        "--interface": "wsgi",
        "--http": "1",
        "--host": "127.0.0.1",
        "--port": settings["LOOPGRID_PORT"],
        "--workers": settings.get("LOOPGRID_WEB_WORKERS", "2"),
        "--blocking-threads": settings.get("LOOPGRID_WEB_THREADS", "8"),
        # A thread keeps its database connection; one that ended would have to open another.
        "--blocking-threads-idle-timeout": "600",
        # Request line and headers together; beyond it the server answers 414 or 431 by itself.
        "--http1-buffer-size": "65536",
        "--http1-header-read-timeout": "30000",
        "--workers-kill-timeout": "30",
        "--respawn-interval": "1",
        # Its one warning at this place finds eight threads on two cores many.
        "--log-level": "error",
    }
    words = [word for pair in options.items() for word in pair]
    flags = ("--no-ws", "--respawn-failed-workers")
    return (*python("-m", "granian"), "loopgrid_site.wsgi:application", *words, *flags)


def worker(settings: Mapping[str, str]) -> tuple[str, ...]:
    """The command line of the worker."""
    count = settings.get("LOOPGRID_WORKER_CONCURRENCY", "2")
    options = (
        "-Q",
        "default",
        "-c",
        count,
        "--loglevel",
        "INFO",
        "--without-gossip",
        "--without-mingle",
    )
    return (*python("-m", "celery", "-A", "loopgrid_site.celery", "worker"), *options)


def beat(folder: Path) -> tuple[str, ...]:
    """The command line of the clock that starts what is due."""
    options = ("-s", str(folder / "beat" / "schedule"), "--pidfile=", "--loglevel", "WARNING")
    return (*python("-m", "celery", "-A", "loopgrid_site.celery", "beat"), *options)


def create_roles(database_url: str) -> None:
    """Make the roles of the database where they lack. Raises CommandFailed."""
    try:
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute(ROLES_SQL.read_bytes())
    except psycopg.Error as fault:
        raise CommandFailed(
            f"the database roles could not be made: {fault}. `manage.py create_roles` prints the "
            "SQL for somebody who may."
        ) from fault


def manage(arguments: Sequence[str], settings: Mapping[str, str]) -> str:
    """Run one Django command to its end and return what it printed. Raises CommandFailed."""
    done = subprocess.run(
        [*python(), str(places.PROJECT / "manage.py"), *arguments],
        cwd=places.PROJECT,
        env={**settings, "LOOPGRID_BOOTSTRAP": "0"},
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        # A Ctrl-C at the terminal lets a migration end; then we stop.
        start_new_session=True,
        preexec_fn=children.dies_with_us(signal.SIGTERM),
    )
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-20:])
        raise CommandFailed(f"`manage.py {' '.join(arguments)}` failed:\n{tail}")
    return done.stdout
