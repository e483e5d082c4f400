import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as fc from "fast-check"
import * as multipart from "../../src/internal/multipart.ts"
import * as Sample from "../../src/Sample.ts"
import { forAll } from "../property.ts"

const silent: multipart.Progress = {
  onChunk: () => Effect.void,
  onEnd: Effect.void,
  onError: () => Effect.void,
}

/** Sends a body through the platform's own parser. */
const roundTrip = Effect.fnUntraced(function* (sample: Sample.Sample, text: string) {
  const body = yield* multipart.body(sample, text, silent)
  const chunks = yield* Stream.runCollect(body.stream)
  const bytes = new Uint8Array(yield* Effect.promise(() => new Blob(chunks as Array<BlobPart>).arrayBuffer()))
  assert.strictEqual(bytes.byteLength, body.contentLength, "Content-Length")
  const form = yield* Effect.promise(() =>
    new Response(bytes, { headers: { "content-type": body.contentType } }).formData(),
  )
  return { text: form.get("text"), file: form.get("audio_file") as File }
})

const awkward = [
  'a"b.wav',
  "a\r\nContent-Type: text/html\r\n\r\nb.wav",
  "ünïcødé – 声.wav",
  "%22.wav",
  "; filename=x",
  "--",
  "\\",
]

/** As a parser is bound to see it: text that is not Unicode has no bytes. */
const sent = (text: string) => text.toWellFormed()

/** Halves of surrogate pairs among it, which are no Unicode. */
const anyText = fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)), minLength: 1 })

describe("multipart", () => {
  it("keeps any text, and bytes in any chunks, and knows their length", () =>
    forAll(
      fc.tuple(anyText, fc.array(fc.uint8Array({ maxLength: 300 }))),
      Effect.fnUntraced(function* ([text, chunks]) {
        const bytes = new Uint8Array(chunks.flatMap((chunk) => [...chunk]))
        const sample = { ...Sample.fromBytes(bytes), stream: Stream.fromIterable(chunks) }
        const { text: received, file } = yield* roundTrip(sample, text)
        assert.strictEqual(received, sent(text))
        assert.deepStrictEqual(new Uint8Array(yield* Effect.promise(() => file.arrayBuffer())), bytes)
        assert.strictEqual(file.type, "audio/wav")
      }),
    ))

  it("keeps any file name", () =>
    forAll(
      anyText,
      Effect.fnUntraced(function* (name) {
        const { file, text } = yield* roundTrip(Sample.fromBytes(Uint8Array.of(1), name), "Hello")
        assert.strictEqual(text, "Hello")
        assert.isTrue(file instanceof File)
      }),
    ))

  it.effect.each(awkward)("lets no name break out of its header: %j", (name) =>
    Effect.gen(function* () {
      const { file, text } = yield* roundTrip(Sample.fromBytes(Uint8Array.of(1, 2), name), 'He said "hi"\r\n--\r\n')
      assert.strictEqual(text, 'He said "hi"\r\n--\r\n')
      assert.strictEqual(file.size, 2)
      if (!name.includes("%")) assert.strictEqual(file.name, name)
    }),
  )

  it.effect("is opened anew each time", () =>
    Effect.gen(function* () {
      const body = yield* multipart.body(Sample.fromBytes(Uint8Array.of(1, 2, 3)), "Hello", silent)
      const [first, second] = yield* Effect.all([Stream.runCollect(body.stream), Stream.runCollect(body.stream)])
      assert.deepStrictEqual(first, second)
    }),
  )
})
