"""Debian's packages, installed where that is allowed and unpacked into a folder where it is not.

`sudo` is only ever `sudo -n`, which never asks, and is printed before it is used.
`LOOPGRID_SYSTEM_PACKAGES=unpack` or `never` forbids installing. Standard library only.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


def is_here(environment: Mapping[str, str]) -> bool:
    """Whether this is a Debian, or a system made from it, whose packages can be fetched."""
    path = environment.get("PATH")
    return all(shutil.which(tool, path=path) for tool in ("apt-get", "dpkg"))


def may_install(environment: Mapping[str, str]) -> list[str] | None:
    """What goes before `apt-get` to install: nothing for root, `sudo -n`, or None: we may not."""
    if environment.get("LOOPGRID_SYSTEM_PACKAGES") in {"unpack", "never"}:
        return None
    if not is_here(environment):
        return None
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo", path=environment.get("PATH")) is None:
        return None
    return ["sudo", "-n"] if works(["sudo", "-n", "true"], environment) else None


def install(
    packages: Sequence[str], environment: Mapping[str, str], *, say: Callable[[str], None]
) -> bool:
    """Install packages with apt; whether that was allowed and worked."""
    words = may_install(environment)
    if words is None:
        return False
    command = [*words, "apt-get", "install", "-y", "--no-install-recommends", *packages]
    say("running " + " ".join(command))
    quiet = {**environment, "DEBIAN_FRONTEND": "noninteractive"}
    # The lists of a minimal machine are empty or old: the second try follows an update.
    return works(command, quiet) or (
        works([*words, "apt-get", "update"], quiet) and works(command, quiet)
    )


def unpack(
    packages: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    *,
    with_dependencies: bool = True,
) -> Path | None:
    """Unpack packages below `folder` without root, and return it; None if they cannot be had."""
    if environment.get("LOOPGRID_SYSTEM_PACKAGES") == "never" or not is_here(environment):
        return None
    apt = folder / "apt"
    options = own_folders(apt)
    if not works(["apt-get", *options, "update"], environment):
        return None
    archives = apt / "cache" / "archives"
    if with_dependencies:
        command = ["install", "-y", "--no-install-recommends", "--download-only", *packages]
        fetched = works(["apt-get", *options, *command], environment)
    else:
        fetched = works(["apt-get", *options, "download", *packages], environment, cwd=archives)
    files = sorted(archives.glob("*.deb"))
    done = fetched and all(works(["dpkg", "-x", str(f), str(folder)], environment) for f in files)
    shutil.rmtree(apt)
    return folder if done and files else None


def own_folders(apt: Path) -> list[str]:
    """The options that make apt a downloader that writes nothing outside `apt`."""
    for name in ("lists/partial", "cache/archives/partial"):
        (apt / name).mkdir(parents=True, exist_ok=True)
    return [
        f"-oDir::State::lists={apt}/lists",
        f"-oDir::Cache={apt}/cache",
        "-oDebug::NoLocking=1",
        "-oAPT::Sandbox::User=",
    ]


def works(
    command: Sequence[str], environment: Mapping[str, str], *, cwd: Path | None = None
) -> bool:
    """Run a command without input; whether it ended well. Its output is dropped."""
    try:
        done = subprocess.run(
            command,
            env=environment,
            cwd=cwd,
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
        )
    except OSError:
        return False
    return done.returncode == 0
