"""A sealed ledger, and somebody who can write to every table of its database."""

# ruff: noqa: S608  statements are put together here because attackers do

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection
from loopgrid_proof import canonical, digests, merkle, notes

from accounts import actors, ids
from accounts.models import Workspace
from ledger import content, recording, reviewing
from ledger.queries import LedgerRef
from ledger.recording import BatchItem
from tests.support.cast import Scene, body, clock, correction_of, make_workspace, person
from tests.support.notary import Desk, without_guards

# The decision that most attacks are about: recorded by 3, flagged by 6, corrected by 7 and 8.
VICTIM = 3


@dataclass
class Vault:
    """A ledger with its workspace and notary; `sizes` are those of its checkpoints."""

    ledger: LedgerRef
    workspace: Workspace
    desk: Desk
    sizes: list[int] = field(default_factory=list)

    def seal(self) -> None:
        assert self.desk.look() is None
        self.sizes = [
            notes.parse_checkpoint(notes.parse_note(n)).size for n in self.desk.published()
        ]

    @property
    def size(self) -> int:
        return len(self.leaves())

    def leaves(self) -> list[bytes]:
        rows = self.ask("SELECT leaf FROM ledger_entry WHERE ledger_id = %s ORDER BY seq")
        return [bytes(leaf) for (leaf,) in rows]

    def ask(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(statement, [self.ledger.ledger_id, *values])
            return cursor.fetchall()

    def interval_of(self, seq: int) -> tuple[int, int]:
        """The checkpoints around an entry: the last one before it, the first one over it."""
        below = [0, *(size for size in self.sizes if size <= seq)]
        return below[-1], next(size for size in self.sizes if size > seq)

    # --- what a superuser does

    def do(self, table: str, statement: str, *values: Any) -> None:
        """Run a statement for which the guards of `table` do not exist."""
        with without_guards(table) as cursor:
            cursor.execute(statement, values)
            assert cursor.rowcount, "the attack changed nothing"

    def set_column(self, table: str, column: str, value: str, where: str, *values: Any) -> None:
        """Set one column by an SQL expression, in the rows of this ledger that `where` names."""
        self.do(
            table,
            f"UPDATE {table} SET {column} = {value} WHERE ledger_id = %s AND {where}",
            self.ledger.ledger_id,
            *values,
        )

    def edit(self, seq: int, change: Callable[[dict[str, Any]], Any]) -> None:
        """Change a header and the digest beside it; nothing behind it."""
        header = json.loads(self.leaves()[seq])
        change(header)
        self.store({seq: canonical.plain_bytes(header)}, columns=False)

    def store(self, leaves: dict[int, bytes], *, columns: bool = True) -> None:
        """Put leaves in the place of others; with `columns`, the copies beside them too."""
        with without_guards("ledger_entry") as cursor:
            if columns:
                # What is unique among entries would be in the way of an exchange.
                cursor.execute(
                    "UPDATE ledger_entry SET rec = NULL, rn = NULL, src_id = NULL, src_n = NULL"
                    " WHERE ledger_id = %s AND seq = ANY(%s)",
                    [self.ledger.ledger_id, list(leaves)],
                )
            for seq, leaf in leaves.items():
                header = json.loads(leaf) if columns else None
                self._store_one(cursor, seq, leaf, header)

    def _store_one(self, cursor: Any, seq: int, leaf: bytes, header: Any) -> None:
        changes = {"leaf": leaf, "leaf_hash": digests.leaf_hash(leaf)}
        if header is not None:
            changes |= {"prev_hash": bytes.fromhex(header["prev"]), "t": header["t"]}
            changes |= {"kind": header["k"], "rec": header.get("rec"), "rn": header.get("rn")}
            src = header.get("src", {})
            changes |= {"src_id": src.get("id"), "src_n": src.get("n")}
        names = ", ".join(f"{name} = %s" for name in changes)
        cursor.execute(
            f"UPDATE ledger_entry SET {names} WHERE ledger_id = %s AND seq = %s",
            [*changes.values(), self.ledger.ledger_id, seq],
        )

    def rewrite(self, seq: int, change: Callable[[dict[str, Any]], Any]) -> None:
        """Change a header and compute every link behind it again, as if it had always been so."""
        headers = [json.loads(leaf) for leaf in self.leaves()]
        change(headers[seq])
        self.store(dict(list(enumerate(linked(headers)))[seq:]))

    def replace_all(self, leaves: Sequence[bytes]) -> None:
        """Make the table hold exactly these leaves, well numbered, and nothing else."""
        kept = min(len(leaves), self.size)
        with without_guards("ledger_entry") as cursor:
            cursor.execute(
                "DELETE FROM ledger_entry WHERE ledger_id = %s AND seq >= %s",
                [self.ledger.ledger_id, len(leaves)],
            )
        self.store(dict(enumerate(leaves[:kept])))
        with without_guards("ledger_entry") as cursor:
            for seq in range(kept, len(leaves)):
                self._insert(cursor, seq, leaves[seq])

    def _insert(self, cursor: Any, seq: int, leaf: bytes, *, columns: bool = True) -> None:
        header = json.loads(leaf)
        cursor.execute(
            "INSERT INTO ledger_entry (ledger_id, seq, leaf, leaf_hash, prev_hash, kind, t,"
            " rec, rn, mac, mac_key) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 1)",
            [
                self.ledger.ledger_id,
                seq,
                leaf,
                digests.leaf_hash(leaf),
                bytes.fromhex(header["prev"]),
                header["k"],
                header["t"],
                header.get("rec") if columns else None,
                header.get("rn") if columns else None,
                bytes(32),
            ],
        )

    def insert(self, seq: int, leaf: bytes, *, columns: bool = True) -> None:
        with without_guards("ledger_entry") as cursor:
            self._insert(cursor, seq, leaf, columns=columns)

    def delete(self, *seqs: int, parts: bool = True) -> None:
        """Delete entries, and with them what hangs on them."""
        tables = ("ledger_entry", "ledger_part") if parts else ("ledger_entry",)
        with without_guards(*tables) as cursor:
            for table in tables:
                cursor.execute(
                    f"DELETE FROM {table} WHERE ledger_id = %s AND seq = ANY(%s)",
                    [self.ledger.ledger_id, list(seqs)],
                )

    def sign_again(self, signer: Foreign) -> None:
        """Put checkpoints by another key over what is there now in the place of all stored ones."""
        hashes = [digests.leaf_hash(leaf) for leaf in self.leaves()]
        with without_guards("ledger_checkpoint") as cursor:
            for size in self.sizes:
                note = signer.note(size, merkle.root_of(hashes[:size]))
                cursor.execute(
                    "UPDATE ledger_checkpoint SET note = %s WHERE ledger_id = %s AND size = %s",
                    [note, self.ledger.ledger_id, size],
                )


class Foreign:
    """A key that signs in a ledger's name and is not the notary's."""

    def __init__(self, origin: str) -> None:
        self.origin, self.secret = origin, Ed25519PrivateKey.generate()
        raw = self.secret.public_key().public_bytes_raw()
        self.vkey, self.ident = notes.format_vkey(origin, raw), notes.key_id(origin, raw)

    def note(self, size: int, root: bytes) -> bytes:
        text = notes.checkpoint_body(self.origin, size, root)
        return notes.note_with_signatures(text, [(self.origin, self.ident, self.secret.sign(text))])


def linked(headers: Sequence[dict[str, Any]]) -> Iterator[bytes]:
    """Yield the leaves of these headers, numbered and linked from the first to the last."""
    last = "0" * 64
    for seq, header in enumerate(headers):
        header.update(seq=seq, prev=last)
        leaf = canonical.plain_bytes(header)
        last = digests.leaf_hash(leaf).hex()
        yield leaf


def open_vault(folder: Path) -> Vault:
    """Return an empty ledger with a notary that has signed nothing yet."""
    acme = make_workspace("vault")
    return Vault(acme.ledger, acme.workspace, Desk(acme.ledger, folder / "notary"))


def fill(vault: Vault) -> None:
    """Make it a ledger of 16 entries with four checkpoints, the last entry unsealed.

    #3 is flagged twice and corrected twice; every column of its rows holds something.
    """
    scene = Scene(vault.ledger, actors.service(ids.draw_id("key")))
    ben = person("Ben", "reviewer")
    vault.desk.look()
    scene.record()
    victim = scene.record(**_full())
    scene.record(service_name="router")
    vault.seal()
    scene.record()
    scene.flag(victim, ben, "First it was wrong.", reason_code="missed_fact", severity="high")
    _correct(scene, victim, "Refund.")
    vault.seal()
    _correct(scene, victim, "Refund at once.")
    scene.flag(victim, ben, "Still wrong.", reason_code="other", severity="low")
    scene.record()
    vault.seal()
    scene.record()


def _correct(scene: Scene, victim: recording.Recorded, text: str) -> None:
    right = correction_of({"response": text}, notes="See the bank statement.")
    reviewing.attach_correction(
        scene.at(victim),
        replace(right, reason_code="missed_fact"),
        actor=person("Ada", "reviewer"),
        clock=clock,
        reason=content.written("reason", "A better one."),
    )


def fill_long(vault: Vault) -> None:
    """Make it a ledger of 602 entries with two full tiles and checkpoints every 150 decisions."""
    vault.desk.look()
    submission = content.split_parts(content.slice_members(body()))
    for _ in range(4):
        recording.record_decisions(
            vault.ledger,
            [BatchItem(submission)] * 150,
            actor=actors.service(ids.draw_id("key")),
            clock=clock,
        )
        vault.seal()


def _full() -> dict[str, Any]:
    return {
        "environment": "production",
        "risk_tier": "high",
        "origin": "live",
        "content_mode": "full",
        "error": {"type": "Refused", "message": "no"},
        "parent_decision_id": ids.draw_id("dec"),
        "prompt": {"template": "support_v1"},
        "metadata": {"ticket": 7},
        "writer": {"id": "5f0c3b1e9a7d4c2280aa61d7e4b9c013", "seq": 1},
    }
