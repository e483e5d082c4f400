/**
 * Where the speech goes: into a file, or to standard output once all of it has arrived and been checked.
 */
import { CloneJob } from "@voiceclone/core/CloneJob"
import type { SavedResult } from "@voiceclone/core/Download"
import { Journal } from "@voiceclone/core/Journal"
import * as JournalStore from "@voiceclone/core/JournalStore"
import type * as Poller from "@voiceclone/core/Poller"
import type { TaskId } from "@voiceclone/core/Task"
import { ResultCorrupt, TargetUnwritable } from "@voiceclone/core/TaskError"
import { VoiceCloneClient } from "@voiceclone/core/VoiceCloneClient"
import * as Wav from "@voiceclone/core/Wav"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as Stream from "effect/Stream"
import { createHash } from "node:crypto"
import { parse } from "node:path"
import { Display } from "./Display.ts"
import { ExitCode } from "./ExitCode.ts"
import { bytes, seconds } from "./Quantity.ts"
import { Ended } from "./Session.ts"
import { isBrokenPipe, putBytes } from "./StandardStreams.ts"
import { reasonOf } from "@voiceclone/server/SystemError"
import * as TemporaryDirectory from "./TemporaryDirectory.ts"
import { Usage } from "./Usage.ts"

/** Whether the output is standard output. A file of that name is `./-`. */
export const isStandardOutput = (output: string): boolean => output === "-"

/** The file that an output means: in a directory, one that is named after what it holds. */
export const fileIn = Effect.fnUntraced(function* <E>(output: string, name: Effect.Effect<string, E>) {
  if (isStandardOutput(output)) return output
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const info = yield* Effect.option(fs.stat(output))
  return Option.isSome(info) && info.value.type === "Directory" ? path.join(output, yield* name) : output
})

/** The name that the API gives a result too, without what no file may be called. */
export const nameOfTask = (taskId: TaskId): string => `task_${taskId.replace(/[^\w.-]/g, "_")}.wav`

/** The SHA-256 of what a file holds. */
export const digestOf = <E>(content: Stream.Stream<Uint8Array, E>): Effect.Effect<string, E> =>
  Effect.suspend(() => {
    const hash = createHash("sha256")
    const hashed = Stream.runForEach(content, (chunk) => Effect.sync(() => void hash.update(chunk)))
    return Effect.map(hashed, () => hash.digest("hex"))
  })

/** The same sample and text give the same name, another recording of that name another one. */
export const nameOfJob = (sample: string, sampleDigest: string, text: string): string => {
  const digest = createHash("sha256").update(sampleDigest).update(text).digest("hex")
  return `${parse(sample).name}-${digest.slice(0, 12)}.wav`
}

/** Whether the speech can go there at all. */
export const check = Effect.fnUntraced(function* (output: string, json: boolean) {
  if (!isStandardOutput(output)) return
  if (json) {
    return yield* new Usage({
      reason: "Standard output cannot take both the speech (-o -) and JSON lines (--json)",
      nextStep: "Name a file with -o, or leave --json out.",
    })
  }
  if (process.stdout.isTTY) {
    return yield* new Usage({
      reason: "Standard output is a terminal, which the bytes of the speech (-o -) would garble",
      nextStep: "Name a file with -o, or pipe it on: voiceclone … -o - | aplay",
    })
  }
})

/** Says where the file is. */
export const tellSaved = Effect.fnUntraced(function* (saved: SavedResult) {
  const display = yield* Display
  yield* display.result(`Saved ${saved.path} (${describe(saved)})`, { _tag: "Done", ...saved })
})

const describe = (saved: SavedResult): string =>
  `${seconds(saved.seconds)}, ${Wav.formatName(saved.format)}, ${bytes(saved.bytes)}`

/** Brings the speech of a task to the output; waits for the task first where it is told how. */
export const deliver = Effect.fnUntraced(function* (taskId: TaskId, output: string, wait: Poller.Options | undefined) {
  if (isStandardOutput(output)) return yield* toStandardOutput(taskId, wait)
  yield* tellSaved(yield* toFile(taskId, output, wait))
})

const toFile = Effect.fnUntraced(function* (taskId: TaskId, file: string, wait: Poller.Options | undefined) {
  const job = yield* CloneJob
  return yield* wait === undefined ? job.download(taskId, file) : job.finish(taskId, file, { wait })
})

const toStandardOutput = Effect.fnUntraced(function* (taskId: TaskId, wait: Poller.Options | undefined) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const display = yield* Display
  const directory = yield* TemporaryDirectory.make
  const saved = yield* toFile(taskId, path.join(directory, "speech.wav"), wait).pipe(
    Effect.provide(unrecorded),
    Effect.catchTags({
      // what came is kept beside the file, and goes with it
      ResultCorrupt: ({ taskId, reason, cutShort }) => Effect.fail(new ResultCorrupt({ taskId, reason, cutShort })),
      TargetUnwritable: ({ reason, cause }) =>
        Effect.fail(new TargetUnwritable({ path: TemporaryDirectory.what, reason, cause })),
    }),
  )
  yield* Stream.runForEach(fs.stream(saved.path), putBytes).pipe(
    Effect.mapError((error) =>
      "code" in error && isBrokenPipe(error)
        ? // whoever reads has had enough; a script can tell that it wasn't all
          new Ended({ code: ExitCode.output })
        : new TargetUnwritable({ path: "to standard output", reason: reasonOf(error), cause: error }),
    ),
  )
  yield* markDelivered(saved)
  yield* display.step(`Wrote the speech to standard output (${describe(saved)})`)
}, Effect.scoped)

/** A temporary file is not the job's output: the journal that a job writes is here one that nobody reads. */
const unrecorded = Layer.fresh(
  CloneJob.layer.pipe(Layer.provide(Journal.layer), Layer.provide(JournalStore.layerMemory)),
)

/** Writes down that nothing is left to do, where the journal knows the task. */
const markDelivered = Effect.fnUntraced(
  function* ({ taskId, bytes, sha256 }: SavedResult) {
    const journal = yield* Journal
    const { server } = yield* VoiceCloneClient
    const { entries } = yield* journal.list
    const entry = entries.find((entry) => entry.taskId === taskId && entry.server === server)
    if (entry === undefined) return
    yield* journal.hold(entry.key)
    const known = Option.getOrUndefined(yield* journal.find(entry.key))
    if (known?.taskId !== taskId || known.state === "saved") return
    yield* journal.record(known, { state: "saved", saved: { path: "-", bytes, sha256 } })
  },
  Effect.scoped,
  (marked) => Effect.ignore(marked),
)
