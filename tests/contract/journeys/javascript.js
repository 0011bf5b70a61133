// What a program does with the published JavaScript client; prints every answer as JSON.
"use strict";
const { LoopGrid, LoopGridAPIError, VERSION } = require("@cybertechsoft/loopgrid");

async function refused(call) {
  try {
    await call();
  } catch (fault) {
    if (fault instanceof LoopGridAPIError) return { status: fault.statusCode, detail: fault.detail };
    throw fault;
  }
  throw new Error("this call had to be refused");
}

async function main() {
  const grid = new LoopGrid({ baseUrl: process.argv[2] + "/", serviceName: "support-agent" });
  const said = { version: VERSION, health: await grid.health() };
  said.recorded = await grid.recordDecision({
    decisionType: "customer_support_reply",
    input: { message: "I was charged twice", amount: 1.5, name: "Zoë \u0000" },
    model: { provider: "openai", name: "gpt-4" },
    output: { response: "Your account looks fine." },
    prompt: { template: "support_v1" },
    toolCalls: [{ name: "look_up" }],
    metadata: { region: "eu" },
  });
  said.bare = await grid.recordDecision({
    decisionType: "refund",
    input: {},
    model: {},
    output: {},
    prompt: {},
    toolCalls: [],
    metadata: {},
  });
  const first = said.recorded.decision_id;
  const second = said.bare.decision_id;
  said.read = await grid.getDecision(first);
  said.flagged = await grid.markIncorrect(first, "She was charged twice.");
  said.flagged_again = await grid.markIncorrect(first);
  said.corrected = await grid.attachCorrection({
    decisionId: first,
    correction: { response: "You were charged twice; here is your refund." },
    correctedBy: "ben@example.org",
    notes: "Seen on the statement.",
  });
  said.corrected_by_nothing = await grid.attachCorrection({
    decisionId: second,
    correction: {},
    correctedBy: "ben@example.org",
  });
  said.listed = await grid.listDecisions({ serviceName: "support-agent", pageSize: 2 });
  said.listed_corrected = await grid.listDecisions({ status: "corrected", decisionType: "refund" });
  said.listed_beyond = await grid.listDecisions({ page: 1000 });
  said.unknown = await refused(() => grid.getDecision("dec_unknown"));
  said.unlabelled = await refused(() =>
    grid.recordDecision({ decisionType: "", input: {}, model: {}, output: {} }),
  );
  said.endless = await refused(() => grid.listDecisions({ page: "9".repeat(30) }));
  said.verified = await grid.verifyIntegrity();
  said.verified_service = await grid.verifyIntegrity("support-agent");
  // This client does not encode the name: the server is asked for the service "R".
  said.verified_unencoded = await grid.verifyIntegrity("R&D");
  console.log(JSON.stringify(said));
}

main();
