"""What a program does with the published Python client; prints every answer as JSON."""

import json
import sys

import loopgrid
from loopgrid import LoopGrid, LoopGridAPIError


def refused(call, *arguments, **named):
    try:
        call(*arguments, **named)
    except LoopGridAPIError as fault:
        return {"status": fault.status_code, "detail": fault.detail}
    raise AssertionError("this call had to be refused")


grid = LoopGrid(base_url=sys.argv[1] + "/", service_name="support-agent")
said = {"version": loopgrid.__version__, "health": grid.health()}
said["recorded"] = grid.record_decision(
    decision_type="customer_support_reply",
    input={"message": "I was charged twice", "amount": 1.50, "name": "Zoë \u0000"},
    model={"provider": "openai", "name": "gpt-4"},
    output={"response": "Your account looks fine."},
    prompt={"template": "support_v1"},
    tool_calls=[{"name": "look_up"}],
    metadata={"region": "eu"},
)
said["bare"] = grid.record_decision("refund", {}, {}, {}, prompt={}, tool_calls=[], metadata={})
first, second = said["recorded"]["decision_id"], said["bare"]["decision_id"]
said["read"] = grid.get_decision(first)
said["flagged"] = grid.mark_incorrect(first, reason="She was charged twice.")
said["flagged_again"] = grid.mark_incorrect(first)
said["corrected"] = grid.attach_correction(
    decision_id=first,
    correction={"response": "You were charged twice; here is your refund."},
    corrected_by="ben@example.org",
    notes="Seen on the statement.",
)
said["corrected_by_nothing"] = grid.attach_correction(second, {}, "ben@example.org")
said["listed"] = grid.list_decisions(service_name="support-agent", page_size=2)
said["listed_corrected"] = grid.list_decisions(status="corrected", decision_type="refund")
said["listed_beyond"] = grid.list_decisions(page=1000)
said["unknown"] = refused(grid.get_decision, "dec_unknown")
said["unlabelled"] = refused(grid.record_decision, "", {}, {}, {})
said["endless"] = refused(grid.list_decisions, page=10**30)
if hasattr(grid, "info"):
    said["info"] = grid.info()
if hasattr(grid, "verify_integrity"):
    said["verified"] = grid.verify_integrity()
    said["verified_service"] = grid.verify_integrity(service_name="support-agent")
print(json.dumps(said))
