// Reads a workbook with SheetJS and prints its first sheet's rows as JSON.
const { readFile, utils } = require("@e965/xlsx");

const book = readFile(process.argv[2], { dense: true, cellText: false });
const sheet = book.Sheets[book.SheetNames[0]];
const rows = utils.sheet_to_json(sheet, { header: 1, raw: true, defval: null });
for (const row of rows) process.stdout.write(JSON.stringify(row) + "\n");
