import js from "@eslint/js";
import { defineConfig } from "eslint/config";
import globals from "globals";
import ts from "typescript-eslint";

export default defineConfig(
  { ignores: ["**/dist/**", "web/src/api.d.ts"] },
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
  {
    files: ["*.js", "tests/**", "web/*.js", "web/examples/*.config.js"],
    languageOptions: { globals: globals.node },
  },
  {
    files: ["web/examples/**/*.{js,jsx}"],
    ignores: ["web/examples/*.config.js"],
    languageOptions: {
      globals: globals.browser,
      parserOptions: { ecmaFeatures: { jsx: true } },
    },
    // React's compiler uses what stands in JSX; ESLint alone cannot see that.
    rules: { "no-unused-vars": ["error", { varsIgnorePattern: "^[A-Z]" }] },
  },
  {
    files: ["inspector/**", "web/src/**"],
    extends: [ts.configs.recommendedTypeChecked],
    languageOptions: {
      globals: globals.browser,
      parserOptions: { projectService: true },
    },
  },
);
