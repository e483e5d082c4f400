import { defineConfig } from "tsdown"

// One minified file starts in a third of a second; unbundled it takes seconds. The server stays outside: it is loaded by
// the commands that need it, and finds its worker and voices beside its own files.

export default defineConfig({
  entry: { voiceclone: "src/bin.ts" },
  platform: "node",
  target: "node20",
  dts: false,
  minify: true,
  fixedExtension: false,
  // core and node come from their sources: what is bundled is never older than what is read
  inputOptions: { resolve: { conditionNames: ["@voiceclone/source", "import", "node", "default"] } },
  outputOptions: { codeSplitting: false },
  deps: {
    alwaysBundle: [/^(?!@voiceclone\/server)/],
    neverBundle: [/^@voiceclone\/server/],
    onlyBundle: false,
  },
})
