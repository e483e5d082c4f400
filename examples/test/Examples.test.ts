/**
 * The examples do what they show: each runs as its reader would run it, in a folder with `voice.wav`.
 */
import * as Wav from "@voiceclone/core/Wav"
import * as EmbeddedServer from "@voiceclone/server/EmbeddedServer"
import * as Result from "effect/Result"
import { execFile, execFileSync } from "node:child_process"
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, it } from "vitest"

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

const works = (command: string, ...args: Array<string>): boolean => {
  try {
    execFileSync(command, args, { stdio: "ignore" })
    return true
  } catch {
    return false
  }
}

const node = [process.execPath, "--conditions=@voiceclone/source"]
const examples: ReadonlyArray<readonly [file: string, command: ReadonlyArray<string>, present: boolean]> = [
  ["node.ts", node, true],
  ["effect.ts", node, true],
  ["curl.sh", ["sh"], works("curl", "--version")],
  ["python.py", ["python3"], works("python3", "-c", "import requests")],
]

let folder: string
let server: EmbeddedServer.EmbeddedServer

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "voiceclone-examples-"))
  server = await EmbeddedServer.start({ dataDirectory: join(folder, "data"), port: 0 })
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

for (const [file, [command = "", ...args], present] of examples) {
  // a machine without curl or Python's requests has no such reader
  it.runIf(present)(file, async () => {
    const cwd = mkdtempSync(join(folder, "run-"))
    copyFileSync(here("../voice.wav"), join(cwd, "voice.wav"))
    await promisify(execFile)(command, [...args, here(`../${file}`)], {
      cwd,
      env: {
        ...process.env,
        XDG_STATE_HOME: cwd,
        VOICECLONE_BASE_URL: server.baseUrl,
        VOICECLONE_API_KEY: server.apiKey,
      },
    })
    const bytes = readFileSync(join(cwd, "speech.wav"))
    const wav = Result.getOrThrowWith(Wav.verify(bytes.subarray(0, Wav.headBytes), bytes.byteLength, false), String)
    assert.deepStrictEqual(wav.format, Wav.resultFormat)
  })
}
