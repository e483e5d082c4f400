/**
 * What the voice shall say: from the command line, from a file, or from standard input.
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import { bytes } from "./Quantity.ts"
import { reasonOf } from "@voiceclone/server/SystemError"
import { Usage } from "./Usage.ts"

/** Days of speech; a file that is larger is not the one that was meant. */
const maximumBytes = 10_000_000

const howTo = 'Give one of them: --text "What to say", --text-file FILE, or --text-file - for standard input.'

/** The text of exactly one of the two flags. */
export const read = Effect.fnUntraced(function* (flags: {
  readonly text: Option.Option<string>
  readonly textFile: Option.Option<string>
}) {
  const text = Option.getOrUndefined(flags.text)
  const file = Option.getOrUndefined(flags.textFile)
  if (text !== undefined && file !== undefined) {
    return yield* new Usage({ reason: "Both --text and --text-file are given", nextStep: howTo })
  }
  if (text !== undefined) return text
  if (file !== undefined) return yield* fromFile(file)
  return yield* new Usage({ reason: "There is no text: neither --text nor --text-file is given", nextStep: howTo })
})

/** As `"$(cat FILE)"` gives it: without the newlines at its end. Nor does a byte order mark belong to the text. */
const fromFile = Effect.fnUntraced(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  const stdio = yield* Stdio.Stdio
  const name = file === "-" ? "standard input" : `the text file ${file}`
  const refuse = (reason: string, nextStep: string) => new Usage({ reason, nextStep })
  const chunks: Array<Uint8Array> = []
  let size = 0
  yield* Stream.runForEach(file === "-" ? stdio.stdin : fs.stream(file), (chunk) => {
    chunks.push(chunk)
    size += chunk.byteLength
    return size <= maximumBytes
      ? Effect.void
      : Effect.fail(refuse(`There are more than ${bytes(maximumBytes)} in ${name}`, "Give a shorter text."))
  }).pipe(
    Effect.catchTag("PlatformError", (error) =>
      Effect.fail(refuse(`Cannot read ${name}: ${reasonOf(error)}`, "Give the path of a text file in UTF-8.")),
    ),
  )
  const decoded = yield* decode(Buffer.concat(chunks), `The bytes of ${name} are not`)
  return decoded.replace(/(?:\r?\n)+$/, "")
})

/** Strictly: letters that are lost would be paid for. `isNot` begins the sentence that refuses bytes in another encoding. */
export const decode = (bytes: Uint8Array, isNot: string): Effect.Effect<string, Usage> =>
  Effect.try({
    try: () => new TextDecoder("utf-8", { fatal: true }).decode(bytes),
    catch: () => {
      const [first, second] = bytes
      const isUtf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)
      return new Usage({
        reason: `${isNot} text in UTF-8`,
        nextStep: `Convert it first, e.g. iconv -f ${isUtf16 ? "UTF-16" : "WINDOWS-1252"} -t UTF-8.`,
      })
    },
  })
