"""Recorded content is shown as text, with its digits and its hidden characters."""

from django.template.loader import render_to_string

from ledger.templatetags.content import (
    MAX_SHOWN_BYTES,
    as_json,
    content,
    folded,
    label,
    parse,
    raw_json,
    read,
    visible,
)


def drawn(raw: bytes) -> str:
    return render_to_string("ledger/_content.html", content(raw, "/download"))


def test_a_number_keeps_the_digits_that_were_sent():
    raw = b'{"a": 1.50, "b": 100000000000000000000.000, "c": 1e400}'

    shown = raw_json(raw)

    assert all(digits in shown for digits in ("1.50", "100000000000000000000.000", "1e400"))


def test_a_script_in_an_answer_is_text():
    shown = drawn(b'{"response": "<script>alert(1)</script>"}')

    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_a_script_in_a_key_is_text():
    shown = drawn(b'{"<script>": {"<b>": "<i>"}, "n": 1}')

    assert "<script>" not in shown
    assert "<b>" not in shown
    assert "<i>" not in shown


def test_zero_and_direction_marks_are_visible():
    shown = visible("a\x00b\u202ec")

    assert shown == 'a<span class="ctl">U+0000</span>b<span class="ctl">U+202E</span>c'


def test_ends_of_line_of_two_characters_are_left_alone():
    assert visible("a\r\nb\tc") == "a\r\nb\tc"


def test_a_conversation_is_read_as_one():
    value = parse(b'{"messages": [{"role": "user", "content": "Hi"}], "temperature": 0.20}')

    reading = read(value)

    assert reading.kind == "chat"
    assert [(m.role, m.text) for m in reading.value] == [("user", "Hi")]
    assert [(row.key, row.value) for row in reading.rest] == [("temperature", "0.20")]


def test_a_role_that_is_not_known_keeps_its_name():
    message = read(parse(b'[{"role": "critic", "content": "No."}]')).value[0]

    assert (message.role, message.speaker) == ("system", "critic")


def test_parts_of_a_message_that_are_not_text_stay_readable():
    raw = b'[{"role": "user", "content": [{"type": "text", "text": "See"}, {"type": "image"}]}]'

    message = read(parse(raw)).value[0]

    assert message.text == "See"
    assert message.extra == {"content": [{"type": "image"}]}


def test_flat_objects_that_share_their_keys_become_a_small_table():
    row = read(parse(b'{"charges": [{"id": "a", "eur": 49.0}, {"id": "b", "eur": 7}]}')).value[0]

    assert (row.kind, row.columns, row.value) == (
        "rows",
        ("id", "eur"),
        [["a", "49.0"], ["b", "7"]],
    )


def test_a_text_that_spells_a_literal_is_not_one():
    rows = read(parse(b'{"a": "null", "b": null}')).value

    assert [row.kind for row in rows] == ["text", "literal"]


def test_an_empty_object_is_shown_as_one():
    assert "{}" in drawn(b"{}")


def test_what_is_deep_is_still_drawn():
    raw = b"[" * 64 + b"]" * 64

    assert "[]" in raw_json(raw)


def test_json_escapes_quotes_inside_text():
    assert '\\"' in str(as_json({"a": 'say "hi"'})).replace("&quot;", '"')


def test_a_long_text_is_folded_without_loss():
    text = "line\n" * 900

    head, rest = folded(text)

    assert head + rest == text
    assert head.count("\n") == 399


def test_a_part_too_large_for_a_page_is_a_download():
    shown = drawn(b'{"a": "' + b"x" * MAX_SHOWN_BYTES + b'"}')

    assert "/download" in shown
    assert "xxx" not in shown


def test_a_label_may_break_after_its_joints():
    assert label("refund_decision<") == "refund_<wbr>decision&lt;"
