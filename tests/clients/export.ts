// One export with the client whose types are generated from docs/openapi.json.
// Writes the file to the standard output.

import { ExportClient } from "invoice-export-web/client";
import type { ExportRequest, Run } from "invoice-export-web/client";

declare const process: {
  env: Record<"EXPORT_URL" | "TOKEN" | "ORGANIZATION", string>;
  stdout: { write(text: string): void };
};

const { EXPORT_URL, TOKEN, ORGANIZATION } = process.env;
const ACTIVE: Run["status"][] = ["queued", "running"];
const REQUEST: ExportRequest = {
  dataset: "invoices",
  columns: ["number", "total"],
  filters: { total: { min: "-49.5" } },
};

const client = new ExportClient({ baseUrl: EXPORT_URL, getToken: () => TOKEN });

const { runId } = await client.startExport(ORGANIZATION, REQUEST);
let run = await client.getExport(ORGANIZATION, runId);
while (ACTIVE.includes(run.status)) {
  await new Promise((resolve) => setTimeout(resolve, 200));
  run = await client.getExport(ORGANIZATION, runId);
}
if (run.status !== "completed") throw new Error(`${run.status}: ${run.error?.message}`);

const { url } = await client.getDownloadLink(ORGANIZATION, runId);
process.stdout.write(await (await fetch(url)).text());
