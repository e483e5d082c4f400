// The command from its sources, where the user stands: `npm run voiceclone -- clone voice.wav …`
//
// npm runs every script at the root of the workspace, and says in INIT_CWD where it was called. Paths on the command line
// are relative to that.
import { fileURLToPath } from "node:url"

const { INIT_CWD, npm_lifecycle_event } = process.env
if (INIT_CWD !== undefined && npm_lifecycle_event?.startsWith("voiceclone")) process.chdir(INIT_CWD)

// the page that it opens is built, like everything else here, from its sources
if (process.argv.includes("--open")) {
  const { build } = await import("vite")
  await build({ root: fileURLToPath(new URL("../examples/web", import.meta.url)), logLevel: "warn" })
}

await import("../packages/cli/src/bin.ts")
