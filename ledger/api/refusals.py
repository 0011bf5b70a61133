"""Which of our errors is which problem: the errors of accounts and of the ledger.

What Django and REST framework raise is added by `loopgrid_site.errors`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from loopgrid_proof.errors import Fault as Damage

from accounts import errors as accounts
from ledger import errors as ledger
from ledger.api.problems import Fault, Problem, shown

SOON: Final = {"Retry-After": "1"}
# The first class that fits an exception gives its code, so narrow ones stand before wide ones.
TABLE: Final[Mapping[type[Exception], str]] = {
    accounts.KeyRequired: "key_required",
    accounts.KeyExpired: "key_expired",
    accounts.Unauthenticated: "key_invalid",
    accounts.CrossSiteRequest: "cross_site_request",
    accounts.ScopeMissing: "scope_missing",
    accounts.ServiceNotAllowed: "service_not_allowed",
    accounts.Forbidden: "role_missing",
    accounts.RateLimited: "rate_limited",
    accounts.WorkspaceNotFound: "not_found",
    accounts.NoSuchGrant: "not_found",
    accounts.InvalidGrant: "validation_failed",
    accounts.SetupClosed: "not_found",
    accounts.GrantRefused: "state_conflict",
    ledger.NotFound: "not_found",
    ledger.AlreadySuperseded: "already_superseded",
    ledger.NotSealed: "not_sealed",
    ledger.Conflict: "state_conflict",
    ledger.StaleReview: "stale_review",
    ledger.NotAllowed: "role_missing",
    ledger.KeyInProgress: "idempotency_in_progress",
    ledger.KeyReused: "idempotency_key_reused",
    ledger.InvalidQuery: "invalid_query",
    ledger.ProofFailed: "internal_error",
    ledger.Unavailable: "ledger_unavailable",
}


def problem_of(exc: Exception) -> Problem | None:
    """Return the problem that an error of ours stands for, None if it is not one of ours."""
    match exc:
        case Problem():
            return exc
        case ledger.InvalidContent():
            faults = [Fault(f.pointer, f.code, f.detail) for f in exc.faults]
            return Problem(exc.code, str(exc), errors=faults)
        case Damage():
            words = "A stored entry cannot be read as it should; verify the ledger."
            return Problem("internal_error", words)
    code = next((code for kind, code in TABLE.items() if isinstance(exc, kind)), None)
    if code is None:
        return None
    return Problem(code, str(exc), headers=_headers(exc), errors=_faults(exc))


def _headers(exc: Exception) -> Mapping[str, str]:
    match exc:
        case accounts.Unauthenticated():
            return {"WWW-Authenticate": exc.challenge}
        case accounts.RateLimited():
            return exc.headers
        case ledger.StaleReview():
            return {"ETag": f'"{exc.newest}"'}
        case ledger.KeyInProgress() | ledger.Unavailable():
            return SOON
    return {}


def _faults(exc: Exception) -> list[Fault]:
    match exc:
        case accounts.InvalidGrant():
            return [Fault(f"/{exc.field}", "validation_failed", str(exc))]
        case ledger.InvalidQuery():
            where = f"{exc} See {shown(exc.token)!r} at character {exc.position}."
            return [Fault("/q", "invalid_query", where)]
    return []
