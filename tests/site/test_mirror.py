"""A module's tests stand in the mirrored place, or it is written down which tests are its own.

`ledger/api/keys.py` is tested by `tests/ledger/api/test_keys.py`, or by the test of the room it is
a part of (`tests/ledger/test_append.py` for all of `ledger/append/`). What is tested through
another door names that test; what holds nothing to test says so.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
COMMANDS = "ledger/management/commands"
FOLDERS = {
    "accounts": "accounts",
    "ledger": "ledger",
    "reviews": "reviews",
    "loopgrid_site": "site",
}
# What stands between a package and its modules and says nothing about them.
PASSED_OVER = {"commands", "embedded"}
NO_MODULES = {"__init__.py", "apps.py", "urls.py"}

ELSEWHERE = {
    "accounts/forms.py": "tests/accounts/test_views.py",
    "accounts/grant_forms.py": "tests/ledger/views/test_settings.py",
    "accounts/management/commands/reset_password.py": "tests/accounts/test_views.py",
    "accounts/profiles.py": "tests/accounts/test_views.py",
    "ledger/api/bodies.py": "tests/ledger/api/test_refused_bodies.py",
    "ledger/api/conditions.py": "tests/ledger/api/test_verdicts.py",
    "ledger/api/fields.py": "tests/ledger/api/test_decisions.py",
    "ledger/api/included.py": "tests/ledger/api/test_decisions.py",
    "ledger/api/measuring.py": "tests/site/test_metrics.py",
    "ledger/api/objects.py": "tests/ledger/api/test_decisions.py",
    "ledger/api/parameters.py": "tests/ledger/api/test_listing.py",
    "ledger/api/problems.py": "tests/site/test_errors.py",
    "ledger/api/refusals.py": "tests/site/test_errors.py",
    "ledger/api/rendering.py": "tests/ledger/api/test_base.py",
    "ledger/content/sealing.py": "tests/ledger/test_recording.py",
    "ledger/cursors.py": "tests/ledger/test_following.py",
    "ledger/forms.py": "tests/ledger/test_views_decisions.py",
    "ledger/idempotency.py": "tests/ledger/test_recording.py",
    "ledger/management/commands/backup.py": "tests/ledger/management/test_backups.py",
    "ledger/management/commands/create_roles.py": "tests/site/test_supervisor.py",
    "ledger/management/commands/create_workspace.py": "tests/ledger/test_administration.py",
    "ledger/management/commands/notary.py": "tests/ledger/notary/test_ceremonies.py",
    f"{COMMANDS}/rebuild_projections.py": "tests/ledger/management/test_verify_ledger.py",
    "ledger/management/commands/restore.py": "tests/ledger/management/test_backups.py",
    "ledger/models/admin_rows.py": "tests/ledger/test_admin.py",
    "ledger/notary/locks.py": "tests/ledger/notary/test_refusals.py",
    "ledger/notary/loop.py": "tests/ledger/notary/test_refusals.py",
    "ledger/notary/publishing.py": "tests/ledger/notary/test_crashes.py",
    "ledger/notary/signing.py": "tests/ledger/notary/test_rounds.py",
    "ledger/notary/suffix.py": "tests/ledger/notary/test_refusals.py",
    "ledger/queries/corrections.py": "tests/ledger/api/test_corrections.py",
    "ledger/queries/decisions.py": "tests/ledger/test_reviewing.py",
    "ledger/queries/entries.py": "tests/ledger/api/test_proofs.py",
    "ledger/queries/figures.py": "tests/site/test_metrics.py",
    "ledger/queries/filters.py": "tests/ledger/test_lists.py",
    "ledger/queries/ledgers.py": "tests/ledger/test_recording.py",
    "ledger/queries/lists.py": "tests/ledger/test_lists.py",
    "ledger/queries/records.py": "tests/ledger/api/test_decisions.py",
    "ledger/queries/totals.py": "tests/ledger/test_counting.py",
    "ledger/requesting.py": "tests/ledger/api/test_integrity.py",
    "ledger/rows.py": "tests/ledger/test_projection.py",
    "ledger/states.py": "tests/ledger/test_reviewing.py",
    "ledger/templatetags/timeline.py": "tests/reviews/test_views.py",
    "ledger/transactions.py": "tests/ledger/test_append.py",
    "ledger/upkeep.py": "tests/ledger/notary/test_rounds.py",
    "ledger/wire.py": "tests/ledger/test_append.py",
    "reviews/queries.py": "tests/reviews/test_views.py",
    "loopgrid_site/beat.py": "tests/site/test_supervisor.py",
    "loopgrid_site/celery.py": "tests/site/test_supervisor.py",
    "loopgrid_site/embedded/children.py": "tests/site/test_watching.py",
    "loopgrid_site/embedded/debian.py": "tests/site/test_bootstrap.py",
    "loopgrid_site/embedded/installing.py": "tests/site/test_bootstrap.py",
    "loopgrid_site/embedded/processes.py": "tests/site/test_supervisor.py",
    "loopgrid_site/embedded/readiness.py": "tests/site/test_supervisor.py",
    "loopgrid_site/formats/en/formats.py": "tests/ledger/test_admin.py",
    "loopgrid_site/management/commands/setup_link.py": "tests/site/test_setup.py",
    "loopgrid_site/settings.py": "tests/site/test_checks.py",
    "loopgrid_site/views.py": "tests/site/test_setup.py",
    "loopgrid_site/wsgi.py": "tests/site/test_supervisor.py",
}
NOTHING_TO_TEST = {
    "accounts/errors.py": "names of errors",
    "ledger/errors.py": "names of errors",
    "ledger/notary/errors.py": "names of errors",
    "ledger/models/checkpoints.py": "columns of tables that SQL makes",
    "ledger/models/decisions.py": "columns of tables that SQL makes",
    "ledger/models/entries.py": "columns of tables that SQL makes",
    "ledger/models/work.py": "columns of tables",
    "loopgrid_site/embedded/browser.py": "fetches a browser, which the suite cannot do",
}
# Rooms of which one test, or a generated file that `lint` compares, covers every module.
ROOMS = {"ledger/api/documenting/": "tests/site/test_api_docs.py"}


def modules() -> list[str]:
    found = [path for app in FOLDERS for path in (PROJECT / app).rglob("*.py")]
    return sorted(
        path.relative_to(PROJECT).as_posix()
        for path in found
        if path.name not in NO_MODULES and "migrations" not in path.parts
    )


def has_mirror(module: str) -> bool:
    """Whether the module, or a room it is a part of, has a test file in its place."""
    app, *names = module.removesuffix(".py").split("/")
    names = [name for name in names if name not in PASSED_OVER]
    for end in range(len(names), 0, -1):
        for begin in range(end):
            folder = PROJECT / "tests" / FOLDERS[app] / "/".join(names[:begin])
            stem = "test_" + "_".join(names[begin:end])
            if [*folder.glob(f"{stem}.py"), *folder.glob(f"{stem}_*.py")]:
                return True
    return False


def test_every_module_has_its_tests_or_says_where_they_are():
    lost = [
        module
        for module in modules()
        if not has_mirror(module)
        and module not in ELSEWHERE
        and module not in NOTHING_TO_TEST
        and not module.startswith(tuple(ROOMS))
    ]

    assert not lost, "\n".join(lost)


def test_what_is_written_down_is_there():
    named = [*ELSEWHERE, *NOTHING_TO_TEST, *ELSEWHERE.values(), *ROOMS, *ROOMS.values()]

    assert [name for name in named if not (PROJECT / name).exists()] == []


def test_nothing_is_written_down_twice():
    names = sorted([*ELSEWHERE, *NOTHING_TO_TEST])

    assert [one for one, other in pairwise(names) if one == other] == []
