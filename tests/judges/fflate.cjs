// Unpacks a gzip file with fflate.
const { readFileSync } = require("node:fs");
const { gunzipSync } = require("fflate");

process.stdout.write(gunzipSync(readFileSync(process.argv[2])));
