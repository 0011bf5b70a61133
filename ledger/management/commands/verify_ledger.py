"""`manage.py verify_ledger`: recompute stored ledgers from the shell. Writes nothing."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from loopgrid_proof.errors import Verdict

from ledger import integrity
from ledger.integrity import IntegrityResult

BROKEN = 1
EXIT = {Verdict.INTACT: 0, Verdict.BROKEN: BROKEN, Verdict.UNPROVEN: 2}


class Command(BaseCommand):
    """Exits with 0 for intact, 1 for broken and 2 for unproven, the worst of several ledgers."""

    help = "Recompute every stored entry and say whether the ledgers are intact."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take one workspace, all by default, and the form of the answer."""
        parser.add_argument("--workspace", help="its slug; without it every workspace")
        parser.add_argument("--processes", type=int, default=1, help="how many read at once")
        parser.add_argument("--json", action="store_true", help="one JSON object per ledger")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002  Django's signature
        """Verify and end the process with the status of the verdict."""
        found: list[int] = []
        for slug in self._slugs(options["workspace"]):
            result = integrity.verify_slug(
                slug,
                clock=timezone.now,
                progress=self._progress(options),
                processes=options["processes"],
            )
            self._show(slug, result, as_json=options["json"])
            found.append(EXIT[result.verdict])
        # Broken outweighs unproven, which outweighs intact.
        sys.exit(BROKEN if BROKEN in found else max(found, default=0))

    def _slugs(self, asked: str | None) -> list[str]:
        known = integrity.workspace_slugs()
        if asked is None:
            return known
        if asked not in known:
            raise CommandError(f"There is no workspace {asked}.")
        return [asked]

    def _progress(self, options: dict[str, Any]) -> integrity.Progress | None:
        if options["json"] or not sys.stderr.isatty():
            return None

        def say(done: int, total: int) -> None:
            self.stderr.write(f"\rchecked {done:,} of {total:,}", ending="")

        return say

    def _show(self, slug: str, result: IntegrityResult, *, as_json: bool) -> None:
        if as_json:
            whole = {"workspace": slug, **result.as_json()}
            whole["verification"] = result.verification.as_json()
            self.stdout.write(json.dumps(whole, sort_keys=True))
            return
        verification = result.verification
        self.stdout.write(f"{verification.origin}: {result.verdict.value.upper()}")
        self.stdout.write(f"  {result.message}")
        self.stdout.write(f"  size {verification.size}, root {verification.root.hex()}")
        for one in verification.findings:
            place = "" if one.place is None else f" #{one.place}"
            self.stdout.write(f"  {one.code}{place}: {one.detail}")
