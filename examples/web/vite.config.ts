import { defaultClientConditions, defineConfig } from "vite"

export default defineConfig({
  // the client from its sources, so that no build stands between an edit and the page
  resolve: { conditions: ["@voiceclone/source", ...defaultClientConditions] },
  build: { outDir: "../dist", emptyOutDir: true, target: "es2023", license: { fileName: "LICENSES.md" } },
})
