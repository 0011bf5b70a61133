"""From findings to one verdict."""

import pytest

from loopgrid_proof import errors
from loopgrid_proof.errors import Finding, Findings, Verdict, finding


@pytest.mark.parametrize(
    ("codes", "verdict"),
    [
        ([], Verdict.INTACT),
        (["W_SRC_GAP"], Verdict.INTACT),
        (["W_SRC_GAP", "U_STALE"], Verdict.UNPROVEN),
        (["U_STALE", "E_PREV", "W_DISOWNED"], Verdict.BROKEN),
    ],
)
def test_the_worst_prefix_decides(codes, verdict):
    assert errors.verdict_of(finding(code, "") for code in codes) is verdict


def test_the_lowest_place_prefers_the_suspect():
    found = [finding("E_TIME", "", seq=7), finding("E_PREV", "", seq=9, suspect=5)]

    assert errors.first_bad_of(found).code == "E_PREV"


def test_a_warning_is_never_the_first_bad_entry():
    found = [finding("W_DISOWNED", "", seq=1), finding("E_TIME", "", seq=7)]

    assert errors.first_bad_of(found).place == 7
    assert errors.first_bad_of(found[:1]) is None


def test_more_than_a_thousand_findings_keep_the_verdict_and_the_lowest_place():
    found = Findings(finding("W_SRC_GAP", "", seq=n) for n in range(5000))
    for n in range(9000, 7000, -1):
        found.add(finding("E_TIME", "", seq=n))

    assert (len(found.kept), found.total) == (errors.MAX_FINDINGS, 7000)
    assert errors.first_bad_of(found.kept).place == 7001


def test_a_finding_survives_json():
    one = finding("E_ROOT_RANGE", "x", frm=20, to=40, suspect=33)

    assert Finding.from_json(one.as_json()) == one
