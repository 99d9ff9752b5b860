// Reads a CSV with Papa Parse and prints its rows as JSON.
const { readFileSync } = require("node:fs");
const Papa = require("papaparse");

const text = readFileSync(process.argv[2], "utf8");
const { data, errors } = Papa.parse(text, { skipEmptyLines: "greedy" });
if (errors.length > 0) throw new Error(JSON.stringify(errors[0]));
process.stdout.write(JSON.stringify(data));
