"""`manage.py lint`: every check that needs no running product.

Runs all, reports all, then fails.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from loopgrid_site.embedded import places

PROJECT = places.PROJECT
VENDORED = PROJECT / "static" / "vendor"
OPENAPI = PROJECT / "docs" / "openapi.yaml"
# No address here is ever connected to: these checks read code and settings.
NOWHERE = {
    "DATABASE_URL": "postgresql://nobody@/loopgrid?host=/nonexistent",
    "REDIS_URL": "unix:///nonexistent/valkey.sock",
}
PRODUCTION = {
    **NOWHERE,
    "LOOPGRID_MODE": "production",
    "LOOPGRID_PUBLIC_URL": "https://loopgrid.example",
    "LOOPGRID_LEDGER_HOST": "loopgrid.example",
    "LOOPGRID_ADMISSION_KEYS": "1:" + hashlib.sha256(b"lint").hexdigest(),
    "SECRET_KEY": hashlib.sha512(b"lint").hexdigest(),
    "ALLOWED_HOSTS": "loopgrid.example",
}
# The tool has no module to run, only a script, and a script holds the path it was installed to.
IMPORT_LINTER = "from importlinter.cli import lint_imports_command; lint_imports_command()"


def run(environment: Mapping[str, str]) -> int:
    """Run every check and return 0 only if all of them passed."""
    relaxed = {**environment, **NOWHERE, "LOOPGRID_MODE": "test", "LOOPGRID_BOOTSTRAP": "0"}
    strict = {**environment, **PRODUCTION, "LOOPGRID_BOOTSTRAP": "0"}
    strict["DJANGO_SETTINGS_MODULE"] = relaxed["DJANGO_SETTINGS_MODULE"] = "loopgrid_site.settings"
    checks: dict[str, Callable[[], str]] = {
        "ruff check": lambda: tool(relaxed, "-m", "ruff", "check", "."),
        "ruff format": lambda: tool(relaxed, "-m", "ruff", "format", "--check", "."),
        "mypy": lambda: tool(relaxed, "-m", "mypy"),
        "import contracts": lambda: tool(relaxed, "-c", IMPORT_LINTER, "--no-cache"),
        "templates": lambda: tool(relaxed, "-m", "djlint", "templates", "--lint", "--quiet"),
        "production settings": lambda: tool(
            strict, "manage.py", "check", "--deploy", "--fail-level", "WARNING"
        ),
        "migrations": lambda: tool(
            relaxed, "-W", "ignore", "manage.py", "makemigrations", "--check", "--dry-run"
        ),
        "openapi": lambda: stale_openapi(relaxed),
        "third-party files": changed_vendor_files,
        "pinned versions": unpinned_requirements,
    }
    failed = [name for name, check in checks.items() if not passes(name, check)]
    print(f"\n{len(checks) - len(failed)} passed, {len(failed)} failed", flush=True)
    return 1 if failed else 0


def passes(name: str, check: Callable[[], str]) -> bool:
    """Run one check and print its verdict; a check returns what is wrong, or nothing."""
    begun = time.monotonic()
    wrong = check()
    verdict = "FAILED" if wrong else "ok"
    print(f"{name:22} {verdict}  {time.monotonic() - begun:.1f} s", flush=True)
    if wrong:
        print(wrong.rstrip() + "\n", flush=True)
    return not wrong


def tool(environment: Mapping[str, str], *words: str) -> str:
    """Run Python with `words` in the project; return the output if it failed."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=PROJECT,
        env=dict(environment),
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return "" if done.returncode == 0 else done.stdout or f"ended with status {done.returncode}"


def stale_openapi(environment: Mapping[str, str]) -> str:
    """Generate the description of the API again and compare it with the one that is kept."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "openapi.yaml"
        wrong = tool(environment, "manage.py", "spectacular", "--fail-on-warn", "--file", str(made))
        if wrong:
            return wrong
        if not OPENAPI.exists() or OPENAPI.read_bytes() != made.read_bytes():
            return (
                "docs/openapi.yaml is not what the code describes; write it again with\n"
                "python3 manage.py spectacular --file docs/openapi.yaml"
            )
    return ""


def changed_vendor_files() -> str:
    """Compare every third-party file with the digest it was brought with."""
    wrong, listed = [], set()
    for line in (VENDORED / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        digest, name = line.split(maxsplit=1)
        path = (VENDORED / name).resolve()
        listed.add(path)
        if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            wrong.append(f"{name} is not the file that was brought")
    found = {path for path in VENDORED.rglob("*") if path.is_file() and path.name != "SHA256SUMS"}
    wrong += [f"{path.relative_to(VENDORED)} is not listed" for path in sorted(found - listed)]
    return "\n".join(wrong)


def unpinned_requirements() -> str:
    """Compare constraints.txt with what is required, and with what is installed."""
    pins = dict(re.findall(r"^([\w.-]+)==([\w.+!]+)", read("constraints.txt"), re.MULTILINE))
    wrong = []
    for line in (read("requirements.txt") + read("requirements-dev.txt")).splitlines():
        if not line.strip() or line.startswith(("#", "-")):
            continue
        wanted = Requirement(line)
        pin = pins.get(wanted.name.lower())
        if pin is None or not wanted.specifier.contains(pin):
            wrong.append(f"constraints.txt has {pin or 'nothing'} for {line}")
        elif wanted.marker is None or wanted.marker.evaluate():
            installed = metadata.version(wanted.name)
            if installed != pin:
                wrong.append(f"{wanted.name} {installed} is installed, constraints.txt says {pin}")
    return "\n".join(wrong)


def read(name: str) -> str:
    """The text of a file of the project."""
    return (PROJECT / name).read_text(encoding="utf-8")
