/**
 * What a power cut leaves: bytes are on disk before they get their name, and the name is before success is said.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as WavFile from "@voiceclone/testing/WavFile"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as CloneJob from "../src/CloneJob.ts"
import * as Sample from "../src/Sample.ts"
import { soon, workshop } from "./workshop.ts"

const speech = WavFile.tone({ seconds: 2 })
const sample = Sample.fromBytes(WavFile.tone({ seconds: 3, frequency: 220 }), "me.wav")

/** A disk that tells what is done to it, in its order. */
const watched = (log: Array<string>) => {
  const told = <A, E>(self: Effect.Effect<A, E>, line: string) =>
    Effect.tap(self, () => Effect.sync(() => void log.push(line)))
  const watch = (file: FileSystem.File, path: string) =>
    new Proxy(file, {
      get: (_, key) => {
        const value: unknown = Reflect.get(file, key, file)
        if (key === "sync") return told(file.sync, `sync ${path}`)
        if (key === "writeAll") return (bytes: Uint8Array) => told(file.writeAll(bytes), `write ${path}`)
        return typeof value === "function" ? value.bind(file) : value
      },
    })
  return Layer.effect(
    FileSystem.FileSystem,
    Effect.map(FileSystem.FileSystem, (fs) => ({
      ...fs,
      open: (...[path, options]: Parameters<typeof fs.open>) =>
        Effect.map(fs.open(path, options), (file) => watch(file, path)),
      rename: (from: string, to: string) => told(fs.rename(from, to), `rename ${from} ${to}`),
    })),
  ).pipe(Layer.provide(NodeFileSystem.layer))
}

/** Where the file got its name, and that it was on disk before, and its name soon after. */
const placed = (log: ReadonlyArray<string>, to: string, directory: string) => {
  const renames = log.flatMap((line, at) => (line.startsWith("rename ") && line.endsWith(` ${to}`) ? [at] : []))
  for (const at of renames) {
    const from = log[at]?.split(" ")[1]
    const before = log.slice(0, at)
    assert.isAbove(before.lastIndexOf(`sync ${from}`), before.lastIndexOf(`write ${from}`), `${to}: bytes first`)
    assert.strictEqual(log[at + 1], `sync ${directory}`, `${to}: then its name`)
  }
  return renames
}

describe("A power cut", () => {
  it.live("takes nothing of what a job has said that it did", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const { api, directory, run } = yield* workshop({ speech }, { fileSystem: watched(log), journal: "disk" })
      const output = `${directory}/speech.wav`
      const job = CloneJob.CloneJob.use((job) => job.run({ sample, text: "Hello!", output, wait: soon }))
      yield* run(job)
      assert.strictEqual(api.tasks.length, 1)
      assert.lengthOf(placed(log, output, directory), 1)
      const entry = log
        .flatMap((line) => /^rename \S+ (\S+\.json)$/.exec(line)?.slice(1) ?? [])
        .find((file) => file.startsWith(`${directory}/jobs/`))
      assert.isDefined(entry)
      // planned, sent, submitted, where to, completed, saved
      assert.lengthOf(placed(log, entry, `${directory}/jobs`), 6)
    }),
  )
})
