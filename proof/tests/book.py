"""A ledger made the way the product makes one, as plain lists that a test may damage."""

import hashlib
import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from loopgrid_proof import canonical, digests, headers, merkle, notes, verify
from loopgrid_proof.headers import NewEntry, PartRef

ORIGIN = "grid.example/acme"
SETUP = {"ty": "system", "id": "setup", "au": "process"}
NOTARY = {"ty": "system", "id": "notary", "au": "process"}
CONSOLE = {"ty": "system", "id": "console", "au": "console"}
SERVICE = {"ty": "service", "id": "key_" + "1" * 32, "au": "api_key"}
ADA = {
    "ty": "person",
    "id": "usr_" + "a" * 32,
    "au": "session",
    "ro": "reviewer",
    "al": "password",
}
VECTORS = Path(__file__).parent.parent / "vectors"


def vectors(name):
    """Return the cases of a vector file."""
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))["cases"]


def unpack(text):
    """Return the bytes of a `hex:` or `utf8:` string."""
    kind, _, rest = text.partition(":")
    return bytes.fromhex(rest) if kind == "hex" else rest.encode()


class Key:
    """An Ed25519 key that signs as `name`."""

    def __init__(self, seed, name=ORIGIN):
        self.secret = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(seed.encode()).digest())
        raw = self.secret.public_key().public_bytes_raw()
        self.vkey = notes.parse_vkey(notes.format_vkey(name, raw))

    def line(self, body):
        return self.vkey.name, self.vkey.key_id, self.secret.sign(body)


class Book:
    """Entries, parts, checkpoints and tiles of one ledger, as plain lists a test may edit."""

    def __init__(self, origin=ORIGIN):
        self.origin = origin
        self.key = Key("log", origin)
        self.leaves = []
        self.parts = []
        self.notes = []
        self.tiles = {}
        self.last_of = {}
        self.minute = 0

    def add(self, kind, actor, *, rec=None, parts=None, src=None, **given):
        """Append an entry; `parts` are name -> (class, content)."""
        contents = dict(parts or {})
        if actor["ty"] == "person":
            contents["actor"] = ("p", b'{"display_name":"Ada"}')
        seq, refs, rows = len(self.leaves), [], []
        for name, (cls, content) in sorted(contents.items()):
            salt = hashlib.sha256(f"{seq} {name}".encode()).digest()
            digest = digests.part_digest(salt, content)
            refs.append(PartRef(name, cls, digest, "application/json"))
            rows.append(
                verify.PartRow(name, digest, cls, "application/json", "present", salt, content)
            )
        new = NewEntry(kind, actor, rec, None, src, parts=tuple(refs), **given)
        rn, rp = self.last_of.get(rec, (-1, None))
        self.minute += 1
        hour, minute = divmod(self.minute // 60, 60)
        leaf = headers.make_header(
            new,
            log=self.origin,
            previous=self.previous(),
            t=f"2026-11-24T{9 + hour:02d}:{minute:02d}:{self.minute % 60:02d}.000000Z",
            rn=None if rec is None else rn + 1,
            rp=rp,
        )
        if rec is not None:
            self.last_of[rec] = (rn + 1, seq)
        self.leaves.append(leaf)
        self.parts.append(rows)
        return seq

    def previous(self):
        if not self.leaves:
            return None
        place = headers.claimed_place(self.leaves[-1])
        return headers.Previous(place.seq, digests.leaf_hash(self.leaves[-1]), place.t)

    def decide(self, number, **given):
        return self.add(
            "decision.recorded",
            SERVICE,
            rec=f"dec_{number:032x}",
            facts={"svc": "support-agent", "dt": "reply", "mp": "openai", "mn": "gpt-4"},
            parts={
                "input": ("p", b'{"message": "I was charged twice"}'),
                "model": ("n", b'{"name":"gpt-4"}'),
                "output": ("p", b'{"response":"fine"}'),
            },
            **given,
        )

    def open(self):
        self.add("ledger.genesis", SETUP, facts={"hb": 60, "two": True})
        self.add("key.added", NOTARY, refs={"vkey": self.key.vkey.text})
        return self

    def hashes(self):
        return [digests.leaf_hash(leaf) for leaf in self.leaves]

    def note(self, size=None, keys=None, root=None):
        size = len(self.leaves) if size is None else size
        root = merkle.root_of(self.hashes()[:size]) if root is None else root
        body = notes.checkpoint_body(self.origin, size, root)
        lines = [key.line(body) for key in keys or [self.key]]
        return notes.note_with_signatures(body, lines)

    def seal(self, size=None, **given):
        self.notes.append((len(self.leaves) if size is None else size, self.note(size, **given)))

    def store_tiles(self):
        hashes = self.hashes()
        for index in range(len(hashes) // 256):
            block = hashes[index * 256 : (index + 1) * 256]
            self.tiles[0, index] = verify.Tile(b"".join(block), merkle.root_of(block))

    def rewrite(self, seq, *, rechain=True, change=None, **facts):
        """Change entry `seq`, and unless told otherwise every link behind it."""
        header = json.loads(self.leaves[seq])
        if facts:
            header.setdefault("f", {}).update(facts)
        if change is not None:
            change(header)
        self.leaves[seq] = canonical.plain_bytes(header)
        if rechain:
            self.rechain(seq + 1)

    def rechain(self, begin=0):
        for seq in range(begin, len(self.leaves)):
            header = json.loads(self.leaves[seq])
            last = digests.leaf_hash(self.leaves[seq - 1]).hex() if seq else "0" * 64
            header.update(seq=seq, prev=last)
            self.leaves[seq] = canonical.plain_bytes(header)

    def rows(self, *, columns=False):
        for leaf, parts in zip(self.leaves, self.parts):
            yield verify.Row(leaf, columns_of(leaf) if columns else None, parts)

    def sources(self, **given):
        own = {
            "trusted": [self.key.vkey],
            "checkpoints": list(self.notes),
            "read_leaves": lambda seqs: {s: self.leaves[s] for s in seqs if s < len(self.leaves)},
            "read_tile": lambda level, index: self.tiles.get((level, index)),
        }
        return verify.Sources(**{**own, **given})

    def check(self, circumstances=None, *, rows=None, **given):
        sources = self.sources(**given)
        rows = self.rows() if rows is None else rows
        return verify.verify_entries(self.origin, rows, sources, circumstances)


def columns_of(leaf, **wrong):
    """Return the copies that belong beside `leaf`."""
    header = headers.read_header(leaf)
    src = header.src or (None, None)
    right = verify.Columns(
        header.seq,
        header.leaf_hash,
        header.prev,
        header.kind,
        verify.instant(header.t),
        header.rec,
        header.rn,
        *src,
    )
    return right._replace(**wrong)
