/**
 * Accepts a task: streams the form to the store, judges it, and writes the task down.
 */
import { ContentTooLarge, UnprocessableContent, UnsupportedMediaType } from "@voiceclone/core/VoiceCloneApi"
import type { SampleUnusable } from "@voiceclone/engine/SynthesisError"
import { Synthesizer } from "@voiceclone/engine/Synthesizer"
import * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import * as Multipart from "effect/http/Multipart"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import { BlobStore, type BlobStoreFailed, type BlobWriter, sampleOf } from "./BlobStore.ts"
import { type Limits, ServerConfig } from "./ServerOptions.ts"
import { Tasks } from "./Tasks.ts"

/** Why an upload is refused. */
export type UploadRefused = ContentTooLarge | UnsupportedMediaType | UnprocessableContent

const megabytes = (bytes: number): string => `${+(bytes / (1024 * 1024)).toFixed(1)} MiB`

const sampleTooLarge = (limits: Limits) =>
  new ContentTooLarge({ detail: `The voice sample is larger than ${megabytes(limits.sampleBytes)}` })

const textTooLong = (limits: Limits) =>
  new UnprocessableContent({ detail: `The text is longer than ${limits.textLength} characters` })

const unprocessable = (detail: string) => new UnprocessableContent({ detail })

/** The parser's own limits: against floods. What a client may sensibly exceed is judged part by part. */
const parserLimits = ({ sampleBytes, textLength }: Limits) => {
  const textBytes = textLength * 4
  return Multipart.limitsServices({
    maxParts: 64,
    maxFieldSize: ByteSize.bytes(textBytes),
    maxTotalSize: ByteSize.bytes(sampleBytes * 2 + textBytes + 1024 * 1024),
  })
}

const refusedForm = (error: Multipart.MultipartError, limits: Limits): UploadRefused => {
  switch (error.reason._tag) {
    case "FileTooLarge":
    case "BodyTooLarge":
      return sampleTooLarge(limits)
    case "FieldTooLarge":
      return textTooLong(limits)
    case "TooManyParts":
      return new ContentTooLarge({ detail: "The form has too many parts" })
    case "InternalError":
    case "Parse":
      return unprocessable("The form is not valid multipart/form-data")
  }
}

const countCharacters = (text: string): number => {
  let count = 0
  for (const _ of text) count++
  return count
}

/** Reads the whole form: the sample goes to the writer, the text is returned. Parts come in any order. */
const readForm = Effect.fnUntraced(function* (
  form: Stream.Stream<Multipart.Part, Multipart.MultipartError>,
  writer: BlobWriter,
  limits: Limits,
): Effect.fn.Return<string, UploadRefused | Multipart.MultipartError | BlobStoreFailed> {
  let text: string | undefined
  let sampleBytes: number | undefined
  const take = Effect.fnUntraced(function* (part: Multipart.Part) {
    if (Multipart.isField(part)) {
      if (part.key === "audio_file") return yield* unprocessable("audio_file is not a file")
      if (part.key !== "text") return
      if (text !== undefined) return yield* unprocessable("text is given twice")
      text = part.value
    } else if (part.key === "audio_file") {
      if (sampleBytes !== undefined) return yield* unprocessable("audio_file is given twice")
      sampleBytes = 0
      yield* Stream.runForEach(
        part.content,
        Effect.fnUntraced(function* (bytes) {
          sampleBytes = (sampleBytes ?? 0) + bytes.byteLength
          if (sampleBytes > limits.sampleBytes) return yield* sampleTooLarge(limits)
          yield* writer.append(bytes)
        }),
      )
    } else if (part.key === "text") {
      return yield* unprocessable("text is a file; send it as a plain field")
    } else {
      yield* Stream.runDrain(part.content)
    }
  })
  yield* Stream.runForEach(Stream.provideContext(form, parserLimits(limits)), take)
  if (sampleBytes === undefined) return yield* unprocessable("audio_file is missing")
  if (text === undefined) return yield* unprocessable("text is missing")
  if (text.trim() === "") return yield* unprocessable("text is empty")
  if (countCharacters(text) > limits.textLength) return yield* textTooLong(limits)
  return text
})

const refusedSample = ({ detail, reason }: SampleUnusable) =>
  reason === "not audio" || reason === "unsupported"
    ? new UnsupportedMediaType({ detail })
    : new UnprocessableContent({ detail })

/** How many samples are held in memory at once, to be judged. */
const inspections = 2

/**
 * Makes the function that accepts the form as a task of the owner's and returns the task's id. By then the sample and
 * the task are on the disk; on any failure, a vanished client's included, nothing is.
 */
export const make = Effect.gen(function* () {
  const tasks = yield* Tasks
  const blobs = yield* BlobStore
  const synthesizer = yield* Synthesizer
  const { limits } = yield* ServerConfig
  const inspecting = yield* Semaphore.make(inspections)

  return Effect.fn("Upload.accept")(function* (
    form: Stream.Stream<Multipart.Part, Multipart.MultipartError>,
    owner: string,
  ): Effect.fn.Return<string, UploadRefused | BlobStoreFailed> {
    const id = crypto.randomUUID()
    const sample = sampleOf(id)

    const receive = Effect.gen(function* () {
      const text = yield* blobs.put(sample, (writer) => readForm(form, writer, limits))
      yield* synthesizer.inspectText(text)
      yield* inspecting.withPermit(Effect.flatMap(blobs.bytes(sample), synthesizer.inspect))
      return text
    }).pipe(
      Effect.catchTags({
        MultipartError: (error) => Effect.fail(refusedForm(error, limits)),
        SampleUnusable: (error) => Effect.fail(refusedSample(error)),
        TextUnspeakable: (error) => Effect.fail(unprocessable(error.detail)),
      }),
    )

    // Once the task is written down, its sample must stay, even if the client goes away at this very moment.
    yield* Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(restore(receive), (text) => tasks.create({ id, owner, text })).pipe(
        Effect.onError(() => Effect.ignore(blobs.remove(sample))),
      ),
    )
    yield* Effect.logInfo("Task accepted").pipe(Effect.annotateLogs("task", id))
    return id
  })
})
