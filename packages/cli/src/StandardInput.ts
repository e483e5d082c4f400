/**
 * What is piped into the command.
 */
import * as Sample from "@voiceclone/core/Sample"
import { SampleUnreadable } from "@voiceclone/core/TaskError"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import { bytes } from "./Quantity.ts"
import { reasonOf } from "@voiceclone/server/SystemError"
import * as TemporaryDirectory from "./TemporaryDirectory.ts"
import { Usage } from "./Usage.ts"

/** No sample is as large; what is piped in may never end. */
const maximumBytes = 1_000_000_000

/** The names of audio files by their first bytes. A server may go by the name. */
const signatures: ReadonlyArray<readonly [extension: string, pattern: RegExp]> = [
  [".wav", /^RIFF.{4}WAVE/s],
  [".aiff", /^FORM.{4}AIF/s],
  [".flac", /^fLaC/],
  [".ogg", /^OggS/],
  [".m4a", /^.{4}ftyp/s],
  [".webm", /^\x1A\x45\xDF\xA3/],
  [".mp3", /^(?:ID3|\xFF[\xE2-\xFB])/],
]

const extensionOf = (head: Uint8Array): string => {
  const text = String.fromCharCode(...head)
  return signatures.find(([, pattern]) => pattern.test(text))?.[0] ?? ""
}

const headBytes = 12

/** The voice sample, kept in a temporary file for as long as the scope lasts: an upload may have to be repeated. */
export const sample = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const stdio = yield* Stdio.Stdio
  if (yield* stdio.stdinIsTerminal) {
    return yield* new Usage({
      reason: "The voice sample is to come from standard input, and that is a terminal",
      nextStep: "Pipe an audio file into the command, or give its path instead of -.",
    })
  }
  const directory = yield* TemporaryDirectory.make
  const spool = path.join(directory, "stdin")
  let size = 0
  let head = new Uint8Array()
  const readable = Stream.mapError(
    stdio.stdin,
    (error) => new SampleUnreadable({ sample: "from standard input", reason: reasonOf(error) }),
  )
  const counted = Stream.mapEffect(readable, (chunk) => {
    if (head.byteLength < headBytes) head = Uint8Array.of(...head, ...chunk.subarray(0, headBytes - head.byteLength))
    size += chunk.byteLength
    return size <= maximumBytes
      ? Effect.succeed(chunk)
      : Effect.fail(
          new Usage({
            reason: `Standard input is larger than ${bytes(maximumBytes)}: that is no voice sample`,
            nextStep: "Pipe an audio file of a person speaking into the command; a minute is plenty.",
          }),
        )
  })
  yield* Stream.run(counted, fs.sink(spool)).pipe(
    Effect.catchTag("PlatformError", (error) => Effect.fail(TemporaryDirectory.unwritable(error))),
  )
  if (size === 0) {
    return yield* new Usage({
      reason: "Standard input is empty: there is no voice sample in it",
      nextStep: "Pipe an audio file into the command, or give its path instead of -.",
    })
  }
  const named = `${spool}${extensionOf(head)}`
  yield* Effect.mapError(fs.rename(spool, named), TemporaryDirectory.unwritable)
  return yield* Sample.fromPath(named)
})
