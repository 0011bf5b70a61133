"""`manage.py up`: starts the whole product, watches it, and stops it in order.

The order is database, broker, then web, worker, beat and notary; the way down is the way back.
Nothing is started before the data folder and the port are known to be ours.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from loopgrid_site.embedded import children, installing, places, processes, readiness, watching
from loopgrid_site.embedded.postgres import DatabaseFault, PostgresServer
from loopgrid_site.embedded.redis import BrokerFault, ValkeyServer

STOPPED, FAILED, RUNS_ALREADY, PORT_BUSY = 0, 1, 3, 4
TICK = 0.1
SETUP_LINK = "setup-link.txt"
FAULTS = (
    DatabaseFault,
    BrokerFault,
    places.UnusableFolder,
    processes.CommandFailed,
    readiness.NotReady,
    watching.GaveUp,
)

say = installing.say


class Stop(Exception):
    """A person or the system asked us to stop while we were still starting."""


def up(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run the product until a signal; return the exit status.

    0 stopped as asked, 1 something failed, 3 it runs already, 4 the port is taken.
    """
    parser = argparse.ArgumentParser(prog="manage.py up", description="Run the whole of LoopGrid.")
    parser.add_argument("-v", "--verbose", action="store_true", help="show all output")
    options = parser.parse_args(arguments)
    folder = places.DataFolder(places.data_folder(environment))
    try:
        port = read_port(environment)
        folder.open()
    except places.UnusableFolder as fault:
        say(str(fault))
        return FAILED
    except places.AlreadyRunning as fault:
        say(str(fault))
        return RUNS_ALREADY
    if not is_free(port):
        say(f"port {port} is taken. Choose another: LOOPGRID_PORT={port + 1} python3 manage.py up")
        return PORT_BUSY
    return Supervisor(folder, environment, port=port, verbose=options.verbose).run()


def read_port(environment: Mapping[str, str]) -> int:
    """The port to serve on. Raises SystemExit with a sentence if it is no port."""
    text = environment.get("LOOPGRID_PORT") or "8000"
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):  # noqa: PLR2004
        sys.exit(f"loopgrid: LOOPGRID_PORT must be a number from 1 to 65535, not {text[:40]!r}.")
    return int(text)


def is_free(port: int) -> bool:
    """Whether nothing listens on the port. A connection that is being closed does not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class Supervisor:
    """One run of the product on one data folder, whose lock the caller holds."""

    def __init__(
        self,
        folder: places.DataFolder,
        environment: Mapping[str, str],
        *,
        port: int,
        verbose: bool = False,
    ) -> None:
        self.folder, self.environment, self.port = folder, environment, port
        self.logs = folder.root / "logs"
        self.url = f"http://localhost:{port}"
        self.verbose = verbose
        self.signals = 0
        self.database: PostgresServer | None = None
        self.broker: ValkeyServer | None = None
        self.watched: list[watching.Watched] = []
        self.followers: list[watching.LogFollower] = []
        self.settings: dict[str, str] = {}

    def run(self) -> int:
        """Start, watch, stop; return the exit status."""
        # Explicitly, all three: a shell that starts us with `&` leaves SIGINT ignored.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._asked_to_stop)
        status = FAILED
        try:
            self.start()
            self.watch()
            status = STOPPED
        except Stop:
            status = STOPPED
        except FAULTS as fault:
            say(str(fault))
        finally:
            self.stop()
        if status == STOPPED:
            say("stopped")
        return status

    def _asked_to_stop(self, _number: int, _frame: object) -> None:
        self.signals += 1

    def start(self) -> None:
        """Bring everything up and wait until it works. Raises one of FAULTS, or Stop."""
        begun = time.monotonic()
        self._end_leftovers()
        self._rotate_logs()
        say(f"starting in {self.folder.root}")
        if os.geteuid() == 0:
            say("running as root; the database runs as the user `nobody`")
        self._start_servers()
        self._prepare_database()
        for program in processes.programs(self.settings, folder=self.folder.root):
            self._go_on()
            self._keep(program)
        self._remember()
        readiness.wait(self.port, self.watched, tick=self._tick)
        self._greet(time.monotonic() - begun)

    def _go_on(self) -> None:
        if self.signals:
            raise Stop

    def _end_leftovers(self) -> None:
        """Stop what a killed supervisor left, where the kernel did not do it for us."""
        run = places.read_run(self.folder.root) or {}
        recorded = run.get("processes")
        for name, mark in recorded.items() if isinstance(recorded, dict) else ():
            process, started = mark
            if children.started_at(process) == started:
                number = signal.SIGINT if name == "postgres" else signal.SIGTERM
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, number)
                wait_for_end(process, started)
        shutil.rmtree(self.folder.root / "metrics", ignore_errors=True)
        (self.folder.root / "metrics").mkdir(mode=0o700)

    def _rotate_logs(self) -> None:
        for log in self.logs.glob("*.log"):
            watching.rotate(log)

    def _start_servers(self) -> None:
        settings = processes.product_settings(self.environment, folder=self.folder, port=self.port)
        self.settings = {**self.environment, **settings}
        sockets = self.folder.sockets()
        if not self.environment.get("DATABASE_URL"):
            self.database = PostgresServer(
                self.folder.root / "postgres",
                sockets=sockets / "postgres",
                log=self.logs / "postgres.log",
                environment=self.environment,
            )
            self.database.start()
            self.settings["DATABASE_URL"] = self.database.url("loopgrid_app")
            self.settings["DATABASE_OWNER_URL"] = self.database.owner_url()
            for role in ("notary", "eraser", "auditor"):
                self.settings[f"DATABASE_{role.upper()}_URL"] = self.database.url(
                    f"loopgrid_{role}"
                )
        self._go_on()
        if not self.environment.get("REDIS_URL"):
            self.broker = ValkeyServer(
                self.folder.root / "valkey",
                sockets=sockets,
                log=self.logs / "valkey.log",
                environment=self.environment,
            )
            self.broker.start()
            self.settings["REDIS_URL"] = self.broker.url()
        self._go_on()

    def _prepare_database(self) -> None:
        """Roles, tables, and at the first start a workspace and a link to set it up."""
        owner = processes.for_role(self.settings, "owner")
        if self.database is not None:
            processes.create_roles(self.database.url())
        processes.manage(["migrate", "--noinput", "--verbosity", "0"], owner)
        self._go_on()
        if not (self.folder.root / "secrets" / SETUP_LINK).exists():
            processes.manage(["create_workspace", "default", "--if-missing"], self.settings)
            link = processes.manage(["setup_link", "--if-missing"], self.settings).strip()
            self.folder.remembered(SETUP_LINK, link)
        self._go_on()

    def _keep(self, program: processes.Program) -> None:
        watched = watching.Watched(program, logs=self.logs)
        follower = watching.LogFollower(program.name, watched.log, everything=self.verbose)
        self.followers.append(follower)
        self.watched.append(watched)
        watched.start()

    def watch(self) -> None:
        """Keep everything running until a signal. Raises one of FAULTS."""
        with contextlib.suppress(Stop):
            while True:
                self._tick()

    def _tick(self) -> None:
        """Look at every process once and wait a moment. Raises Stop after a signal."""
        self._go_on()
        for server, name in ((self.database, "PostgreSQL"), (self.broker, "Valkey")):
            if server is not None and not server.is_running():
                raise watching.GaveUp(f"{name} ended by itself; see {server.log}")
        told = [line for watched in self.watched if (line := watched.look())]
        for line in told:
            say(line)
        if told or any(watched.child_is_new for watched in self.watched):
            self._remember()
        for follower in self.followers:
            for line in follower.lines():
                print(line, flush=True)
        time.sleep(TICK)

    def _remember(self) -> None:
        """Write down what runs, for other commands and for the start after a crash."""
        running = {w.program.name: w.child for w in self.watched}
        running |= {"postgres": self.database.child} if self.database else {}
        running |= {"valkey": self.broker.child} if self.broker else {}
        # What another shell cannot know. Secrets that were given to us stay with us.
        own = {k: v for k, v in self.settings.items() if self.environment.get(k) != v}
        own["LOOPGRID_PORT"] = str(self.port)
        self.folder.write_run(
            {
                "pid": os.getpid(),
                "url": self.url,
                "processes": {
                    name: [child.pid, children.started_at(child.pid)]
                    for name, child in running.items()
                    if child is not None
                },
                "settings": own | {"LOOPGRID_NOTARY_DIR": str(self.folder.root / "notary")},
            }
        )
        for watched in self.watched:
            watched.child_is_new = False

    def _greet(self, seconds: float) -> None:
        """Say where the product is, and how a person gets in."""
        lines = [f"ready in {seconds:.1f} s", "", f"  LoopGrid     {self.url}"]
        link = self._unused_link()
        if link:
            lines.append(f"  set up       {link}")
        lines += [
            f"  data         {self.folder.root}",
            "",
            "  Open local mode: calls from this machine need no key.",
            "  Ctrl-C stops it.",
            "",
        ]
        say("\n".join(lines))

    def _unused_link(self) -> str | None:
        """The set-up link, as long as the page behind it still opens."""
        link = (self.folder.root / "secrets" / SETUP_LINK).read_text(encoding="utf-8").strip()
        if not link:  # somebody was an admin already when this folder was made
            return None
        parts = urlsplit(link)
        page = f"{parts.path}?{parts.query}"
        # The port may be another than at the first start.
        return self.url + page if readiness.opens(page, self.port) else None

    def stop(self) -> None:
        """Stop the programs together, then the broker, then the database."""
        if self.watched:
            say("stopping")
        running = [w.child for w in self.watched if w.child is not None and w.is_running()]
        for child in running:
            child.terminate()
        deadline = time.monotonic() + 15
        before = self.signals
        for child in running:
            left = max(0.0, deadline - time.monotonic())
            children.stop(
                child, polite=None, seconds=left, hurry=lambda: self.signals > max(before, 1)
            )
        if self.broker is not None:
            self.broker.stop()
        if self.database is not None:
            self.database.stop()
        self.folder.forget_run()


def wait_for_end(process: int, started: str | None) -> None:
    """Give a process ten seconds to end, then kill its group, unless it is the database."""
    deadline = time.monotonic() + 10
    while children.started_at(process) == started and time.monotonic() < deadline:
        time.sleep(0.1)
    command = children.command_of(process) or ""
    if children.started_at(process) == started and "postgres" not in command:
        children.kill_group(process)
