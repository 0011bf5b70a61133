"""The command an auditor runs."""

import json

import pytest
from proof.tests.book import Key

from loopgrid_proof import canonical, cli, digests, merkle, receipts


@pytest.fixture
def files(book, tmp_path):
    """The files of an honest ledger, and the function that writes them again."""

    def write():
        (tmp_path / "entries").write_bytes(b"".join(leaf + b"\n" for leaf in book.leaves))
        lines = [canonical.plain_bytes({"note": n.decode(), "size": s}) for s, n in book.notes]
        (tmp_path / "checkpoints").write_bytes(b"".join(line + b"\n" for line in lines))
        path = merkle.inclusion_path(merkle.fetch_from(book.hashes()), 33, len(book.leaves))
        note = book.note()
        receipt = receipts.format_receipt(book.leaves[33], index=33, path=path, checkpoint=note)
        (tmp_path / "receipt").write_bytes(receipt)
        (tmp_path / "note").write_bytes(note)

    write()
    return write


def run(book, tmp_path, command, *names, vkey=None):
    paths = [str(tmp_path / name) if not name.startswith("-") else name for name in names]
    return cli.main([command, *paths, "--vkey", vkey or book.key.vkey.text])


ENTRIES = ("entries", "--checkpoints", "checkpoints")


def test_an_honest_ledger_exits_0_and_says_intact(book, files, tmp_path, capsys):
    status = run(book, tmp_path, "entries", *ENTRIES, "--held", "note", "--receipt", "receipt")

    assert status == 0
    assert capsys.readouterr().out.startswith("intact  grid.example/acme  size 110")


def test_a_rewritten_ledger_exits_1_and_names_the_range(book, files, tmp_path, capsys):
    book.rewrite(33, env="other")
    notes = list(book.notes)
    files()
    book.notes = notes

    status = run(book, tmp_path, "entries", *ENTRIES)

    assert status == 1
    assert "E_ROOT_RANGE  rewritten  [20, 40)" in capsys.readouterr().out


def test_a_receipt_held_by_a_client_names_the_rewritten_entry(book, files, tmp_path, capsys):
    receipt = (tmp_path / "receipt").read_bytes()
    book.rewrite(33, env="other")
    files()
    (tmp_path / "receipt").write_bytes(receipt)

    status = run(book, tmp_path, "entries", *ENTRIES, "--receipt", "receipt", "--json")

    result = json.loads(capsys.readouterr().out)
    assert (status, result["first_bad"]) == (1, 33)
    assert {"E_RECEIPT", "E_ROOT_RANGE"} <= {f["code"] for f in result["findings"]}


def test_as_of_makes_an_old_ledger_unproven(book, files, tmp_path, capsys):
    args = ["--checkpoints", str(tmp_path / "checkpoints"), "--vkey", book.key.vkey.text]

    status = cli.main(["entries", str(tmp_path / "entries"), *args, "--as-of", "2027-01-01"])

    assert status == 2
    assert "U_STALE" in capsys.readouterr().out


def test_a_receipt_is_checked_on_its_own(book, files, tmp_path, capsys):
    assert run(book, tmp_path, "receipt", "receipt") == 0
    assert "entry 33: decision.recorded" in capsys.readouterr().out


def test_a_receipt_under_another_key_is_broken(book, files, tmp_path):
    assert run(book, tmp_path, "receipt", "receipt", vkey=Key("foreign").vkey.text) == 1


def test_two_heads_of_one_size_are_shown_as_a_fork(book, files, tmp_path, capsys):
    (tmp_path / "other").write_bytes(book.note(root=digests.EMPTY_ROOT))

    status = run(book, tmp_path, "compare", "note", "other")

    assert status == 1
    assert capsys.readouterr().out.count("\u2014 grid.example/acme") == 2


@pytest.mark.parametrize(("size", "status"), [(110, 0), (60, 2)])
def test_heads_that_do_not_contradict_are_no_fork(book, files, tmp_path, size, status):
    (tmp_path / "other").write_bytes(book.note(size))

    assert run(book, tmp_path, "compare", "note", "other") == status


@pytest.mark.parametrize(
    "args",
    [
        ["receipt", "nowhere", "--vkey", "x"],
        ["compare", "a", "b"],
        [],
        ["entries", "f", "--vkey", "x"],
    ],
)
def test_wrong_usage_exits_64(args):
    try:
        status = cli.main(args)
    except SystemExit as leave:
        status = leave.code

    assert status == cli.WRONG_USAGE


def test_a_held_note_that_is_not_signed_is_wrong_usage(book, files, tmp_path):
    (tmp_path / "note").write_bytes(book.note(keys=[Key("foreign")]))

    assert run(book, tmp_path, "entries", *ENTRIES, "--held", "note") == cli.WRONG_USAGE


def test_an_internal_error_is_never_a_verdict(book, files, tmp_path, monkeypatch):
    monkeypatch.setattr(cli.receipts, "check_receipt", lambda *_, **__: 1 / 0)

    assert run(book, tmp_path, "receipt", "receipt") == cli.INTERNAL_ERROR
