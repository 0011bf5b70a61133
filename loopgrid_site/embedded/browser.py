"""A Chromium for the browser tests: one that is there, else one that can be had without a question.

Unpacked without root, Chromium gets its libraries and fonts from its own folder, through a small
script that stands in for it; the system is left alone.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from loopgrid_site.embedded import bootstrap, debian, installing

NAMES = ("chromium", "chromium-browser", "google-chrome")
# Playwright's own driver does not start without libatomic1, which a minimal Debian lacks.
DRIVER_PACKAGES = ("libatomic1",)
PACKAGES = ("chromium", *DRIVER_PACKAGES, "fonts-dejavu-core")
UNPACKED = bootstrap.VENV / "chromium"
DRIVER_LIBRARIES = bootstrap.VENV / "driver-libraries"
DOWNLOAD_SECONDS = 180

SCRIPT = """#!/bin/sh
export LD_LIBRARY_PATH="{libraries}"
export FONTCONFIG_FILE="{fonts}"
exec "{program}" --no-sandbox "$@"
"""
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig><dir>{root}/usr/share/fonts</dir><cachedir>{root}/font-cache</cachedir></fontconfig>
"""


@dataclass(frozen=True)
class Chromium:
    """What was found: the program, or None; and the settings that tests need for it."""

    executable: Path | None
    settings: dict[str, str] = field(default_factory=dict)


def find(environment: Mapping[str, str], *, may_fetch: bool) -> Chromium:
    """Return the first Chromium that is there, or that can be brought in where that is allowed."""
    program = (
        named(environment) or on_path(environment) or unpacked() or from_playwright(environment)
    )
    if program is None and may_fetch:
        program = installed(environment) or unpack(environment) or download(environment)
    if program is None:
        return Chromium(None)
    settings = {"LOOPGRID_CHROMIUM": str(program)}
    if may_fetch:
        settings |= driver_settings(environment)
    return Chromium(program, settings)


def named(environment: Mapping[str, str]) -> Path | None:
    """The one that LOOPGRID_CHROMIUM names. Raises SystemExit if that is no program."""
    name = environment.get("LOOPGRID_CHROMIUM")
    if not name:
        return None
    found = shutil.which(name, path=environment.get("PATH"))
    if found is None:
        sys.exit(f"loopgrid: LOOPGRID_CHROMIUM names {name}, which cannot be run.")
    return Path(found)


def on_path(environment: Mapping[str, str]) -> Path | None:
    """The one a person would start, if there is any."""
    for name in NAMES:
        found = shutil.which(name, path=environment.get("PATH"))
        if found:
            return Path(found)
    return None


def unpacked() -> Path | None:
    """The one that an earlier run unpacked; the script is written last."""
    script = UNPACKED / "run"
    return script if script.exists() else None


def from_playwright(environment: Mapping[str, str]) -> Path | None:
    """One that Playwright has brought, to the place where it keeps them."""
    folder = environment.get("PLAYWRIGHT_BROWSERS_PATH")
    places = [Path(folder)] if folder and folder != "0" else []
    home = Path(environment.get("HOME", "/"))
    places += [home / ".cache/ms-playwright", home / "Library/Caches/ms-playwright"]
    patterns = ("chromium-*/chrome-linux*/chrome", "chromium-*/chrome-mac*/*.app/Contents/MacOS/*")
    found = [path for place in places for pattern in patterns for path in place.glob(pattern)]
    return max(found, default=None)


def is_debian() -> bool:
    """Whether the package `chromium` is a browser here; on Ubuntu it is a stub."""
    try:
        return platform.freedesktop_os_release().get("ID") == "debian"
    except OSError:
        return False


def installed(environment: Mapping[str, str]) -> Path | None:
    """One from Debian's packages, where we may install them."""
    if is_debian() and debian.install(PACKAGES, environment, say=installing.say):
        return on_path(environment)
    return None


def unpack(environment: Mapping[str, str]) -> Path | None:
    """One from Debian's packages, unpacked into a folder of ours."""
    if not is_debian():
        return None
    installing.say("fetching a Chromium for the browser tests; this takes a minute, once")
    shutil.rmtree(UNPACKED, ignore_errors=True)
    root = debian.unpack(PACKAGES, UNPACKED, environment)
    if root is None or not (root / "usr/lib/chromium/chromium").exists():
        return None
    (root / "fonts.conf").write_text(FONTS.format(root=root), encoding="utf-8")
    text = SCRIPT.format(
        libraries=":".join(str(folder) for folder in library_folders(root)),
        fonts=root / "fonts.conf",
        program=root / "usr/lib/chromium/chromium",
    )
    making = root / "run.making"
    making.write_text(text, encoding="utf-8")
    making.chmod(0o755)
    making.rename(root / "run")
    return unpacked()


def library_folders(root: Path) -> list[Path]:
    """Where the unpacked packages keep libraries that others load."""
    name = f"{platform.machine()}-linux-gnu"
    known = (f"usr/lib/{name}", f"lib/{name}", f"usr/lib/{name}/pulseaudio", "usr/lib", "lib")
    return [root / folder for folder in known if (root / folder).is_dir()]


def download(environment: Mapping[str, str]) -> Path | None:
    """One that Playwright downloads, where nothing else is to be had."""
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    installing.say("running " + " ".join(command[1:]))
    try:
        subprocess.run(
            command,
            env=dict(environment),
            check=True,
            capture_output=True,
            timeout=DOWNLOAD_SECONDS,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return from_playwright(environment)


def driver_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """What Playwright's driver needs to start: nothing, a package, or one unpacked library."""
    if driver_starts(environment) or (
        debian.install(DRIVER_PACKAGES, environment, say=installing.say)
        and driver_starts(environment)
    ):
        return {}
    if not any(DRIVER_LIBRARIES.glob("libatomic*")):
        bring_driver_libraries(environment)
    before = environment.get("LD_LIBRARY_PATH")
    folders = [str(DRIVER_LIBRARIES), *([before] if before else [])]
    return {"LD_LIBRARY_PATH": os.pathsep.join(folders)}


def driver_starts(environment: Mapping[str, str]) -> bool:
    """Whether Playwright's driver runs on this machine."""
    return installing.succeeds([sys.executable, "-m", "playwright", "--version"], environment)


def bring_driver_libraries(environment: Mapping[str, str]) -> None:
    """Put libatomic, and nothing else, into a folder of its own."""
    folder = bootstrap.VENV / "driver-packages"
    root = debian.unpack(DRIVER_PACKAGES, folder, environment, with_dependencies=False)
    DRIVER_LIBRARIES.mkdir(exist_ok=True)
    for library in root.rglob("libatomic.so*") if root else ():
        shutil.copy2(library, DRIVER_LIBRARIES / library.name)
    shutil.rmtree(folder, ignore_errors=True)
