"""Ids are UUIDv7, sort by time, and differ."""

from __future__ import annotations

import pytest

from accounts.ids import draw_id, new_id, uuid7


def test_the_published_example_of_rfc_9562_comes_out():
    chance = (0xCC3 << 64 | 0x18C4DC0C0C07398F).to_bytes(10, "big")

    made = uuid7(now_ms=0x017F22E279B0, random_bytes=chance)

    assert str(made) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


def test_an_id_is_its_prefix_and_32_hex_digits():
    made = new_id("dec", now_ms=1, random_bytes=bytes(10))

    assert made == "dec_00000000000170008000000000000000"


def test_ids_sort_by_the_time_they_were_drawn():
    earlier = new_id("dec", now_ms=41, random_bytes=b"\xff" * 10)
    later = new_id("dec", now_ms=42, random_bytes=bytes(10))

    assert earlier < later


def test_drawn_ids_differ():
    drawn = {draw_id("key") for _ in range(1000)}

    assert len(drawn) == 1000


def test_too_little_chance_is_refused():
    with pytest.raises(ValueError, match="10 random bytes"):
        uuid7(now_ms=1, random_bytes=b"short")
