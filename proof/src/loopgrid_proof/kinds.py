"""The registry of entry kinds: who may write which, about what, with which facts and parts.

`kinds.json` is the registry, so that other languages read the same file. A kind, fact,
reference, part or enumeration value that is not in it is newer than this verifier, and that
reads as unproven, never as broken. What is in it and ill-typed is broken.
"""

from __future__ import annotations

import json
import pkgutil
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from loopgrid_proof.errors import Fault

ORIGIN = re.compile(r"[a-z0-9.-]+(:[0-9]+)?/[a-z0-9][a-z0-9-]*(/[0-9]+)?")
MAX_ORIGIN = 200
ID_PREFIXES = ("dec", "cor", "rep", "run", "rpt", "bun", "era", "hld", "set", "inc", "usr", "key")
MAX_ELEMENTS = 1024

Check = Callable[[Any], bool]

_is_name = re.compile(r"[^\x00-\x1f\x7f-\x9f]{1,200}").fullmatch
_is_token = re.compile(r"[A-Za-z0-9_.:-]{1,64}").fullmatch
_is_digest = re.compile(r"[0-9a-f]{64}").fullmatch
_is_id = re.compile(rf"(?:{'|'.join(ID_PREFIXES)})_[0-9a-f]{{32}}").fullmatch
_is_vkey = re.compile(r"[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]+={0,2}").fullmatch
_is_value_name = re.compile(r"[a-z][a-z0-9_]{0,63}").fullmatch


def is_origin(value: object) -> bool:
    """Say whether `value` can name a ledger (docs/format.md, "Origin and ids")."""
    return type(value) is str and len(value) <= MAX_ORIGIN and ORIGIN.fullmatch(value) is not None


def is_digest(value: object) -> bool:
    """Say whether `value` is 64 lower-case hex digits."""
    return type(value) is str and _is_digest(value) is not None


def is_id(value: object, prefix: str = "") -> bool:
    """Say whether `value` is the id of a fact, of the sort `prefix` where one is given."""
    return type(value) is str and value.startswith(prefix) and _is_id(value) is not None


def is_name(value: object) -> bool:
    """Say whether `value` has 1 to 200 characters and no control character."""
    return type(value) is str and _is_name(value) is not None


def is_int(value: object) -> bool:
    """Say whether `value` is a whole number; a truth value is none."""
    return type(value) is int


def _is_bool(value: object) -> bool:
    return type(value) is bool


def _is_token_text(value: object) -> bool:
    return type(value) is str and _is_token(value) is not None


def _is_vkey_text(value: object) -> bool:
    return type(value) is str and _is_vkey(value) is not None


def _is_seqs(value: object) -> bool:
    """Arrays in `ref` are ascending and without duplicates."""
    return (
        type(value) is list
        and 0 < len(value) <= MAX_ELEMENTS
        and all(map(is_int, value))
        and all(a < b for a, b in zip(value, value[1:]))
    )


def _is_tree(value: object) -> bool:
    return (
        type(value) is dict
        and value.keys() == {"log", "root", "size"}
        and is_origin(value["log"])
        and is_digest(value["root"])
        and is_int(value["size"])
    )


_CHECKS: Mapping[str, Check] = {
    "int": is_int,
    "bool": _is_bool,
    "name": is_name,
    "token": _is_token_text,
    "id": is_id,
    "digest": is_digest,
    "vkey": _is_vkey_text,
    "seq": is_int,
    "seqs": _is_seqs,
    "tree": _is_tree,
}


@dataclass(frozen=True)
class Members:
    """The keys one object of a header may have, and what each must be."""

    checks: Mapping[str, Check]
    values: Mapping[str, frozenset[str]]
    required: frozenset[str]
    names: frozenset[str]

    def check(self, given: Mapping[str, Any], where: str) -> None:
        """Raise Fault: unknown first, then missing or ill-typed."""
        if not given.keys() <= self.names:
            raise Fault("U_REGISTRY", f"A key of {where} is newer than this verifier.")
        for key, value in given.items():
            if not self.checks[key](value):
                self._refuse(key, value, where)
        if not self.required <= given.keys():
            raise Fault("E_PROFILE", f"A key of {where} is missing.")

    def _refuse(self, key: str, value: object, where: str) -> None:
        # A well-formed value that the enumeration does not have yet is unknown, not false.
        if key in self.values and type(value) is str and _is_value_name(value):
            raise Fault("U_REGISTRY", f"A value of {where}.{key} is newer than this verifier.")
        raise Fault("E_PROFILE", f"{where}.{key} has the wrong type.")


@dataclass(frozen=True)
class Kind:
    """One row of the registry.

    `at` is `first` for the entry that opens a ledger and `record` for the one that opens a
    record. `targets` are the kinds that `ref.target` may point at, within the same record.
    """

    name: str
    writers: frozenset[str]
    rec: str | None
    rec_required: bool
    at: str | None
    facts: Members
    refs: Members
    parts: Mapping[str, str]
    parts_required: frozenset[str]
    targets: frozenset[str]
    seq_refs: tuple[str, ...]

    def check_parts(self, classes: Mapping[str, str], *, by_person: bool) -> None:
        """Raise Fault unless the parts are those of this kind; persons also leave `actor`."""
        given = classes
        if by_person:
            if classes.get("actor") != "p":
                raise Fault("E_PROFILE", "An entry by a person has the part actor, class p.")
            given = {name: cls for name, cls in classes.items() if name != "actor"}
        if not given.keys() <= self.parts.keys():
            raise Fault("U_REGISTRY", "A part is newer than this verifier.")
        for name, cls in given.items():
            if cls not in self.parts[name]:
                raise Fault("E_PROFILE", f"The part {name} has another class.")
        if not self.parts_required <= given.keys():
            raise Fault("E_PROFILE", "A part is missing.")


def _split(rows: Mapping[str, Any]) -> tuple[dict[str, Any], frozenset[str]]:
    """Return the rows without their question marks, and the names that had none."""
    plain = {name.rstrip("?"): row for name, row in rows.items()}
    return plain, frozenset(name for name in rows if not name.endswith("?"))


def _check_for(row: Any) -> Check:
    if isinstance(row, list):
        allowed = frozenset(row)
        return lambda value: type(value) is str and value in allowed
    kind, _, prefix = row.partition(":")
    if prefix:
        return lambda value: is_id(value, prefix)
    return _CHECKS[kind]


def _members(rows: Mapping[str, Any]) -> Members:
    plain, required = _split(rows)
    return Members(
        checks={name: _check_for(row) for name, row in plain.items()},
        values={name: frozenset(row) for name, row in plain.items() if isinstance(row, list)},
        required=required,
        names=frozenset(plain),
    )


def _kind(name: str, row: Mapping[str, Any], writers: Mapping[str, list[str]]) -> Kind:
    parts, parts_required = _split(row.get("parts", {}))
    refs = row.get("ref", {})
    return Kind(
        name=name,
        writers=frozenset(token for letter in row["writers"] for token in writers[letter]),
        rec=row.get("rec", row.get("rec?")),
        rec_required="rec" in row,
        at=row.get("at"),
        facts=_members(row.get("f", {})),
        refs=_members(refs),
        parts=parts,
        parts_required=parts_required,
        targets=frozenset(row.get("target", ())),
        seq_refs=tuple(k.rstrip("?") for k, v in refs.items() if v in ("seq", "seqs")),
    )


def load_kinds(raw: bytes) -> tuple[int, Mapping[str, Kind]]:
    """Return revision and kinds of a registry file."""
    rows = json.loads(raw)
    writers = rows["writers"]
    return rows["revision"], {n: _kind(n, row, writers) for n, row in rows["kinds"].items()}


REVISION, KINDS = load_kinds(pkgutil.get_data("loopgrid_proof", "kinds.json") or b"")
# Every verdict and correction: what can be superseded, and what can take its place.
SUPERSEDABLE: frozenset[str] = frozenset().union(*(kind.targets for kind in KINDS.values()))
