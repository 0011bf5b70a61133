"""What a benchmark runs against: a durable database, a broker, the web server, a workspace."""

from __future__ import annotations

import json
import os
import resource
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from loopgrid_site.embedded import processes
from loopgrid_site.embedded.postgres import PostgresServer
from loopgrid_site.embedded.redis import ValkeyServer

PROJECT = Path(__file__).resolve().parents[1]


@dataclass
class Servers:
    """Running servers and the settings a process of the product needs to use them."""

    folder: Path
    postgres: PostgresServer
    settings: dict[str, str]
    port: int
    web: subprocess.Popen[bytes] | None = None
    options: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> tuple[str, int]:
        """Where the web server listens."""
        return "127.0.0.1", self.port

    @property
    def host(self) -> str:
        """The web server's name in a request."""
        return f"127.0.0.1:{self.port}"

    def manage(self, *words: str) -> str:
        """Run a command of the product and return what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            env=self.environment(),
            cwd=PROJECT,
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise SystemExit(f"manage.py {words[0]} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def environment(self) -> dict[str, str]:
        """The environment of a process of the product."""
        return {**os.environ, **self.settings, "PYTHONPATH": str(PROJECT)}

    def start_web(self, **settings: str) -> None:
        """Start the web server as production starts it, and wait until it answers."""
        own = {**self.settings, **settings}
        with (self.folder / "web.log").open("ab") as log:
            self.web = subprocess.Popen(
                list(processes.web(own)),
                env={**os.environ, **own},
                cwd=PROJECT,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_for(f"http://{self.host}/health")

    def stop_web(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Stop the web server with all its workers."""
        if self.web is not None:
            os.killpg(self.web.pid, number)
            self.web.wait(timeout=40)
            self.web = None

    def key(self, *, preset: str = "developer") -> str:
        """Make a key in workspace `bench` and return it."""
        return self.manage("create_key", "--workspace", "bench", "--preset", preset).split()[-1]


def require_whole(servers: Servers) -> None:
    """Recompute the ledger of `bench`; a broken one gives no figures.

    Without a notary running the entries stay unsealed, so the verdict is unproven, not intact.
    """
    done = subprocess.run(
        [sys.executable, "manage.py", "verify_ledger", "--workspace", "bench"],
        env=servers.environment(),
        cwd=PROJECT,
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode not in {0, 2}:
        raise SystemExit(f"the ledger is not whole:\n{done.stdout}{done.stderr}")


def wait_for(url: str, *, seconds: float = 40.0) -> None:
    """Return when `url` answers 200."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  our own server
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise TimeoutError(f"{url} did not answer in {seconds:.0f} s")


@contextmanager
def running(**options: str) -> Iterator[Servers]:
    """Start a durable database and a broker in a fresh folder, migrated, with workspace `bench`.

    `options` are settings of PostgreSQL, such as `commit_delay="2000"`.
    """
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="loopgrid-bench-"))
        folder.chmod(0o755)
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        environment = dict(os.environ)
        postgres = PostgresServer(
            folder / "postgres",
            sockets=folder / "sockets",
            log=folder / "postgres.log",
            environment=environment,
        )
        postgres.start()
        stack.callback(postgres.stop)
        valkey = ValkeyServer(
            folder / "valkey", sockets=folder, log=folder / "valkey.log", environment=environment
        )
        valkey.start()
        stack.callback(valkey.stop)
        servers = Servers(folder, postgres, _settings(folder, postgres, valkey), _free_port())
        servers.settings["LOOPGRID_PORT"] = str(servers.port)
        stack.callback(servers.stop_web)
        set_options(servers, **options)
        servers.manage("migrate", "--noinput", "-v", "0")
        servers.manage("create_workspace", "bench")
        yield servers


def set_options(servers: Servers, **options: str) -> None:
    """Change settings of the running database, for every connection from now on."""
    import psycopg

    with psycopg.connect(servers.postgres.url(), autocommit=True) as connection:
        for name, value in options.items():
            connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        connection.execute("SELECT pg_reload_conf()")


def _settings(folder: Path, postgres: PostgresServer, valkey: ValkeyServer) -> dict[str, str]:
    return {
        "LOOPGRID_MODE": "production",
        "LOOPGRID_BOOTSTRAP": "0",
        "DATABASE_URL": postgres.url(),
        "REDIS_URL": valkey.url(),
        "SECRET_KEY": secrets.token_hex(32),
        "LOOPGRID_PUBLIC_URL": "http://127.0.0.1",
        "ALLOWED_HOSTS": "127.0.0.1",
        "LOOPGRID_LEDGER_HOST": "bench.example",
        "LOOPGRID_ADMISSION_KEYS": f"1:{secrets.token_hex(32)}",
        "LOOPGRID_NOTARY_DIR": str(folder / "notary"),
        "LOOPGRID_LOG_LEVEL": "error",
        "LOOPGRID_RATES": "record=60000000,default=6000000,heavy=6000000",
    }


def socket_url(postgres: PostgresServer, database: str) -> str:
    """Return a libpq URL for programs such as pgbench."""
    return f"postgresql://loopgrid@/{database}?host={quote(str(postgres.sockets), safe='')}"


def cpu_seconds(process: int) -> float:
    """Return user and system time of a process and its living children, in seconds."""
    tick = os.sysconf("SC_CLK_TCK")
    total = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        if int(words[1]) == process or int(stat.parent.name) == process:
            total += (int(words[11]) + int(words[12])) / tick
    return total


def own_cpu() -> float:
    """Return this process's user and system time in seconds."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def write_json(path: str | None, figures: object) -> None:
    """Write the figures of a run as JSON, when a path was given."""
    if path:
        Path(path).write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
