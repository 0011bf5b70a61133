"""The notary trusts its own state only where it can be the newest one of this machine."""

from __future__ import annotations

import pytest

from ledger.notary.errors import Refused
from ledger.notary.memory import Tombstone, decode_state, encode_state


@pytest.fixture
def signed(desk, record):
    record()
    assert desk.look() is None
    return desk


@pytest.fixture
def files(signed):
    """The files of the ledger, with the notary stopped."""
    folder = signed.memory.folder
    signed.stop()
    return {path.name: path for path in folder.iterdir()}


def test_the_folder_holds_what_is_documented_and_only_its_owner_reads_it(signed, files):
    modes = {name: path.stat().st_mode & 0o777 for name, path in files.items()}

    assert modes == {"key": 0o600, "state": 0o600, "checkpoints.log": 0o600}
    assert files["key"].parent.stat().st_mode & 0o777 == 0o700


def test_a_lost_state_is_not_made_up(signed, files):
    files["state"].unlink()

    assert signed.look() == "N_STATE"
    assert not files["state"].exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw[:-1],
        lambda raw: raw.replace(b'"size":3', b'"size":2'),
        lambda raw: raw + b" ",
        lambda _raw: b"",
        lambda _raw: b"[]",
        lambda _raw: b"\xff",
        lambda raw: raw.replace(b"notary-state/v1", b"notary-state/v2"),
    ],
)
def test_a_state_that_cannot_be_read_is_refused_and_heals(signed, files, change):
    good = files["state"].read_bytes()
    files["state"].write_bytes(change(good))
    broken = signed.look()
    files["state"].write_bytes(good)

    assert (broken, signed.look()) == ("N_STATE", None)


def test_an_older_state_is_refused(signed, files, record):
    old = files["state"].read_bytes()
    record()
    signed.look()
    signed.stop()
    files["state"].write_bytes(old)

    assert signed.look() == "N_STATE"


def test_a_copied_folder_on_another_host_is_refused(signed, files):
    signed.start(host="0" * 64)

    assert signed.look() == "N_STATE"


@pytest.mark.parametrize("name", ["key", "checkpoints.log"])
def test_a_lost_file_is_refused(signed, files, record, name):
    files[name].unlink()
    record()

    assert signed.look() == "N_STATE"


def test_a_key_that_others_can_read_is_refused(signed, files, record):
    files["key"].chmod(0o644)
    record()

    assert signed.look() == "N_STATE"


def test_the_state_of_another_ledger_is_refused(signed, files):
    state = decode_state(files["state"].read_bytes())
    other = type(state)(
        **{name: getattr(state, name) for name in state.__slots__}
        | {"origin": "test.example/other"}
    )
    files["state"].write_bytes(encode_state(other))

    assert signed.look() == "N_STATE"


def test_a_state_is_one_byte_string(signed, files):
    raw = files["state"].read_bytes()

    assert encode_state(decode_state(raw)) == raw
    with pytest.raises(Refused, match="N_STATE"):
        decode_state(raw.replace(b",", b", "))


def test_a_torn_record_at_the_end_of_the_log_is_cut_off(signed, files, record):
    whole = files["checkpoints.log"].read_bytes()
    files["checkpoints.log"].write_bytes(whole + b"\x00\x00\x00\xf0half a no")
    record()

    alarm = signed.look()

    assert alarm is None
    assert files["checkpoints.log"].read_bytes().startswith(whole)
    assert list(signed.memory.notes()) == signed.published()


def test_a_log_that_is_damaged_within_is_not_cut(signed, files):
    damaged = files["checkpoints.log"].read_bytes() + b"\x00\xff\xff\xff" + bytes(70_000)
    files["checkpoints.log"].write_bytes(damaged)

    alarm = signed.look()

    assert alarm == "N_STATE"
    assert files["checkpoints.log"].read_bytes() == damaged


def test_every_sealed_tombstone_is_logged_once(signed):
    box = signed.memory
    first, second = Tombstone(7, ("aa" * 32,)), Tombstone(9, ("bb" * 32, "cc" * 32))

    box.log_erasures([first])
    box.log_erasures([first, second])
    box.log_erasures([])

    assert list(box.erasures()) == [first, second]


def test_a_torn_tombstone_is_cut_off_and_logged_again(signed):
    box = signed.memory
    box.log_erasures([Tombstone(7, ("aa" * 32,))])
    path = box.folder / "erasures.log"
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:-3])

    box.cut_torn_records()

    assert path.read_bytes() == whole
