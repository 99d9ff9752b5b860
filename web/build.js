// Builds the package from the sources and the API's description: `node web/build.js`.

import { copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";
import openapiTS, { astToString } from "openapi-typescript";
import ts from "typescript";

const WEB = new URL("./", import.meta.url);
const SOURCES = fileURLToPath(new URL("src/", WEB));
const DIST = fileURLToPath(new URL("dist/", WEB));

/** The types of the API, from its description. */
export async function apiTypes() {
  const description = new URL("../docs/openapi.json", WEB);
  // A caller may leave out what has a default.
  const types = await openapiTS(description, { defaultNonNullable: false });
  return `// Made from docs/openapi.json: do not edit.\n\n${astToString(types)}`;
}

async function bundle() {
  await build({
    entryPoints: {
      "invoice-export": `${SOURCES}index.js`,
      client: `${SOURCES}client-only.js`,
    },
    outdir: DIST,
    bundle: true,
    format: "esm",
    target: "es2022",
    loader: { ".css": "text" },
    minify: true,
    sourcemap: "linked",
    logLevel: "warning",
  });
}

function declare() {
  const config = ts.getParsedCommandLineOfConfigFile(
    fileURLToPath(new URL("tsconfig.json", WEB)),
    {},
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: report },
  );
  const program = ts.createProgram(config?.fileNames ?? [], config?.options ?? {});
  const problems = [
    ...ts.getPreEmitDiagnostics(program),
    ...program.emit().diagnostics,
  ];
  problems.forEach(report);
  if (problems.length) process.exitCode = 1;
}

/** @param {ts.Diagnostic} diagnostic */
function report(diagnostic) {
  const host = {
    getCurrentDirectory: () => process.cwd(),
    getCanonicalFileName: (/** @type {string} */ name) => name,
    getNewLine: () => "\n",
  };
  process.stderr.write(ts.formatDiagnostic(diagnostic, host));
}

async function main() {
  await rm(DIST, { recursive: true, force: true });
  await mkdir(DIST);
  await writeFile(`${SOURCES}api.d.ts`, await apiTypes());
  await bundle();
  declare();
  await copyFile(`${SOURCES}api.d.ts`, `${DIST}types/api.d.ts`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
