import js from "@eslint/js";
import { defineConfig } from "eslint/config";
import globals from "globals";
import ts from "typescript-eslint";

export default defineConfig(
  js.configs.recommended,
  {
    rules: {
      complexity: ["error", 12],
      eqeqeq: "error",
      "max-lines": ["error", 250],
      "no-nested-ternary": "error",
      "no-shadow": "error",
      "no-var": "error",
      "prefer-const": "error",
    },
  },
  { files: ["*.js", "tests/**"], languageOptions: { globals: globals.node } },
  {
    files: ["inspector/**"],
    extends: [ts.configs.recommendedTypeChecked],
    languageOptions: {
      globals: globals.browser,
      parserOptions: { projectService: true },
    },
  },
);
