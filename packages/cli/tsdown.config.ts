import { defineConfig, type UserConfig } from "tsdown"
import { lazyBuiltins, oneQuestion } from "./build/lazyBuiltins.ts"
import { licences } from "./build/licences.ts"
import { page } from "./build/page.ts"
import { writtenTexts } from "./build/writtenTexts.ts"

// The command is one minified file: unbundled it takes seconds to start. Before it stands an entry that answers --help
// and its like from texts, has V8 keep the compiled code, and hands a plain `status` to a smaller file, because reading
// the definitions of all commands takes longer than asking. CommonJS, because an `import` of a module of Node.js evaluates
// all of it, WebSocket and WebCrypto too. The server stays outside: it is loaded by the commands that need it, and finds
// its worker and voices beside its own files.

/** Of the server what is no server: what it can be told, for `serve --help`, a system's errors in words, and mistyped names. */
const plain = /^@voiceclone\/server\/(?:Nearest|Settings|SystemError)$/

const common: UserConfig = {
  platform: "node",
  format: "cjs",
  target: "node20",
  dts: false,
  minify: true,
  clean: false,
  // core and node come from their sources: what is bundled is never older than what is read
  inputOptions: { resolve: { conditionNames: ["@voiceclone/source", "import", "node", "default"] } },
  outputOptions: { codeSplitting: false },
  deps: {
    alwaysBundle: [/^(?!@voiceclone\/server)/, plain],
    neverBundle: [/^@voiceclone\/server(?!\/(?:Nearest|Settings|SystemError)$)/],
    onlyBundle: false,
  },
}

export default defineConfig([
  { ...common, entry: { command: "src/bin.ts" }, plugins: [lazyBuiltins(), licences()] },
  { ...common, entry: { status: "src/statusBin.ts" }, plugins: [lazyBuiltins(), oneQuestion()] },
  { ...common, entry: { voiceclone: "src/entry.ts" }, plugins: [writtenTexts(), page()] },
])
