"""How the published clients are installed: by name, each in a folder of its own, once."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
JOURNEYS = HERE / "journeys"
# Beside the other things a checkout makes for itself; git ignores it.
KEPT = HERE.parents[1] / "var" / "clients"


class NotInstalled(Exception):
    """A client could not be installed. Holds what the installer said last."""


@dataclass(frozen=True)
class Client:
    """One release of a published client."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name}-{self.version}"

    @property
    def folder(self) -> Path:
        """Where this release is, or will be."""
        tag = f"{sys.version_info.major}.{sys.version_info.minor}"
        return KEPT / f"{self.name.replace('/', '-')}-{self.version}-{tag}"

    def installed_command(self) -> list[str]:
        """Install the client unless it is there, and return the command of its journey."""
        ready = self.folder / "installed"
        if not ready.exists():
            self.install()
            ready.touch()
        return self.command()

    def install(self) -> None:
        """Install this release from its registry."""
        raise NotImplementedError

    def command(self) -> list[str]:
        """The command that runs the journey with this client."""
        raise NotImplementedError


class PythonClient(Client):
    """A release on PyPI, in a virtual environment of its own."""

    def install(self) -> None:
        # Without a pip of its own, which Debian has only with python3-venv; ours installs into it.
        run([sys.executable, "-m", "venv", "--clear", "--without-pip", str(self.folder)])
        into = ["--python", str(self.folder / "bin" / "python")]
        run([sys.executable, "-m", "pip", *into, "install", "-q", f"{self.name}=={self.version}"])

    def command(self) -> list[str]:
        # -P and -I keep this checkout's own modules out of the client's sight.
        return [str(self.folder / "bin" / "python"), "-I", str(JOURNEYS / "python.py")]


class JavaScriptClient(Client):
    """A release on npm, in a folder of its own."""

    def install(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "package.json").write_text('{"private": true}', encoding="utf-8")
        npm = [beside_python("npm"), "install", "--no-audit", "--no-fund", "--ignore-scripts"]
        run([*npm, "--prefix", str(self.folder), f"{self.name}@{self.version}"])

    def command(self) -> list[str]:
        journey = self.folder / "journey.js"
        # Node looks for packages beside the program, not beside where it was called from.
        journey.write_bytes((JOURNEYS / "javascript.js").read_bytes())
        return [beside_python("node"), str(journey)]


def beside_python(name: str) -> str:
    """The path of a program that was installed with the requirements."""
    return str(Path(sys.executable).parent / name)


def run(command: list[str]) -> None:
    """Run an installer to its end. Raises NotInstalled."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode != 0:
        raise NotInstalled((done.stdout + done.stderr)[-2000:])


CLIENTS = (
    PythonClient("loopgrid", "0.1.0"),
    PythonClient("loopgrid", "0.1.1"),
    JavaScriptClient("@cybertechsoft/loopgrid", "0.1.4"),
)
