// Reads simulations from standard input and prints what IAM would decide about each.
import { runSimulation } from "@cloud-copilot/iam-simulate";

const analyses = ["identityAnalysis", "resourceAnalysis"];

async function decide(simulation) {
  const run = await runSimulation(simulation, {});
  if (run.resultType === "error") return { error: run.errors };
  const results = run.resultType === "single" ? [run.result] : run.results;
  const matched = results.flatMap(({ analysis }) =>
    analyses.flatMap((name) => analysis[name]?.allowStatements ?? []),
  );
  return {
    result: run.overallResult,
    matched: matched.map(({ statement }) => statement.sid()),
    ignored: results.flatMap((each) => each.ignoredContextKeys ?? []),
  };
}

let input = "";
for await (const chunk of process.stdin) input += chunk;
const decisions = [];
for (const simulation of JSON.parse(input)) decisions.push(await decide(simulation));
console.log(JSON.stringify(decisions));
