"""Keys are read in their one spelling, which other software reads as well."""

from __future__ import annotations

import pytest
from loopgrid_proof.notes import parse_note

from ledger.notary import keys
from ledger.notary.disk import Disk
from ledger.notary.errors import Refused

# The example of golang.org/x/mod/sumdb/note.
SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb"
    "6KE6RyyBwJnAM=\n"
).encode()


@pytest.fixture
def key_file(tmp_path):
    """A key file with these lines."""
    path = tmp_path / "key"

    def write(*lines: str):
        path.write_text("".join(line + "\n" for line in lines), encoding="ascii")
        path.chmod(0o600)
        return path

    return write


def test_a_key_of_other_software_signs_the_same_bytes(key_file):
    (key,) = keys.read_keys(key_file(SECRET), origin="PeterNeumann", disk=Disk())

    note = parse_note(NOTE)
    assert (key.vkey, key.sign(note.body)) == (VKEY, note.signatures[0].signature)


def test_written_keys_are_read_again(tmp_path):
    made = [keys.make_key("grid.example/acme") for _ in range(2)]
    keys.write_keys(tmp_path / "key", made, disk=Disk())

    read = keys.read_keys(tmp_path / "key", origin="grid.example/acme", disk=Disk())

    assert [key.vkey for key in read] == [key.vkey for key in made]


def test_no_file_is_no_key(tmp_path):
    assert keys.read_keys(tmp_path / "key", origin="grid.example/acme", disk=Disk()) == []


@pytest.mark.parametrize(
    "line",
    [
        "",
        "PRIVATE+KEY",
        SECRET.replace("c74f20a3", "c74f20a4"),
        SECRET.replace("PeterNeumann", "PeterNeumanx"),
        SECRET[:-4],
        SECRET.replace("+AYEK", "+BYEK"),
        VKEY,
    ],
)
def test_anything_else_is_refused(key_file, line):
    with pytest.raises(Refused, match="N_STATE"):
        keys.read_keys(key_file(SECRET, line), origin="PeterNeumann", disk=Disk())
