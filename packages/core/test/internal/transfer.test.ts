/** Answers that no transport of Node.js lets through: a browser hides across origins that a body was compressed. */
import { assert, describe, it } from "@effect/vitest"
import * as WavFile from "@voiceclone/testing/WavFile"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { createHash } from "node:crypto"
import { Digest } from "../../src/Digest.ts"
import * as partialInMemory from "../../src/internal/partialInMemory.ts"
import * as transfer from "../../src/internal/transfer.ts"
import { TaskId } from "../../src/Task.ts"
import { ConnectionFailed } from "../../src/TaskError.ts"
import type { ResultResponse } from "../../src/VoiceCloneClient.ts"
import * as Wav from "../../src/Wav.ts"
import { digestLayer } from "../workshop.ts"

const pcm = WavFile.tone({ seconds: 2 }).subarray(44)
const honest = WavFile.make({ data: pcm })
const open = WavFile.make({ data: pcm, sizes: "largest" })
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("base64")

/** How long the compressed body is, and all that is announced of it. */
const encodedBytes = 30_000
const reset = new ConnectionFailed({ origin: "https://voices.example", reason: "it was reset" })

/** In pieces of 10,000 bytes, so that one of them ends where the compressed body does. */
const pieces = (bytes: Uint8Array) => {
  const chunks: Array<Uint8Array> = []
  for (let at = 0; at < bytes.byteLength; at += 10_000) chunks.push(bytes.subarray(at, at + 10_000))
  return Stream.fromIterable(chunks)
}

const whole = (bytes: Uint8Array, fields: Partial<ResultResponse> = {}): ResultResponse => ({
  status: 200,
  contentLength: encodedBytes,
  stream: pieces(bytes),
  ...fields,
})

const part = (bytes: Uint8Array, first: number): ResultResponse => ({
  status: 206,
  contentLength: encodedBytes - first,
  contentRange: `bytes ${first}-${encodedBytes - 1}/${encodedBytes}`,
  etag: '"one"',
  stream: pieces(bytes.subarray(first)),
})

const broken = (bytes: Uint8Array) =>
  whole(bytes, { etag: '"one"', stream: Stream.concat(pieces(bytes.subarray(0, 20_000)), Stream.fail(reset)) })

/** Receives what these answers bring, and says from where on each was asked for. */
const receive = (answers: ReadonlyArray<ResultResponse>, options?: transfer.Options) =>
  Effect.gen(function* () {
    const starts: Array<number | undefined> = []
    const source: transfer.Source = {
      baseUrl: "https://voices.example/api",
      result: (_, range) => Effect.sync(() => answers[Math.min(starts.push(range?.start), answers.length) - 1]!),
    }
    const received = partialInMemory.make(yield* Digest)
    const outcome = yield* Effect.result(transfer.run(source, TaskId("task"), received, Wav.verify, options))
    return { outcome, starts, bytes: yield* received.read(0, received.bytes()) }
  }).pipe(Effect.provide(digestLayer))

const assertWhole = ({ bytes, outcome }: Effect.Success<ReturnType<typeof receive>>, right: Uint8Array) => {
  assert.strictEqual(outcome._tag, "Success")
  assert.strictEqual(Buffer.compare(bytes, right), 0, "wrong bytes were taken")
}

describe("A body that is longer than was announced", () => {
  it.live("is taken whole where its header proves its end", () =>
    Effect.gen(function* () {
      const received = yield* receive([whole(honest)])
      assertWhole(received, honest)
      assert.lengthOf(received.starts, 1)
    }),
  )

  it.live("is not taken where nothing proves its end", () =>
    Effect.gen(function* () {
      const { outcome } = yield* receive([whole(open)])
      assert.strictEqual(outcome._tag === "Failure" && outcome.failure._tag, "ResultCorrupt")
    }),
  )

  it.live("is taken whole where its digest proves its end", () =>
    Effect.gen(function* () {
      assertWhole(yield* receive([whole(open, { reprDigest: `sha-256=:${sha256(open)}:` })]), open)
    }),
  )

  it.live("is not gone on with by a part of the compressed one", () =>
    Effect.gen(function* () {
      const received = yield* receive([broken(honest), part(honest, 20_000), broken(honest), whole(honest)])
      assertWhole(received, honest)
      assert.deepStrictEqual(received.starts, [undefined, 20_000, undefined, undefined])
      const { outcome } = yield* receive([broken(open), part(open, 0), whole(open)])
      assert.strictEqual(outcome._tag === "Failure" && outcome.failure._tag, "ResultCorrupt")
    }),
  )

  it.live("is not put together from several parts", () =>
    Effect.gen(function* () {
      assertWhole(yield* receive([part(honest, 0), whole(honest)], { connections: 2 }), honest)
    }),
  )
})
