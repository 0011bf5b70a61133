"""How Python packages get into `.venv`, on machines that lack one tool or another.

The roads are tried from the quickest to the most laborious; each says in one line what it does
before it takes time. Standard library only. Never asks for a password.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from loopgrid_site.embedded import debian

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LAST_LINES = 20


class SetupFailed(Exception):
    """A step of the set-up did not work. The message says what to do."""


def say(sentence: str) -> None:
    """Print one line of ours, at once."""
    print(f"loopgrid: {sentence}", flush=True)


def succeeds(command: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Whether a command can be started and ends with status 0; its output is dropped."""
    try:
        done = subprocess.run(command, env=environment, check=False, capture_output=True)
    except OSError:
        return False
    return done.returncode == 0


class Installer:
    """Makes `.venv` for one project and fills it."""

    def __init__(self, project: Path, venv: Path, environment: Mapping[str, str]) -> None:
        self.project, self.venv = project, venv
        # A user's own Python paths would make packages look installed that `.venv` lacks.
        self.environment = {
            name: value
            for name, value in environment.items()
            if name not in {"PYTHONPATH", "PYTHONHOME", "PIP_USER", "PIP_TARGET", "VIRTUAL_ENV"}
        }
        self.python = venv / "bin" / "python"
        self.uv = shutil.which("uv", path=environment.get("PATH"))
        # The running interpreter may be the one of the `.venv` that has just been removed.
        self.base_python = getattr(sys, "_base_executable", None) or sys.executable

    def make_environment(self) -> None:
        """Make `.venv` unless it is there. Raises SetupFailed with the command to type."""
        if self.python.exists():
            return
        say(f"making a Python environment in {self.venv}")
        if self.uv and self.tries([self.uv, "venv", "--python", self.base_python, str(self.venv)]):
            return
        if self.make_by_venv() or (self.add_venv_package() and self.make_by_venv()):
            return
        if not self.make_by_venv("--without-pip"):
            raise SetupFailed(self.advice())

    def make_by_venv(self, *options: str) -> bool:
        """Try `python -m venv`; a half-made folder does not stay."""
        if self.tries([self.base_python, "-m", "venv", *options, str(self.venv)]):
            return True
        shutil.rmtree(self.venv, ignore_errors=True)
        return False

    def add_venv_package(self) -> bool:
        """Install Debian's `python3-venv` where we may install packages at all."""
        name = f"python{sys.version_info[0]}.{sys.version_info[1]}"
        if self.base_python not in {"/usr/bin/python3", f"/usr/bin/{name}"}:
            return False
        return debian.install([f"{name}-venv"], self.environment, say=say)

    def install(self, requirement_files: Sequence[str]) -> None:
        """Install what the files name, in the exact versions of constraints.txt."""
        say("installing Python packages; the first time this takes a minute")
        wanted = ["-c", "constraints.txt"]
        for name in requirement_files:
            wanted += ["-r", name]
        if self.uv and self.tries(
            [self.uv, "pip", "install", "--python", str(self.python), *wanted]
        ):
            return
        self.require_pip()
        options = ["--disable-pip-version-check", "--no-input"]
        self.run([str(self.python), "-I", "-m", "pip", "install", *options, *wanted])

    def require_pip(self) -> None:
        """Bring pip into `.venv` if it was made without. Raises SetupFailed."""
        pip = [str(self.python), "-I", "-m", "pip"]
        if succeeds([*pip, "--version"], self.environment):
            return
        if self.tries([str(self.python), "-I", "-m", "ensurepip", "--upgrade"]):
            return
        say("fetching pip from Debian's packages")
        folder = debian.unpack(
            ["python3-pip-whl"], self.venv / "pip-whl", self.environment, with_dependencies=False
        )
        wheels = sorted(folder.glob("usr/share/python-wheels/pip-*.whl")) if folder else []
        if not wheels:
            raise SetupFailed(self.advice())
        self.run([str(self.python), f"{wheels[-1]}/pip", "install", "--no-input", "pip"])

    def advice(self) -> str:
        """What a person can type when no road led to a working environment."""
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        return (
            "Python's venv module does not work here and could not be added. On Debian or Ubuntu: "
            f"`sudo apt-get install python{version}-venv`; elsewhere put `uv` on PATH. "
            "Then start again."
        )

    def tries(self, command: Sequence[str]) -> bool:
        """Run a command in the project; whether it worked."""
        try:
            done = subprocess.run(
                command, cwd=self.project, env=self.environment, check=False, capture_output=True
            )
        except OSError:
            return False
        return done.returncode == 0

    def run(self, command: Sequence[str]) -> None:
        """Run a command in the project. Raises SetupFailed with its last lines."""
        done = subprocess.run(
            command,
            cwd=self.project,
            env=self.environment,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode != 0:
            tail = "\n".join(done.stdout.splitlines()[-LAST_LINES:])
            raise SetupFailed(
                f"{tail}\nloopgrid: the packages could not be installed. Without a network, "
                "PIP_INDEX_URL names a mirror and HTTPS_PROXY a proxy; then start again."
            )
