import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [
    vue({
      template: { compilerOptions: { isCustomElement: (tag) => tag.includes("-") } },
    }),
  ],
  build: {
    // No inline script or style: a strict Content-Security-Policy refuses them.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: ["plain/index.html", "react/index.html", "vue/index.html"],
    },
  },
});
