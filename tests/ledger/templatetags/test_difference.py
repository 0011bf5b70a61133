"""A correction beside its original: what changed is marked, what did not is not."""

from ledger.templatetags.difference import field_rows


def row(before: str, after: str):
    return field_rows(before, after)[0]


def test_changed_words_are_marked_on_both_sides():
    shown = row('{"r": "You were charged once for it."}', '{"r": "You were charged twice for it."}')

    assert "<del>once</del>" in shown.before
    assert "<ins>twice</ins>" in shown.after


def test_an_unchanged_field_has_no_mark():
    shown = row('{"r": "Same"}', '{"r": "Same"}')

    assert (shown.before, shown.after, shown.changed) == ("Same", "Same", False)


def test_a_text_with_little_in_common_is_called_rewritten():
    shown = row(
        '{"r": "Your plan was charged once."}', '{"r": "Here is an entirely other answer."}'
    )

    assert shown.rewritten
    assert shown.after == "<ins>Here is an entirely other answer.</ins>"


def test_a_text_is_not_a_number_that_looks_like_it():
    assert row('{"n": "1"}', '{"n": 1}').changed


def test_digits_that_differ_are_a_change():
    assert row('{"n": [1.0]}', '{"n": [1.00]}').changed


def test_true_is_not_one():
    assert row('{"n": true}', '{"n": 1}').changed


def test_a_field_that_was_added_stands_after_the_others():
    rows = field_rows('{"a": 1}', '{"b": 2, "a": 1}')

    assert [(r.key, r.before, r.changed) for r in rows] == [("a", "1", False), ("b", "", True)]


def test_markup_in_either_version_is_text():
    shown = row('{"r": "<b>one</b> two three"}', '{"r": "<b>one</b> two four"}')

    assert "<b>" not in shown.before + shown.after


def test_a_very_long_text_is_compared_by_sentence():
    before = '{"r": "' + "One two three. " * 900 + "Old end." + '"}'
    after = '{"r": "' + "One two three. " * 900 + "New end." + '"}'

    shown = row(before, after)

    assert "<ins>New end.</ins>" in shown.after


def test_words_that_changed_together_have_one_mark():
    shown = row(
        '{"r": "I checked it and it looks fine. Bye now, dear customer."}',
        '{"r": "I checked it and we will refund. Bye now, dear customer."}',
    )

    assert "<del>it looks fine.</del> Bye" in shown.before
    assert "<ins>we will refund.</ins> Bye" in shown.after


def test_a_word_for_a_word_is_not_called_rewritten():
    assert not row('{"a": "none"}', '{"a": "refund"}').rewritten
