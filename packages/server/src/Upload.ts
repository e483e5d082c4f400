/**
 * Accepts a task: streams the form to the store, judges it, and writes the task down.
 */
import {
  ContentTooLarge,
  TooManyRequests,
  UnprocessableContent,
  UnsupportedMediaType,
} from "@voiceclone/core/VoiceCloneApi"
import type { SampleUnusable } from "@voiceclone/engine/SynthesisError"
import { Synthesizer } from "@voiceclone/engine/Synthesizer"
import * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import * as Multipart from "effect/http/Multipart"
import * as Option from "effect/Option"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import { BlobStore, type BlobStoreFailed, type BlobWriter, sampleOf } from "./BlobStore.ts"
import * as Fingerprint from "./Fingerprint.ts"
import * as SampleBlob from "./SampleBlob.ts"
import { type Limits, ServerConfig } from "./ServerOptions.ts"
import { type TaskNotCreated, type TaskRecord, Tasks } from "./Tasks.ts"
import * as TaskTrace from "./TaskTrace.ts"
import * as Webhook from "./Webhook.ts"

/** Why an upload is refused. */
export type UploadRefused = ContentTooLarge | UnsupportedMediaType | UnprocessableContent | TooManyRequests

const megabytes = (bytes: number): string => `${+(bytes / (1024 * 1024)).toFixed(1)} MiB`

const sampleTooLarge = (limits: Limits) =>
  new ContentTooLarge({ detail: `The voice sample is larger than ${megabytes(limits.sampleBytes)}` })

const textTooLong = (limits: Limits) =>
  new UnprocessableContent({ detail: `The text is longer than ${limits.textLength} characters` })

const sampleTooLong = (limits: Limits) =>
  new ContentTooLarge({ detail: `The voice sample is longer than ${limits.sampleSeconds} seconds` })

const unprocessable = (detail: string) => new UnprocessableContent({ detail })

/** The most bytes of a text; UTF-8 has up to 4 for a character. */
const textBytes = ({ textLength }: Limits) => textLength * 4

/** The most bytes of a form: the sample, the text, and a MiB for all the rest. */
const formBytes = (limits: Limits) => limits.sampleBytes + textBytes(limits) + 1024 * 1024

/** The parser's own limits: against floods. What a client may sensibly exceed is judged part by part. */
const parserLimits = (limits: Limits) =>
  Multipart.limitsServices({
    maxParts: 64,
    maxFieldSize: ByteSize.bytes(textBytes(limits)),
    maxTotalSize: ByteSize.bytes(formBytes(limits)),
  })

/** A sample without a file's name is a field to the parser, too. */
const fieldTooLarge = (limits: Limits) =>
  unprocessable(
    `The text is longer than ${limits.textLength} characters, or audio_file is sent as a field, without a file name`,
  )

/** The parser does not say which field is too large; where the text has arrived, it is another. */
const refusedForm = (error: Multipart.MultipartError, limits: Limits, hasText: boolean): UploadRefused => {
  switch (error.reason._tag) {
    case "FileTooLarge":
    case "BodyTooLarge":
      return sampleTooLarge(limits)
    case "FieldTooLarge":
      return hasText ? new ContentTooLarge({ detail: "A field of the form is too large" }) : fieldTooLarge(limits)
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

/** Characters; two minutes of speech have some 2,000. */
const transcriptLimit = 10_000

/**
 * What is beyond the contract's own words about the form: this server's limits, so that a client can tell before it
 * uploads. `maxLength` is of the text in characters, and of the sample in bytes (OpenAPI 3.1.1, "Working with Binary
 * Data"); for its length in time there is no word.
 */
export const describe = ({ sampleBytes, sampleSeconds, textLength }: Limits): Record<string, object> => ({
  audio_file: { maxLength: sampleBytes, "x-max-seconds": sampleSeconds },
  text: { maxLength: textLength },
  transcript: { maxLength: transcriptLimit },
})

/** The fields of a form that are text. */
const wordFields: ReadonlySet<string> = new Set(["text", "transcript", "webhook_url"])

/** Reads the whole form: the sample goes to the writer, the words are returned. Parts come in any order. */
const readForm = Effect.fnUntraced(function* (
  form: Stream.Stream<Multipart.Part, Multipart.MultipartError>,
  writer: BlobWriter,
  limits: Limits,
): Effect.fn.Return<Fingerprint.Words, UploadRefused | BlobStoreFailed> {
  const words = new Map<string, string>()
  let sampleBytes: number | undefined
  const take = Effect.fnUntraced(function* (part: Multipart.Part) {
    if (Multipart.isField(part)) {
      if (part.key === "audio_file") return yield* unprocessable("audio_file is not a file")
      if (!wordFields.has(part.key)) return
      if (words.has(part.key)) return yield* unprocessable(`${part.key} is given twice`)
      // PostgreSQL takes none. Other control characters are the engine's business.
      if (part.value.includes("\0")) return yield* unprocessable(`${part.key} has a NUL character: leave it out`)
      // What a decoder puts in the place of bytes that are no UTF-8: the speech would be without them.
      if (part.value.includes("\ufffd")) {
        return yield* unprocessable(`${part.key} has lost characters (U+FFFD) to a wrong encoding: send it as UTF-8`)
      }
      words.set(part.key, part.value)
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
    } else if (wordFields.has(part.key)) {
      return yield* unprocessable(`${part.key} is a file; send it as a plain field`)
    } else {
      yield* Stream.runDrain(part.content)
    }
  })
  yield* Stream.runForEach(Stream.provideContext(form, parserLimits(limits)), take).pipe(
    Effect.catchTag("MultipartError", (error) => Effect.fail(refusedForm(error, limits, words.has("text")))),
  )
  const text = words.get("text")
  // An empty field is what a form sends that nobody filled in.
  const transcript = words.get("transcript")?.trim() || undefined
  const webhookUrl = words.get("webhook_url")?.trim() || undefined
  if (sampleBytes === undefined) return yield* unprocessable("audio_file is missing")
  if (text === undefined) return yield* unprocessable("text is missing")
  if (text.trim() === "") return yield* unprocessable("text is empty")
  if (countCharacters(text) > limits.textLength) return yield* textTooLong(limits)
  if (countCharacters(transcript ?? "") > transcriptLimit) {
    return yield* unprocessable(`The transcript is longer than ${transcriptLimit} characters`)
  }
  return { text, transcript, webhookUrl }
})

const refusedSample = ({ detail, reason }: SampleUnusable) =>
  reason === "not audio" || reason === "unsupported"
    ? new UnsupportedMediaType({ detail })
    : new UnprocessableContent({ detail })

/** How many samples are judged at once: of each a MiB or so is in memory. */
const inspections = 2

/** A form that becomes no task is read all the same, for its fingerprint. */
const nowhere: BlobWriter = { append: () => Effect.void, replaceStart: () => Effect.void }

const fingerprinting = (writer: BlobWriter, fingerprint: Fingerprint.Fingerprint): BlobWriter => ({
  ...writer,
  append: (bytes) => Effect.suspend(() => (fingerprint.append(bytes), writer.append(bytes))),
})

/** What became of an upload. */
export interface Accepted {
  readonly taskId: string
  /** Whether an earlier upload with the same idempotency key made the task. */
  readonly replayed: boolean
}

/**
 * Makes the function that accepts the form as a task of the owner's. By then the sample and the task are on the disk; on
 * any failure, a vanished client's included, nothing is.
 *
 * Uploads with the same idempotency key do not wait for each other, because the earlier one may hang on a dead
 * connection until its time is over: the first that is whole makes the task, and the others get it as theirs.
 */
export const make = Effect.gen(function* () {
  const tasks = yield* Tasks
  const blobs = yield* BlobStore
  const synthesizer = yield* Synthesizer
  const { limits, webhooksToPrivateAddresses: toPrivate } = yield* ServerConfig
  const inspecting = yield* Semaphore.make(inspections)

  return Effect.fn("Upload.accept")(function* (
    form: Stream.Stream<Multipart.Part, Multipart.MultipartError>,
    owner: string,
    idempotencyKey: string | undefined,
    declaredBytes: number | undefined,
  ): Effect.fn.Return<Accepted, UploadRefused | BlobStoreFailed | TaskNotCreated> {
    // Before a byte of it is read, or asked for by 100 Continue.
    if ((declaredBytes ?? 0) > formBytes(limits)) return yield* sampleTooLarge(limits)
    const id = crypto.randomUUID()
    const sample = sampleOf(id)
    const fingerprint = Fingerprint.make()

    const replay = Effect.fnUntraced(function* (task: TaskRecord, fingerprint: string) {
      if (task.fingerprint !== fingerprint) {
        return yield* unprocessable("This Idempotency-Key was used before, with another form")
      }
      yield* Effect.logInfo("Task asked for again").pipe(Effect.annotateLogs("task", task.id))
      return { taskId: task.id, replayed: true }
    })

    const known = idempotencyKey === undefined ? Option.none() : yield* tasks.findByKey(owner, idempotencyKey)
    if (Option.isSome(known)) {
      const words = yield* readForm(form, fingerprinting(nowhere, fingerprint), limits)
      return yield* replay(known.value, fingerprint.of(words))
    }

    const tooMany = new TooManyRequests({
      detail: `More than ${limits.tasksInFlight} tasks at once: wait until one has ended, or cancel one`,
    })
    const dropSample = Effect.ignore(blobs.remove(sample))

    const receive = Effect.gen(function* () {
      // Before the upload, which would be in vain; it counts when the task is made.
      if ((yield* tasks.inFlight(owner)) >= limits.tasksInFlight) return yield* tooMany
      const words = yield* blobs.put(sample, (writer) =>
        readForm(form, idempotencyKey === undefined ? writer : fingerprinting(writer, fingerprint), limits),
      )
      const refusal = words.webhookUrl === undefined ? undefined : Webhook.refuse(words.webhookUrl, toPrivate)
      if (refusal !== undefined) return yield* unprocessable(refusal)
      yield* Effect.mapError(synthesizer.inspectText(words.text), ({ detail }) => unprocessable(detail))
      const { duration } = yield* inspecting.withPermit(
        Effect.flatMap(SampleBlob.source(id), synthesizer.inspect).pipe(
          Effect.catchTag("SampleUnusable", (error) => Effect.fail(refusedSample(error))),
          Effect.provideService(BlobStore, blobs),
        ),
      )
      if ((duration ?? 0) > limits.sampleSeconds) return yield* sampleTooLong(limits)
      const idempotency =
        idempotencyKey === undefined ? undefined : { key: idempotencyKey, fingerprint: fingerprint.of(words) }
      return { ...words, idempotency, traceparent: yield* TaskTrace.current }
    })

    // Once the task may be written down, its sample must stay, even if the client goes away at this very moment, or the
    // database without an answer: if there is no task then, `Sweep` deletes the sample.
    const { idempotency, task } = yield* Effect.uninterruptibleMask((restore) =>
      Effect.onError(restore(receive), () => dropSample).pipe(
        Effect.flatMap((form) =>
          tasks.create({ id, owner, inFlightLimit: limits.tasksInFlight, ...form }).pipe(
            Effect.map((task) => ({ task, idempotency: form.idempotency })),
            Effect.catchTags({
              InFlightExceeded: () => Effect.andThen(dropSample, tooMany),
              TaskNotCreated: (error) => Effect.andThen(dropSample, error),
            }),
          ),
        ),
        Effect.tap(({ task }) => (task.id === id ? Effect.void : dropSample)),
      ),
    )
    if (idempotency !== undefined && task.id !== id) return yield* replay(task, idempotency.fingerprint)
    yield* Effect.logInfo("Task accepted").pipe(Effect.annotateLogs("task", id))
    return { taskId: id, replayed: false }
  })
})
