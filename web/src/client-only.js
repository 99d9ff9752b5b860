// The client alone: also for Node, where there are no elements.

/** @typedef {import("./client.js").Schemas} Schemas */
/** @typedef {import("./client.js").Run} Run */
/** @typedef {import("./client.js").ExportRequest} ExportRequest */
/** @typedef {import("./transport.js").GetToken} GetToken */

export { ExportClient } from "./client.js";
export { Problem, Unavailable } from "./problems.js";
