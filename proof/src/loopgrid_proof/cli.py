"""`loopgrid-verify`: the verifier for people who were handed something.

Everything that creates trust comes from the command line. Nothing in a file is executed, fetched
or believed. Exit status: 0 intact, 1 broken, 2 unproven, 64 wrong usage, 70 internal error.
"""

from __future__ import annotations

import argparse
import sys
from array import array
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from loopgrid_proof import canonical, headers, meaning, notes, receipts, verify
from loopgrid_proof.errors import Fault, Finding, UsageError, Verdict, Verification, finding

EXIT = {Verdict.INTACT: 0, Verdict.BROKEN: 1, Verdict.UNPROVEN: 2}
WRONG_USAGE = 64
INTERNAL_ERROR = 70
_MAX_LINE = headers.MAX_LEAF + 2
_MAX_CHECKPOINT_LINE = 2 * notes.MAX_NOTE


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Leave with 64: 2, the usual status, means unproven here."""
        self.print_usage(sys.stderr)
        self.exit(WRONG_USAGE, f"{self.prog}: {message}\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one check and return its exit status."""
    options = _parser().parse_args(argv)
    try:
        status: int = options.run(options)
    except (UsageError, OSError) as problem:
        sys.stderr.write(f"loopgrid-verify: {problem}\n")
        return WRONG_USAGE
    except Exception as problem:  # noqa: BLE001 - the outermost frame: no crash may pass for a verdict
        sys.stderr.write(f"loopgrid-verify: internal error, nothing is proven: {problem!r}\n")
        return INTERNAL_ERROR
    return status


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="loopgrid-verify", description=(__doc__ or "").partition("\n")[0])
    commands = parser.add_subparsers(required=True)
    receipt = _command(commands, "receipt", "check the receipt of one entry", _receipt)
    receipt.add_argument("file", type=Path)
    compare = _command(commands, "compare", "compare two checkpoints of one ledger", _compare)
    compare.add_argument("a", type=Path)
    compare.add_argument("b", type=Path)
    entries = _command(commands, "entries", "check a whole ledger from its leaves", _entries)
    entries.add_argument("file", type=Path, help="one leaf a line, from entry 0 on")
    entries.add_argument("--checkpoints", type=Path, required=True, help='lines {"note","size"}')
    entries.add_argument("--held", type=Path, action="append", default=[], metavar="NOTE")
    entries.add_argument("--receipt", type=Path, action="append", default=[], metavar="FILE")
    entries.add_argument("--as-of", metavar="TIME", help="2026-11-24T09:00:00.000000Z")
    return parser


def _command(commands: Any, name: str, text: str, run: Any) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=text)
    command.add_argument("--vkey", action="append", required=True, help="a key you trust")
    command.add_argument("--json", action="store_true", help="print loopgrid.verification/v1")
    command.set_defaults(run=run)
    return command


def _trusted(options: argparse.Namespace) -> list[notes.VerifierKey]:
    try:
        return [notes.parse_vkey(text) for text in options.vkey]
    except Fault as fault:
        raise UsageError(f"--vkey: {fault}") from fault


def _receipt(options: argparse.Namespace) -> int:
    trusted = _trusted(options)
    raw = options.file.read_bytes()
    try:
        checked = receipts.check_receipt(raw, trusted=trusted)
    except Fault as fault:
        return _report(options, _verification(trusted, [finding(fault.code, fault.detail)]))
    header, checkpoint = checked.header, checked.checkpoint
    status = _report(options, _verification(trusted, [], checkpoint=checkpoint, header=header))
    if not options.json:
        sys.stdout.write(f"entry {header.seq}: {header.kind}, {header.t}\n")
    return status


def _compare(options: argparse.Namespace) -> int:
    trusted = _trusted(options)
    a, b = (_held(path, trusted) for path in (options.a, options.b))
    if a.origin != b.origin:
        raise UsageError("The checkpoints are of two ledgers.")
    found: list[Finding] = []
    if a.size == b.size and a.root != b.root:
        detail = "Two signed checkpoints of one size have different roots."
        found = [finding("E_FORK_VS_HELD", detail, frm=0, to=a.size)]
    status = _report(options, _verification(trusted, found, checkpoint=max(a, b, key=_size)))
    if found and not options.json:
        sys.stdout.write("Whoever holds both of these notes can show the fork:\n")
        for path in (options.a, options.b):
            sys.stdout.write(f"\n{path.read_text('utf-8')}")
    if a.size != b.size:
        sys.stderr.write("Different sizes: only the entries, or a proof, can connect them.\n")
        return EXIT[Verdict.UNPROVEN]
    return status


def _entries(options: argparse.Namespace) -> int:
    trusted = _trusted(options)
    held = [_held(path, trusted) for path in options.held]
    kept = [_checked_receipt(path, trusted) for path in options.receipt]
    held += [receipt.checkpoint for receipt in kept]
    with options.file.open("rb") as leaves, options.checkpoints.open("rb") as lines:
        stored = _Leaves(leaves)
        sources = verify.Sources(
            trusted=trusted,
            checkpoints=_read_checkpoints(lines),
            held=sorted(held, key=_size),
            receipts={r.header.seq: (r.header.leaf_hash, r.header.t) for r in kept},
            read_leaves=stored.read,
            tallies=meaning.Tallies(),
        )
        circumstances = verify.Circumstances(as_of=_moment(options.as_of), offline=True)
        rows = map(verify.Row, stored)
        result = verify.verify_entries(trusted[0].name, rows, sources, circumstances)
    return _report(options, result)


class _Leaves:
    """The leaves of a file, in order, and any earlier one again: 8 bytes of memory an entry."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._starts = array("Q")

    def __iter__(self) -> Iterator[bytes]:
        place = 0
        while True:
            self._file.seek(place)
            line = self._file.readline(_MAX_LINE)
            if not line:
                return
            self._starts.append(place)
            place += len(line)
            yield line.rstrip(b"\n")

    def read(self, seqs: Sequence[int]) -> Mapping[int, bytes]:
        found = {}
        for seq in seqs:
            if seq < len(self._starts):
                self._file.seek(self._starts[seq])
                found[seq] = self._file.readline(_MAX_LINE).rstrip(b"\n")
        return found


def _read_checkpoints(lines: BinaryIO) -> Iterator[tuple[int, bytes]]:
    last = 0
    for number, line in enumerate(iter(lambda: lines.readline(_MAX_CHECKPOINT_LINE), b""), 1):
        try:
            row = canonical.read_canonical(line.rstrip(b"\n"))
            size, note = row["size"], row["note"].encode()
        except (Fault, TypeError, KeyError, AttributeError):
            raise UsageError(f"Line {number} of the checkpoints is not one.") from None
        if not isinstance(size, int) or size <= last:
            raise UsageError(f"Line {number} of the checkpoints: sizes ascend from 1.")
        last = size
        yield size, note


def _held(path: Path, trusted: Sequence[notes.VerifierKey]) -> notes.Checkpoint:
    try:
        return notes.check_checkpoint(path.read_bytes(), origin=None, trusted=trusted)
    except Fault as fault:
        raise UsageError(f"{path}: {fault}") from fault


def _checked_receipt(path: Path, trusted: Sequence[notes.VerifierKey]) -> receipts.CheckedReceipt:
    try:
        return receipts.check_receipt(path.read_bytes(), trusted=trusted)
    except Fault as fault:
        raise UsageError(f"{path}: {fault}") from fault


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise UsageError("--as-of is not a time.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def _size(checkpoint: notes.Checkpoint) -> int:
    return checkpoint.size


def _verification(
    trusted: Sequence[notes.VerifierKey],
    found: Sequence[Finding],
    *,
    checkpoint: notes.Checkpoint | None = None,
    header: headers.Header | None = None,
) -> Verification:
    size = 0 if checkpoint is None else checkpoint.size
    return Verification.of(
        verify.Findings(found),
        origin=trusted[0].name if checkpoint is None else checkpoint.origin,
        size=size,
        root=b"" if checkpoint is None else checkpoint.root,
        head_time=None if header is None else header.t,
        sealed_size=size,
        counts={},
        grades={"self": size} if size else {},
    )


def _report(options: argparse.Namespace, result: Verification) -> int:
    """Print the result and return its exit status."""
    if options.json:
        sys.stdout.write(canonical.canonical_bytes(result.as_json()).decode() + "\n")
        return EXIT[result.verdict]
    grades = ", ".join(f"{name} up to {size}" for name, size in result.grades.items())
    time = result.head_time or "no time"
    sys.stdout.write(
        f"{result.verdict.value}  {result.origin}  size {result.size}  root {result.root.hex()}"
        f"  {time}  {grades or 'not sealed'}\n"
    )
    if result.counts:
        counts = "; ".join(f"{name} {count:,}" for name, count in result.counts.items())
        sys.stdout.write(f"{counts}\n")
    for one in result.findings:
        sys.stdout.write(f"{one.code}  {one.damage or '-'}  {_place(one)}  {one.detail}\n")
    return EXIT[result.verdict]


def _place(one: Finding) -> str:
    place = f"[{one.frm}, {one.to})" if one.frm is not None else f"entry {one.seq}"
    if one.frm is None and one.seq is None:
        return "whole"
    return place if one.suspect is None else f"{place}, suspect {one.suspect}"
