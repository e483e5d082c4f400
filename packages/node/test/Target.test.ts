/** Where a result may go, and what is found out before anything is paid for. */
import { assert, describe, it } from "@effect/vitest"
import * as FakeApi from "@voiceclone/testing/FakeApi"
import * as FakeServer from "@voiceclone/testing/FakeServer"
import * as Fault from "@voiceclone/testing/Fault"
import * as WavFile from "@voiceclone/testing/WavFile"
import { execFileSync } from "node:child_process"
import { existsSync, statSync } from "node:fs"
import { chmod, link, mkdir, readdir, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { VoiceClone } from "../src/index.ts"
import * as JobProcess from "./JobProcess.ts"
import * as Scratch from "./Scratch.ts"

const speech = WavFile.tone({ seconds: 1 })

const open = async (scratch: Scratch.Scratch, scenario: FakeApi.Scenario = {}) => {
  const api = FakeApi.make({ speech, lifecycle: ["completed"], ...scenario })
  const server = await FakeServer.start(api)
  const client = new VoiceClone({ apiKey: "key", baseUrl: server.baseUrl, journal: scratch.journal })
  return {
    api,
    server,
    save: (output: string) =>
      client.clone({ sample: scratch.sample, text: "Hello!", output }).then(
        ({ path }) => path,
        (error: { readonly _tag: string; readonly message: string }) => `${error._tag}: ${error.message}`,
      ),
    [Symbol.asyncDispose]: async () => {
      await client.close()
      await server.close()
    },
  }
}

const isRoot = process.getuid?.() === 0

/** Root may write anywhere, so that user is another. */
const asNobody = isRoot ? (["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] as const) : undefined

const otherDisk = "/dev/shm"
const hasOtherDisk = existsSync(otherDisk) && statSync(otherDisk).dev !== statSync(tmpdir()).dev

/** What stands beside an output while it comes. */
const besides = [".part", ".part.json", ".part.json.tmp", ".part.lock", ".corrupt"]

type Case = [name: string, target: (inside: Scratch.Scratch["inside"]) => string, expected: RegExp]

describe("A target", { timeout: 60_000 }, () => {
  it.each<Case>([
    ["a directory", (inside) => inside("folder"), /^InvalidInput: .* is a directory$/],
    ["a name for a directory", (inside) => inside("absent/"), /^InvalidInput: /],
    ["in no directory", (inside) => inside("absent", "speech.wav"), /^InvalidInput: There is no directory/],
    ["in a file", (inside) => inside("voice.wav", "speech.wav"), /^(InvalidInput|TargetUnwritable): /],
    ["a link to a file", (inside) => inside("link"), /^InvalidInput: .* is a symbolic link$/],
    ["a link to nothing", (inside) => inside("dangling"), /^InvalidInput: .* is a symbolic link$/],
    ["a name that is too long", (inside) => inside("x".repeat(256)), /^TargetUnwritable: .* its name is too long$/],
    [
      "a name that leaves no room for its partial",
      (inside) => inside(`${"x".repeat(233)}.wav`),
      /^TargetUnwritable: .* its name is too long$/,
    ],
    ["the sample", (inside) => inside("voice.wav"), /^InvalidInput: .* over the voice sample/],
    ["the sample by another name", (inside) => inside("hard.wav"), /^InvalidInput: .* over the voice sample/],
    ...besides.map((suffix): Case => [
      `of which the sample would be the ${suffix}`,
      (inside) => inside(`kept${suffix}`),
      /^InvalidInput: .* over the voice sample/,
    ]),
    ["a named pipe", (inside) => inside("pipe"), /^InvalidInput: .* is a named pipe$/],
    ["a device", () => "/dev/null", /^InvalidInput: .* is a device$/],
    ["a name that no file can have", (inside) => inside("a\0b.wav"), /^(InvalidInput|TargetUnwritable): /],
  ])("that is %s is refused before anything is sent", async (_, target, expected) => {
    await using scratch = await Scratch.open()
    await using scene = await open(scratch)
    await mkdir(scratch.inside("folder"))
    await symlink(scratch.sample, scratch.inside("link"))
    await symlink(scratch.inside("nothing"), scratch.inside("dangling"))
    await link(scratch.sample, scratch.inside("hard.wav"))
    for (const suffix of besides) await link(scratch.sample, scratch.inside(`kept${suffix}${suffix}`))
    execFileSync("mkfifo", [scratch.inside("pipe")])
    const before = await readdir(scratch.directory)
    assert.match(await scene.save(target(scratch.inside)), expected)
    assert.strictEqual(scene.api.requests.length, 0)
    assert.deepStrictEqual(await readdir(scratch.directory), before)
    assert.strictEqual(await Scratch.digestOf(scratch.sample), Scratch.sha256(Scratch.voice))
  })

  it.each([
    ["whose directory", async (scratch: Scratch.Scratch) => chmod(scratch.inside("folder"), 0o555)],
    [
      "that itself",
      async (scratch: Scratch.Scratch) => {
        await chmod(scratch.inside("folder"), 0o777)
        await writeFile(scratch.inside("folder", "speech.wav"), "dear to someone")
        await chmod(scratch.inside("folder", "speech.wav"), 0o444)
      },
    ],
  ])("%s is read-only is refused before anything is sent", async (_, prepare) => {
    await using scratch = await Scratch.open()
    await using scene = await open(scratch)
    await chmod(scratch.directory, 0o755)
    await mkdir(scratch.inside("folder"))
    await mkdir(scratch.inside("state"))
    await chmod(scratch.inside("state"), 0o777)
    await prepare(scratch)
    const output = scratch.inside("folder", "speech.wav")
    const before = await Scratch.digestOf(output)
    const outcome = await JobProcess.run(scratch.clone(scene.server, { output }), { through: asNobody })
    if (outcome._tag !== "Error") assert.fail(JSON.stringify(outcome))
    assert.strictEqual(outcome.error._tag, "TargetUnwritable", outcome.error.message)
    assert.match(outcome.error.message, /permission denied$/)
    assert.strictEqual(scene.api.requests.length, 0)
    assert.strictEqual(await Scratch.digestOf(output), before)
  })

  it.skipIf(!hasOtherDisk)("may be on another filesystem than everything else", async () => {
    await using scratch = await Scratch.open()
    await using other = await Scratch.open(otherDisk)
    await using scene = await open(scratch)
    assert.strictEqual(await scene.save(other.output), other.output)
    assert.strictEqual(await Scratch.digestOf(other.output), Scratch.sha256(speech))
    assert.deepStrictEqual((await readdir(other.directory)).toSorted(), ["speech.wav", "voice.wav"])
  })

  it.each(["../../evil.wav", "/tmp/evil.wav", "..", "CON", "a\tb", ""])(
    "is never chosen by the server's Content-Disposition %j",
    async (filename) => {
      await using scratch = await Scratch.open()
      const disposition = `attachment; filename="${filename}"; filename*=UTF-8''..%2F..%2Fevil%00.wav`
      await using scene = await open(scratch, {
        faults: [Fault.on("result", "every", Fault.headers({ "content-disposition": disposition }))],
      })
      await mkdir(scratch.inside("a", "b"), { recursive: true })
      const output = scratch.inside("a", "b", "speech.wav")
      assert.strictEqual(await scene.save(output), output)
      assert.deepStrictEqual(
        (await readdir(scratch.directory, { recursive: true })).filter((name) => !name.startsWith("state")).toSorted(),
        ["a", join("a", "b"), join("a", "b", "speech.wav"), "voice.wav"],
      )
    },
  )
})
