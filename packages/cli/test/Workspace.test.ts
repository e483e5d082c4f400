import { execFileSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "vitest"
import { Workplace } from "./command.ts"

const root = fileURLToPath(new URL("../../../", import.meta.url))

describe("npm run voiceclone", () => {
  it("finds files where its user stands", () => {
    using place = new Workplace()
    writeFileSync(place.inside("notes.txt"), "")
    const args = ["--conditions=@voiceclone/source", "scripts/voiceclone.mjs", "create", "notes.txt", "--text", "Hi."]
    const env = {
      ...process.env,
      INIT_CWD: place.path,
      npm_lifecycle_event: "voiceclone",
      XDG_STATE_HOME: place.path,
      VOICECLONE_API_KEY: "key",
    }
    const run = () => execFileSync(process.execPath, args, { cwd: root, env, encoding: "utf8", stdio: "pipe" })
    assert.throws(run, /The voice sample notes\.txt is empty/)
  })
})
