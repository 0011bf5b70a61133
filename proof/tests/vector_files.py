"""How a vector file is written, and the worked example that stands in each."""

import json

from proof.tests.book import VECTORS
from proof.tests.published import WORKED

from loopgrid_proof.errors import Fault

ORIGIN = "grid.example/acme"
LEAVES = [leaf.encode() for leaf in WORKED["leaves"]]
NOTE = WORKED["note"].encode()


def put(name, runs, cases):
    """Write one file; names of cases must be unique."""
    assert len({case["name"] for case in cases}) == len(cases)
    content = {"format": "loopgrid.vectors/v1", "name": name, "runs": runs, "cases": cases}
    text = json.dumps(content, ensure_ascii=False, indent=1)
    (VECTORS / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def case(name, given, answer):
    """Return a case whose `answer` is called: its result, or the code of its Fault."""
    try:
        return {"name": name, "in": given, "out": answer()}
    except Fault as fault:
        return {"name": name, "in": given, "error": fault.code}


def pack(raw):
    """Return bytes as `utf8:` where they are text, else as `hex:`."""
    try:
        return "utf8:" + raw.decode()
    except UnicodeDecodeError:
        return "hex:" + raw.hex()
