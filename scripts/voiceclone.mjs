// The command from its sources, where the user stands: `npm run voiceclone -- clone voice.wav …`
//
// npm runs every script at the root of the workspace, and says in INIT_CWD where it was called. Paths on the command line
// are relative to that.
const { INIT_CWD, npm_lifecycle_event } = process.env
if (INIT_CWD !== undefined && npm_lifecycle_event?.startsWith("voiceclone")) process.chdir(INIT_CWD)

await import("../packages/cli/src/bin.ts")
