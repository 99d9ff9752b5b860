// The client alone: also for Node, where there are no elements.

export { ExportClient } from "./client.js";
export { Problem, Unavailable } from "./problems.js";
