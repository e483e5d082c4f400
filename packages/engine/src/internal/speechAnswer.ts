/** What a speech service answers, distrusted: audio, or why there is none. */
import type * as HttpClientError from "effect/http/HttpClientError"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type { Recording } from "../Recording.ts"
import { EngineUnavailable, SampleUnusable, TextUnspeakable } from "../SynthesisError.ts"
import { rates } from "./decode/mono.ts"
import { decodeWav } from "./decode/wav.ts"
import { Refusal } from "./refusal.ts"
import type { Fields } from "./speechForm.ts"

const failed = (retryable: boolean, detail: string, cause?: unknown) =>
  new EngineUnavailable({ retryable, detail, ...(cause === undefined ? {} : { cause }) })

/** No answer, or not a whole one. The cause is the connection's own error: the request holds the key. */
export const disconnected = (error: HttpClientError.HttpClientError): EngineUnavailable => {
  const cause = Predicate.hasProperty(error.reason, "cause") ? error.reason.cause : undefined
  const code = Predicate.hasProperty(cause, "code") ? ` (${String(cause.code)})` : ""
  return error.response === undefined
    ? failed(true, `The speech service cannot be reached${code}.`, cause)
    : failed(true, `The speech service's answer was cut short${code}.`, cause)
}

/** Raw PCM has no mark of its own; these would be heard as noise. */
const otherFormats: ReadonlyArray<readonly [RegExp, string]> = [
  [/^(?:ID3|\xff[\xe2-\xff])/u, "MP3"],
  [/^OggS/u, "Ogg"],
  [/^fLaC/u, "FLAC"],
  [/^[^]{4}ftyp/u, "MP4"],
  [/^\x1a\x45\xdf\xa3/u, "WebM"],
  [/^\s*[{[]\s*["{[\]}]/u, "JSON"],
  [/^\s*<[!?a-z]/iu, "markup"],
]

const asciiStart = (bytes: Uint8Array) => String.fromCharCode(...bytes.subarray(0, 64))

/** Whether a wav file begins here. */
const isWav = (start: string) => /^R(?:IFF|F64)[^]{4}WAVE/u.test(start)

const pcmOf = (bytes: Uint8Array, sampleRate: number): Recording => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const samples = Float32Array.from({ length: bytes.length >> 1 }, (_, i) => view.getInt16(i * 2, true) / 32_768)
  return { samples, sampleRate }
}

/** How the audio of an answer is to be read. */
export interface Expected {
  readonly format: "wav" | "pcm"
  /** Of raw PCM, in samples per second. */
  readonly pcmRate: number
  readonly contentType: string
}

/** One channel of the answer's audio; the answer is judged by its content. */
export const audioOf = Effect.fnUntraced(function* (
  bytes: Uint8Array,
  { contentType, format, pcmRate }: Expected,
): Effect.fn.Return<Recording, EngineUnavailable> {
  const start = asciiStart(bytes)
  if (bytes.length < 2) return yield* failed(true, "The speech service's answer is empty.")
  if (!isWav(start)) {
    const other = otherFormats.find(([pattern]) => pattern.test(start))?.[1]
    const found = other ?? (/^(?:text|application\/(?:json|xml))/iu.test(contentType) ? contentType : undefined)
    if (found !== undefined || format === "wav") {
      const detail = `The speech service answered with ${found ?? "something else"} where wav or raw PCM is read.`
      return yield* failed(false, detail)
    }
    const declared = Number(/rate=(\d+)/iu.exec(contentType)?.[1] ?? pcmRate)
    return pcmOf(bytes, yield* acceptedRate(declared))
  }
  const parts: Array<Float32Array> = []
  let sampleRate = 0
  const blocks = yield* attempt(() => Promise.resolve(decodeWav(bytes)[Symbol.iterator]()))
  for (;;) {
    const next = yield* attempt(async () => blocks.next())
    if (next.done === true) break
    const { channels, sampleRate: rate } = next.value
    sampleRate = rate
    const [first = new Float32Array(0)] = channels
    parts.push(first.map((_, i) => channels.reduce((sum, channel) => sum + (channel[i] || 0), 0) / channels.length))
    yield* Effect.yieldNow
  }
  const samples = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    samples.set(part, at)
    at += part.length
  }
  return { samples, sampleRate: yield* acceptedRate(sampleRate) }
})

const attempt = <A>(run: () => Promise<A>): Effect.Effect<A, EngineUnavailable> =>
  Effect.tryPromise({
    try: run,
    catch: (error) => {
      const isCut = error instanceof Refusal && (error.reason === "truncated" || error.reason === "empty")
      const reason = error instanceof Refusal ? `: ${error.message}` : "."
      return failed(isCut, `The speech service's answer is not a wav file that can be read${reason}`, error)
    },
  })

const acceptedRate = (rate: number) =>
  rate >= rates.lowest && rate <= rates.highest
    ? Effect.succeed(rate)
    : Effect.fail(failed(false, `The speech service answered with ${rate} samples a second.`))

/** What an error answer says, wherever it says it: OpenAI's, FastAPI's and plain forms. */
const complaintOf = (body: string): { readonly message: string; readonly field: string } => {
  try {
    const json: unknown = JSON.parse(body)
    const found = Predicate.hasProperty(json, "error")
      ? json.error
      : Predicate.hasProperty(json, "detail")
        ? json.detail
        : json
    if (Predicate.isString(found)) return { message: found, field: "" }
    const [first] = Array.isArray(found) ? (found as ReadonlyArray<unknown>) : [found]
    const text = (name: string) =>
      Predicate.hasProperty(first, name) && Predicate.isString(first[name]) ? first[name] : ""
    const loc = Predicate.hasProperty(first, "loc") && Array.isArray(first.loc) ? String(first.loc.at(-1)) : ""
    return { message: text("message") || text("msg") || text("detail"), field: text("param") || loc }
  } catch {
    return { message: /^\s*</u.test(body) ? "" : body, field: "" }
  }
}

const printable = (text: string) =>
  text
    .replaceAll(/[\p{C}\s]+/gu, " ")
    .trim()
    .slice(0, 200)

/** Words by which a complaint is about the one or the other, where it names no field. */
const aboutSample = /\b(?:audio|sample|reference|ref_audio|voice_wav|recording|speaker|clip)\b/iu
const aboutText = /\b(?:text|input|language|characters?|script|tokens?|prompt)\b/iu

/** The error for a status that is not success. */
export const refusalOf = (
  status: number,
  body: string,
  fields: Fields,
  key: string | undefined,
): SampleUnusable | TextUnspeakable | EngineUnavailable => {
  const complaint = complaintOf(body)
  // Some services repeat the key in their complaint about it.
  const said = printable(key === undefined ? complaint.message : complaint.message.replaceAll(key, "…"))
  const because = said === "" ? "." : `: ${said}`
  if (status >= 300 && status < 400) {
    return failed(false, "The speech service redirects; the address it points to is to be named instead.")
  }
  if (status === 401 || status === 403) return failed(false, "The speech service refuses the key.")
  if (status >= 500 || status === 429 || status === 408) {
    return failed(true, `The speech service answered ${status}${because}`)
  }
  if (status === 400 || status === 413 || status === 415 || status === 422) {
    const isText = complaint.field === fields.text || (complaint.field === "" && aboutText.test(said))
    const isSample = complaint.field === fields.sample || (complaint.field === "" && aboutSample.test(said))
    if (isSample && !isText) {
      return new SampleUnusable({ reason: "unsupported", detail: `The speech service refuses the sample${because}` })
    }
    if (isText && !isSample) {
      const reason = /\blanguage/iu.test(said) ? "unsupported language" : "refused"
      return new TextUnspeakable({ reason, supported: "", detail: `The speech service refuses the text${because}` })
    }
  }
  return failed(false, `The speech service answered ${status}${because}`)
}
