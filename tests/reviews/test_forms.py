"""Forms of a decision: nothing is recorded that the person did not mean."""

import pytest

from reviews.forms import CorrectForm, FlagForm, SupersedeForm

KEY = "0" * 32
ORIGINAL = b'{"response":"Fine.\\r\\nBye","refund": 0.10,"tags":["a"],"odd":"a\\u0000b"}'


def correct(output: bytes | None = ORIGINAL, **changed: str) -> CorrectForm:
    shown = CorrectForm(output=output)
    typed = {row.field.html_name: row.field.initial for row in shown.rows}
    form = CorrectForm({"seen": "1", "form_key": KEY} | typed | changed, output=output)
    form.is_valid()
    return form


def test_fields_nobody_touched_keep_the_recorded_bytes():
    form = correct(f0="Fine.\r\nBye now")

    assert form.cleaned_data["output"] == (
        b'{"response":"Fine.\\nBye now","refund":0.10,"tags":["a"],"odd":"a\\u0000b"}'
    )


def test_ends_of_line_that_a_browser_rewrites_are_no_change():
    form = correct(f0="Fine.\nBye")

    assert b'"Fine.\\r\\nBye"' in form.cleaned_data["output"]


def test_a_text_that_cannot_be_typed_is_edited_as_json():
    kinds = {row.key: row.kind for row in correct().rows}

    assert kinds == {"response": "text", "refund": "json", "tags": "json", "odd": "json"}


def test_a_field_that_is_no_json_says_where():
    form = correct(f1="49,00 EUR")

    assert "“refund”: This is not JSON: line 1, column 3." in form.errors["f1"][0]


def test_digits_are_recorded_as_typed():
    form = correct(f1="49.00")

    assert b'"refund":49.00' in form.cleaned_data["output"]


def test_the_whole_output_as_json_wins_over_the_fields():
    form = correct(whole='{"response": "Other"}')

    assert form.cleaned_data["output"] == b'{"response": "Other"}'


@pytest.mark.parametrize("written", ["[]", "1", '"text"'])
def test_an_output_must_be_an_object(written):
    assert "whole" in correct(whole=written).errors


@pytest.mark.parametrize("written", ['{"a":NaN}', '{"a":1,"a":2}', '{"a":"\\ud800"}', "{"])
def test_json_that_could_not_be_sealed_is_refused(written):
    assert "whole" in correct(whole=written).errors


def test_without_an_original_the_output_is_asked_for_as_json():
    assert "whole" in correct(output=None).errors
    assert correct(output=None, whole="{}").cleaned_data["output"] == b"{}"


def test_a_flag_needs_a_reason_to_be_counted_by():
    form = FlagForm({"seen": "1", "form_key": KEY})

    assert list(form.errors) == ["reason_code"]


def test_no_reason_is_chosen_beforehand():
    assert "checked" not in str(FlagForm()["reason_code"])


def test_superseding_needs_words():
    form = SupersedeForm({"seen": "1", "form_key": KEY, "entry": "1", "verdict": "withdrawn"})

    assert list(form.errors) == ["reason"]


def test_a_form_without_what_was_seen_is_refused():
    assert "seen" in FlagForm({"form_key": KEY, "reason_code": "tone"}).errors


def test_an_end_of_line_that_no_browser_sends_back_is_edited_as_json():
    form = correct(b'{"response":"one\\rtwo"}')

    assert [row.kind for row in form.rows] == ["json"]
    assert form.cleaned_data["output"] == b'{"response":"one\\rtwo"}'


def test_an_output_of_many_fields_is_edited_whole():
    output = b"{" + b",".join(b'"f%d":%d' % (n, n) for n in range(41)) + b"}"

    form = CorrectForm(output=output)

    assert form.rows == []
    assert form["whole"].value() == output.decode()


def test_an_output_too_long_for_a_page_is_not_put_into_the_form():
    form = CorrectForm(output=b'{"response":"%s"}' % (b"x" * 300_000))

    assert (form.is_large, form.rows, form["whole"].value()) == (True, [], None)
