// Record one decision from JavaScript: Node 18 or later, no package.
//
//     node examples/05_record.mjs
//
// LOOPGRID_BASE_URL and LOOPGRID_API_KEY as in 01_record.py.
import { randomUUID } from "node:crypto";
import process from "node:process";

const baseUrl = process.env.LOOPGRID_BASE_URL ?? "http://localhost:8000";
const key = process.env.LOOPGRID_API_KEY;

const answer = await fetch(`${baseUrl}/v1/decisions`, {
  method: "POST",
  headers: {
    "Content-Type": "application/json",
    "Idempotency-Key": randomUUID(),
    ...(key ? { Authorization: `Bearer ${key}` } : {}),
  },
  body: JSON.stringify({
    service_name: "support-agent",
    decision_type: "customer_support_reply",
    input: { message: "I was charged twice" },
    model: { provider: "openai", name: "gpt-4" },
    output: { response: "Your account looks fine." },
  }),
});
const decision = await answer.json();
if (!answer.ok) {
  // Every error is application/problem+json: `code` for programs, `detail` for people.
  throw new Error(`${decision.code}: ${decision.detail}`);
}
console.log(`recorded   #${decision.seq}  ${decision.decision_id}`);
console.log(`leaf hash  ${decision.chain_hash}`);
