"""The only reader of the process environment.

Every variable may also be given as `NAME_FILE`, the path of a file that holds it; a trailing
newline is dropped. Both set, or a path that cannot be read, is an error at start: a secret that
silently falls back to nothing is worse than a process that does not come up.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

KNOWN = frozenset(
    {
        "LOOPGRID_MODE",
        "LOOPGRID_PUBLIC_URL",
        "LOOPGRID_TRUSTED_PROXIES",
        "LOOPGRID_LEDGER_HOST",
        "LOOPGRID_ADMISSION_KEYS",
        "LOOPGRID_NOTARY_DIR",
        "LOOPGRID_MAX_BODY_MB",
        "LOOPGRID_WEB_WORKERS",
        "LOOPGRID_WEB_THREADS",
        "LOOPGRID_WORKER_CONCURRENCY",
        "LOOPGRID_LOG_LEVEL",
        "LOOPGRID_LOG_FORMAT",
        "LOOPGRID_DATA_DIR",
        "LOOPGRID_PORT",
        "LOOPGRID_BOOTSTRAP",
        "LOOPGRID_SYSTEM_PACKAGES",
        "LOOPGRID_CHROMIUM",
        "LOOPGRID_REQUIRE",
        "LOOPGRID_VERIFY_SECONDS",
        # Given by the suite to its own workers.
        "LOOPGRID_TEST_REDIS_DB",
        "LOOPGRID_TEST_TEMPLATE",
        "LOOPGRID_RATES",
    }
)
MIN_KEY_BYTES = 32
# An entry keeps the id of its key in two bytes.
MAX_KEY_ID = 2**15 - 1
# The SDK reads these in the host program; the server uses none of them.
SDK_NAMES = frozenset(
    {
        "LOOPGRID_API_KEY",
        "LOOPGRID_BASE_URL",
        "LOOPGRID_HOST",
        "LOOPGRID_SERVICE_NAME",
        "LOOPGRID_ENVIRONMENT",
        "LOOPGRID_RELEASE",
        "LOOPGRID_ENABLED",
        "LOOPGRID_CAPTURE_CONTENT",
        "LOOPGRID_SAMPLE_RATE",
        "LOOPGRID_TIMEOUT",
        "LOOPGRID_MAX_QUEUE",
        "LOOPGRID_SPILL_DIR",
        "LOOPGRID_RECEIPTS",
        "LOOPGRID_DEBUG",
    }
)


class SettingError(Exception):
    """A setting is missing, unreadable or contradictory. Names the variable."""


def choose_settings() -> None:
    """Name the product's settings to Django, unless others were named."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "loopgrid_site.settings")


def read(name: str, default: str | None = None) -> str | None:
    """Return the value of `name`, or of the file `name_FILE` points to, or `default`.

    Raises SettingError if both are set or the file cannot be read.
    """
    value, path = os.environ.get(name), os.environ.get(f"{name}_FILE")
    if value is not None and path is not None:
        raise SettingError(f"{name} and {name}_FILE are both set; keep one of them.")
    if path is None:
        return default if value is None else value
    try:
        return Path(path).read_text(encoding="utf-8").removesuffix("\n")
    except OSError as fault:
        raise SettingError(
            f"{name}_FILE names a file that cannot be read: {fault.strerror}."
        ) from fault
    except UnicodeDecodeError:
        raise SettingError(f"{name}_FILE names a file that cannot be read as UTF-8.") from None


def required(name: str) -> str:
    """Return the value of `name`; raises SettingError if it is not set."""
    value = read(name)
    if not value:
        raise SettingError(f"{name} is not set. docs/operations.md lists every setting.")
    return value


def number(name: str, default: int) -> int:
    """Return `name` as a whole number; raises SettingError for anything else."""
    value = read(name)
    if value is None:
        return default
    if not value.isascii() or not value.isdigit():
        raise SettingError(f"{name} must be a whole number, not {value[:40]!r}.")
    return int(value)


def words(name: str, default: str = "") -> list[str]:
    """Return a comma-separated setting as a list without empty items."""
    return [item.strip() for item in (read(name, default) or "").split(",") if item.strip()]


def counts(name: str, defaults: Mapping[str, int]) -> dict[str, int]:
    """Return the numbers of `name=n[,name=n…]` over these defaults.

    Raises SettingError for a name that is not among the defaults or a value that is no number.
    """
    given = dict(defaults)
    for item in words(name):
        key, _, number = item.partition("=")
        if key not in defaults or not number.isascii() or not number.isdigit():
            raise SettingError(f"{name} must read {'=n,'.join(defaults)}=n with whole numbers.")
        given[key] = int(number)
    return given


def unknown_names() -> list[str]:
    """Return the `LOOPGRID_…` variables nobody reads, so that a typing mistake shows at start."""
    given = {name.removesuffix("_FILE") for name in os.environ if name.startswith("LOOPGRID_")}
    return sorted(given - KNOWN - SDK_NAMES)


def database(url: str) -> dict[str, object]:
    """Return the Django database setting of a `postgresql://` URL.

    A socket directory is given as `?host=/dir`; `options` and every other query parameter are
    handed to libpq. Raises SettingError for another scheme.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise SettingError("DATABASE_URL must begin with postgresql://.")
    query = dict(parse_qsl(parts.query))
    try:
        port = query.pop("port", str(parts.port or ""))
    except ValueError:
        raise SettingError("DATABASE_URL names a port that is none.") from None
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "loopgrid",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": port,
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
        "OPTIONS": query,
    }


def redis_urls(url: str, *, broker: int = 0, cache: int = 1) -> tuple[str, str]:
    """Return the Celery broker URL and the cache URL for one Redis or Valkey server.

    `unix:///path` becomes `redis+socket:///path?virtual_host=0` for Celery and
    `unix:///path?db=1` for redis-py; `redis://` and `rediss://` get the number as their path.
    """
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return (
            f"redis+socket://{parts.path}?virtual_host={broker}",
            f"unix://{parts.path}?db={cache}",
        )
    if parts.scheme not in {"redis", "rediss"}:
        raise SettingError("REDIS_URL must begin with redis://, rediss:// or unix://.")
    base = f"{parts.scheme}://{parts.netloc}"
    return f"{base}/{broker}", f"{base}/{cache}"


def admission_keys(text: str) -> dict[int, bytes]:
    """Return the admission keys of `id:hex[,id:hex…]`, newest first. At least 32 bytes each."""
    keys: dict[int, bytes] = {}
    for item in text.split(","):
        number_text, _, key = item.strip().partition(":")
        try:
            number, secret = int(number_text), bytes.fromhex(key)
        except ValueError:
            raise SettingError("LOOPGRID_ADMISSION_KEYS must read id:hex[,id:hex…].") from None
        if number in keys or not 0 <= number <= MAX_KEY_ID:
            raise SettingError("LOOPGRID_ADMISSION_KEYS needs ids from 0 to 32767, each once.")
        keys[number] = secret
    if not keys or any(len(key) < MIN_KEY_BYTES for key in keys.values()):
        raise SettingError("LOOPGRID_ADMISSION_KEYS needs keys of at least 32 bytes.")
    return keys
