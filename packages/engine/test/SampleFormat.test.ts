import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as fc from "fast-check"
import * as SampleFormat from "../src/SampleFormat.ts"
import { SampleUnusable } from "../src/SynthesisError.ts"
import { tone, wav } from "./samples.ts"

const inspect = (bytes: Uint8Array) => Effect.runSync(Effect.result(SampleFormat.inspect(bytes)))
const bytes = (...parts: ReadonlyArray<string | ReadonlyArray<number>>) =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === "string" ? [...part].map((c) => c.charCodeAt(0)) : part)))
const reason = (sample: Uint8Array) => {
  const result = inspect(sample)
  return Result.isFailure(result) ? result.failure.reason : undefined
}
const patched = (at: number, ...values: ReadonlyArray<number>) => {
  const copy = tone.slice()
  copy.set(values, at)
  return copy
}

describe("SampleFormat", () => {
  it("reads a wav file's header", () => {
    assert.deepStrictEqual(Result.getOrThrow(inspect(tone)), {
      container: "wav",
      codec: "pcm_s16",
      channels: 1,
      sampleRate: 16_000,
      bitsPerSample: 16,
      duration: 1,
    })
  })

  it("accepts the open-ended sizes of streaming writers", () => {
    for (const size of [
      [0xff, 0xff, 0xff, 0xff],
      [0, 0, 0, 0],
    ]) {
      assert.strictEqual(Result.getOrThrow(inspect(patched(40, ...size))).duration, 1)
    }
  })

  it.each([
    ["with sound", 1, undefined],
    ["of silence", 0, "silent"],
  ])("judges an hour %s by 1 MiB at a time, and hears its first two minutes at most", (_, level, expected) => {
    const size = 44 + 3600 * 32_000
    const head = tone.slice(0, 44)
    new DataView(head.buffer).setUint32(40, size - 44, true)
    let [most, furthest] = [0, 0]
    const source: SampleFormat.SampleSource = {
      size,
      read: (offset, length) =>
        Effect.sync(() => {
          most = Math.max(most, length)
          furthest = Math.max(furthest, offset + length)
          const part = new Uint8Array(Math.min(length, size - offset)).fill(level)
          if (offset === 0) part.set(head.subarray(0, part.length))
          return part
        }),
    }
    const found = Effect.runSync(Effect.result(SampleFormat.inspect(source)))
    assert.strictEqual(Result.isFailure(found) ? found.failure.reason : undefined, expected)
    if (Result.isSuccess(found)) assert.strictEqual(found.success.duration, 3600)
    assert.isAtMost(most, 1024 * 1024)
    assert.isAtMost(furthest, 44 + 120 * 32_000)
    const excerpt = Effect.runSync(SampleFormat.excerpt(source))
    if (expected === undefined) assert.strictEqual(Result.getOrThrow(inspect(excerpt)).duration, 120)
  })

  it("finds the audio behind other chunks", () => {
    const list = bytes("LIST", [3, 0, 0, 0], "abc", [0])
    const shifted = Uint8Array.from([...tone.subarray(0, 36), ...list, ...tone.subarray(36)])
    assert.strictEqual(Result.getOrThrow(inspect(shifted)).duration, 1)
  })

  it.each<[string, Uint8Array, SampleFormat.SampleFormat]>([
    ["tagged mp3", bytes("ID3", [4, 0, 0, 0, 0, 0, 0]), { container: "mp3", codec: "mp3" }],
    ["bare mp3", bytes([0xff, 0xfb, 0x90, 0xc4]), { container: "mp3", codec: "mp3", sampleRate: 44_100, channels: 1 }],
    ["m4a", bytes([0, 0, 0, 32], "ftypM4A "), { container: "mp4" }],
    ["opus", bytes("OggS", Array<number>(24).fill(0), "OpusHead"), { container: "ogg", codec: "opus" }],
    ["vorbis", bytes("OggS", Array<number>(24).fill(0), "\x01vorbis"), { container: "ogg", codec: "vorbis" }],
    ["webm", bytes([0x1a, 0x45, 0xdf, 0xa3]), { container: "webm" }],
    [
      "flac",
      bytes(
        "fLaC",
        [0, 0, 0, 34],
        Array<number>(10).fill(0),
        [0x0a, 0xc4, 0x40, 0xf0, 0, 0, 0xac, 0x44],
        Array(16).fill(0),
      ),
      { container: "flac", codec: "flac", sampleRate: 44_100, channels: 1, bitsPerSample: 16, duration: 1 },
    ],
  ])("recognises %s", (_, sample, format) => {
    assert.deepStrictEqual(Result.getOrThrow(inspect(sample)), format)
  })

  it.each<[string, Uint8Array, SampleUnusable["reason"]]>([
    ["nothing", new Uint8Array(0), "empty"],
    ["text", bytes("Hello, I am a sample."), "not audio"],
    ["HTML", bytes("<!doctype html><p>502"), "not audio"],
    ["JSON", bytes('{"detail": 1}'), "not audio"],
    ["PNG", bytes("\x89PNG\r\n\x1a\n"), "not audio"],
    ["zip", bytes("PK\x03\x04"), "not audio"],
    ["HEIC", bytes([0, 0, 0, 24], "ftypheic"), "not audio"],
    ["WebP", bytes("RIFF", [1, 0, 0, 0], "WEBP"), "not audio"],
    ["a wav file cut in its audio", tone.subarray(0, 20_000), "truncated"],
    ["a wav file cut in its header", tone.subarray(0, 30), "truncated"],
    ["a frame size that fits no channel", patched(32, 3), "contradictory"],
    ["no channels", patched(22, 0), "contradictory"],
    ["eleven bits", patched(34, 11), "contradictory"],
    ["compressed wav", patched(20, 2), "unsupported"],
    ["Ogg film", bytes("OggS", Array<number>(24).fill(0), "\x80theora"), "unsupported"],
    ["4,000 samples a second", wav(Array<number>(4_000).fill(3_000), 4_000), "unsupported"],
    ["nine channels", patched(22, 9, 0, 0x80, 0x3e, 0, 0, 0x80, 0x3e, 0, 0, 18), "unsupported"],
    ["a wav file without audio", wav([]), "empty"],
    ["silence", wav(Array<number>(16_000).fill(3)), "silent"],
  ])("refuses %s", (_, sample, expected) => {
    assert.strictEqual(reason(sample), expected)
  })

  it.each([
    ["a PDF document", bytes("%PDF-1.7")],
    ["an AIFF recording", bytes("FORM", [0, 0, 1, 0], "AIFFCOMM")],
    ["a bare AAC stream", bytes([0xff, 0xf1, 0x50, 0x80])],
  ])("names %s in one sentence", (kind, sample) => {
    const result = inspect(sample)
    assert.isTrue(Result.isFailure(result))
    if (Result.isFailure(result)) {
      assert.strictEqual(
        result.failure.message,
        `The sample is ${kind}; accepted are wav, mp3, m4a, ogg, flac and webm.`,
      )
    }
  })

  it("has an answer for any bytes", () => {
    const start = fc.constantFrom(...["RIFF\0\0\0\0WAVE", "fLaC", "OggS", "ID3", "\0\0\0\0ftyp", "\xff\xfb", ""])
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 200 }), (magic, rest) => {
        const result = inspect(bytes(magic, [...rest]))
        if (Result.isFailure(result)) assert.instanceOf(result.failure, SampleUnusable)
      }),
    )
  })

  it("has a sane answer for any damage to a wav file", () => {
    const small = wav(Array.from({ length: 50 }, (_, i) => i * 300))
    const damage = fc.array(fc.tuple(fc.nat(small.length - 1), fc.nat(255)), { maxLength: 6 })
    fc.assert(
      fc.property(damage, fc.nat(small.length), (edits, length) => {
        const copy = small.slice()
        for (const [at, value] of edits) copy[at] = value
        const result = inspect(copy.subarray(0, length))
        if (Result.isSuccess(result) && result.success.container === "wav") {
          assert.isTrue(Number.isFinite(result.success.duration) && result.success.duration! > 0)
        }
      }),
      { numRuns: 500 },
    )
  })
})
