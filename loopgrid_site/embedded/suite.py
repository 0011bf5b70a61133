"""`manage.py test`: the suite on a fresh PostgreSQL and Valkey, which leave nothing behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from loopgrid_site.embedded import browser, children, installing, places, processes
from loopgrid_site.embedded.postgres import DatabaseFault, PostgresServer
from loopgrid_site.embedded.redis import BrokerFault, ValkeyServer

FOLDERS = ("tests", "proof/tests")
NO_TESTS = 5
MOST_WORKERS = 8


def run(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run pytest with `arguments` and return its status; no tests at all is a failure.

    Servers are stopped and their folder is removed on every way out.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    with ExitStack() as stack:
        try:
            settings = test_settings(environment, stack)
            prepare(settings)
        except (DatabaseFault, BrokerFault, processes.CommandFailed) as fault:
            installing.say(str(fault))
            return 1
        except KeyboardInterrupt:
            installing.say("interrupted")
            return 1
        chromium = browser.find(environment, may_fetch=wants_browser(arguments))
        status = run_pytest(arguments, {**settings, **chromium.settings})
    return verdict(status, chromium, environment, wanted=wants_browser(arguments))


def test_settings(environment: Mapping[str, str], stack: ExitStack) -> dict[str, str]:
    """The environment of the suite; servers that nobody named are started and put on the stack."""
    settings = {
        **environment,
        "LOOPGRID_MODE": "test",
        "LOOPGRID_BOOTSTRAP": "0",
        "PYTHONUNBUFFERED": "1",
    }
    missing = [name for name in ("DATABASE_URL", "REDIS_URL") if not environment.get(name)]
    if not missing:
        return settings
    folder = make_folder(stack)
    if "DATABASE_URL" in missing:
        database = PostgresServer(
            folder / "postgres",
            sockets=folder / "sockets",
            log=folder / "postgres.log",
            environment=environment,
            durable=False,
            max_connections=200,
        )
        stack.callback(database.stop)
        database.start()
        settings["DATABASE_URL"] = database.url()
        settings["DATABASE_OWNER_URL"] = database.owner_url()
        settings["LOOPGRID_TEST_TEMPLATE"] = "loopgrid"
    if "REDIS_URL" in missing:
        broker = ValkeyServer(
            folder / "valkey",
            sockets=folder,
            log=folder / "valkey.log",
            environment=environment,
            durable=False,
            databases=64,
        )
        stack.callback(broker.stop)
        broker.start()
        settings["REDIS_URL"] = broker.url()
    return settings


def make_folder(stack: ExitStack) -> Path:
    """A folder directly under the temporary one, where `nobody` can walk; removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="loopgrid-test-"))
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    if os.geteuid() == 0:
        folder.chmod(0o711)
    return folder


def prepare(settings: Mapping[str, str]) -> None:
    """Make the roles, and migrate the database that every worker's own is copied from."""
    processes.create_roles(settings["DATABASE_URL"])
    if "LOOPGRID_TEST_TEMPLATE" in settings:
        owner = processes.for_role(settings, "owner")
        processes.manage(["migrate", "--noinput", "--verbosity", "0"], owner)


def run_pytest(arguments: Sequence[str], settings: Mapping[str, str]) -> int:
    """Run pytest in the foreground, so that Ctrl-C and `--pdb` reach it."""
    command = [sys.executable, "-m", "pytest", *defaults(arguments), *arguments]
    # Ctrl-C is pytest's to answer; we wait for it and then clean up.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    child = subprocess.Popen(
        command,
        cwd=places.PROJECT,
        env=dict(settings),
        preexec_fn=children.dies_with_us(signal.SIGTERM),  # noqa: PLW1509  (one thread)
    )
    try:
        return child.wait()
    finally:
        if child.poll() is None:
            child.terminate()
            child.wait()


def chosen(arguments: Sequence[str]) -> list[Path]:
    """The files and folders among the arguments."""
    paths = [places.PROJECT / word.partition("::")[0] for word in arguments if word[:1] != "-"]
    return [path for path in paths if path.exists()]


def defaults(arguments: Sequence[str]) -> list[str]:
    """What to run, and on how many workers, where the arguments leave it open.

    A few chosen tests are quicker without workers, each of which needs its own database.
    """
    if chosen(arguments):
        return []
    folders = [name for name in FOLDERS if (places.PROJECT / name).is_dir()]
    cores = min(os.cpu_count() or 1, MOST_WORKERS)
    if cores == 1 or any(word.startswith(("-n", "--numprocesses", "--pdb")) for word in arguments):
        return folders
    return ["-n", str(cores), "--dist", "loadgroup", *folders]


def wants_browser(arguments: Sequence[str]) -> bool:
    """Whether tests of pages are among those that were asked for."""
    journeys = places.PROJECT / "tests" / "journeys"
    asked = chosen(arguments) or [places.PROJECT]
    return journeys.exists() and any(
        path.is_relative_to(journeys) or journeys.is_relative_to(path) for path in asked
    )


def verdict(
    status: int, chromium: browser.Chromium, environment: Mapping[str, str], *, wanted: bool
) -> int:
    """The exit status: pytest's, unless no test ran or a required part was left out."""
    if status == NO_TESTS:
        installing.say("no test ran, and that is a failure")
        return 1
    required = {word.strip() for word in environment.get("LOOPGRID_REQUIRE", "").split(",")}
    if wanted and chromium.executable is None and "browser" in required:
        installing.say("LOOPGRID_REQUIRE asks for a browser, and none could be had")
        return status or 1
    return status
