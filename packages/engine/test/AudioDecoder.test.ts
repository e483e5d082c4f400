import { assert, describe, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { createHash } from "node:crypto"
import { AudioDecoder } from "../src/AudioDecoder.ts"
import { layerInProcess as layer } from "../src/AudioDecoderNode.ts"
import { decodeFlac } from "../src/internal/decode/flac.ts"
import { findFrames } from "../src/internal/decode/mp3Frame.ts"
import { resample } from "../src/Resampler.ts"
import type { SampleUnusable } from "../src/SynthesisError.ts"
import { type Encoding, encodeWav, sample, sampleNames, sine } from "./audioFiles.ts"
import { demandingVorbis } from "./hostileVorbis.ts"

const decode = (bytes: Uint8Array) =>
  Effect.runPromise(AudioDecoder.use((decoder) => decoder.decode(bytes)).pipe(Effect.provide(layer)))
const refusal = (bytes: Uint8Array) =>
  Effect.runPromise(AudioDecoder.use((decoder) => Effect.flip(decoder.decode(bytes))).pipe(Effect.provide(layer)))

/** How alike two signals are, 1 at best, whatever their levels and at the best delay up to 60 ms. */
const likeness = (a: Float32Array, b: Float32Array) => {
  let best = 0
  const reach = 1_400
  for (let lag = -reach; lag <= reach; lag++) {
    let [xy, xx, yy] = [0, 0, 0]
    for (let i = 3_000; i < 15_000; i++) {
      const x = a[i] ?? 0
      const y = b[i + lag] ?? 0
      xy += x * y
      xx += x * x
      yy += y * y
    }
    best = Math.max(best, xy / Math.sqrt(xx * yy))
  }
  return best
}

/** The level of a tone relative to full scale, and of all that is not the tone, in dB under it. */
const toneOf = (signal: Float32Array, frequency: number, rate: number) => {
  let [re, im, energy] = [0, 0, 0]
  for (const [i, x] of signal.entries()) {
    const phase = (2 * Math.PI * frequency * i) / rate
    re += x * Math.cos(phase)
    im += x * Math.sin(phase)
    energy += x * x
  }
  const amplitude = (2 * Math.hypot(re, im)) / signal.length
  const rest = energy - (signal.length * amplitude ** 2) / 2
  return { amplitude, noise: 10 * Math.log10(Math.max(1e-12, rest) / energy) }
}

describe("AudioDecoder", () => {
  it("decodes FLAC to the bit", async () => {
    const bytes = sample("mono.flac")
    const { sampleRate, samples } = await decode(bytes)
    assert.strictEqual(sampleRate, 16_000)
    // The encoder left the digest of what it was given in the header.
    const pcm = Int16Array.from(samples, (value) => value * 32_768)
    assert.strictEqual(
      createHash("md5").update(new Uint8Array(pcm.buffer)).digest("hex"),
      Buffer.from(bytes.subarray(26, 42)).toString("hex"),
    )
    assert.deepStrictEqual(await decode(sample("flac.oga")), { sampleRate, samples })
  })

  it("undoes the three ways in which FLAC couples two channels", () => {
    const bytes = sample("stereo.flac")
    const hash = createHash("md5")
    for (const { channels } of decodeFlac(bytes)) {
      const pcm = Buffer.alloc(channels[0]!.length * 6)
      for (const [channel, values] of channels.entries()) {
        for (const [i, value] of values.entries()) pcm.writeIntLE(value * 2 ** 23, (2 * i + channel) * 3, 3)
      }
      hash.update(pcm)
    }
    assert.strictEqual(hash.digest("hex"), Buffer.from(bytes.subarray(26, 42)).toString("hex"))
  })

  it.each<[string, number, number, number]>([
    ["mono.mp3", 22_050, 1.2, 0.99],
    ["joint.mp3", 22_050, 1.2, 0.99],
    ["stereo.opus", 22_050, 1.2, 0.94],
    ["six.opus", 22_050, 1.2, 0.97],
    ["stereo.ogg", 22_050, 1.2, 0.98],
    ["opus.webm", 22_050, 1, 0.94],
    ["vorbis.webm", 22_050, 1.2, 0.98],
  ])("decodes %s to the speech it was made of", async (name, rate, seconds, atLeast) => {
    const { sampleRate, samples } = await decode(sample(name))
    assert.strictEqual(sampleRate, rate)
    // Encoders pad both ends with part of a frame.
    assert.approximately(samples.length / sampleRate, seconds, 0.12)
    const original = await decode(sample("mono.flac"))
    assert.isAbove(likeness(resample(original.samples, { from: 16_000, to: rate }), samples), atLeast)
  })

  it.each<[Encoding, number]>([
    ["u8", -40],
    ["s16", -85],
    ["s24", -110],
    ["s32", -110],
    ["f32", -110],
    ["f64", -110],
    ["alaw", -35],
    ["mulaw", -35],
  ])("reads wav of %s in every form", async (encoding, noise) => {
    for (const form of ["plain", "extensible", "rf64"] as const) {
      const { sampleRate, samples } = await decode(encodeWav([sine(440, 16_000, 0.5)], { encoding, form }))
      assert.deepStrictEqual([sampleRate, samples.length], [16_000, 8_000])
      const found = toneOf(samples, 440, 16_000)
      assert.approximately(found.amplitude, 0.5, 0.005)
      assert.isBelow(found.noise, noise)
    }
  })

  it.each([8_000, 11_025, 22_050, 44_100, 48_000, 96_000, 192_000])("brings %i Hz to what is needed", async (rate) => {
    const { sampleRate, samples } = await decode(encodeWav([sine(1_000, rate, 1)], { rate }))
    assert.strictEqual(sampleRate, Math.min(rate, 22_050))
    assert.strictEqual(samples.length, sampleRate)
    assert.isBelow(toneOf(samples.subarray(sampleRate / 10, (sampleRate * 9) / 10), 1_000, sampleRate).noise, -60)
  })

  it.each([1, 2, 3, 4, 5, 6, 7, 8])("mixes %i channels, effects aside", async (count) => {
    const speech = sine(300, 16_000, 0.25)
    const rumble = sine(40, 16_000, 0.25)
    const channels = Array.from({ length: count }, (_, i) => (count >= 6 && i === 3 ? rumble : speech))
    const { samples } = await decode(encodeWav(channels))
    assert.approximately(toneOf(samples, 300, 16_000).amplitude, 0.5, 0.001)
    assert.isBelow(toneOf(samples, 300, 16_000).noise, -70)
  })

  it("takes the louder channel where the mix cancels itself out", async () => {
    const speech = sine(300, 16_000, 0.25)
    const { samples } = await decode(encodeWav([speech.map((x) => x * 0.98), speech.map((x) => -x)]))
    assert.approximately(toneOf(samples, 300, 16_000).amplitude, 0.5, 0.001)
  })

  it("takes two minutes of a long sample, and tames what floating point may hold", async () => {
    const long = Float32Array.from({ length: 8_000 * 130 }, (_, i) => (i % 500 === 7 ? NaN : 5 * Math.sin(i / 5)))
    const { samples } = await decode(encodeWav([long], { encoding: "f32", rate: 8_000 }))
    assert.strictEqual(samples.length, 8_000 * 120)
    assert.isTrue(samples.every((value) => Math.abs(value) <= 1))
    assert.approximately(Math.max(...samples.subarray(0, 8_000)), 1, 0.01)
  })

  it.each<[string, () => Uint8Array, SampleUnusable["reason"], RegExp]>([
    [
      "nine channels",
      () => encodeWav(Array.from({ length: 9 }, () => sine(300, 8_000, 0.1))),
      "unsupported",
      /9 chann/,
    ],
    ["4 kHz", () => encodeWav([sine(300, 4_000, 1)], { rate: 4_000 }), "unsupported", /4000 samples a second/],
    ["A-law silence", () => encodeWav([new Float32Array(8_000)], { encoding: "alaw" }), "silent", /silence/],
    ["an AAC file", () => sample("aac.m4a"), "unsupported", /ffmpeg.*wav, mp3, ogg, flac or webm/],
    ["a page of Ogg with a bit wrong", () => flip("stereo.ogg", 9_000), "damaged", /checksum/],
    ["a frame of FLAC with a bit wrong", () => flip("mono.flac", 9_000), "damaged", /does not decode/],
    [
      "an ID3 tag with nothing behind it",
      () => new TextEncoder().encode("ID3\x04\0\0\0\0\0\0 no"),
      "damaged",
      /no audio/,
    ],
    ["WebM without tracks", () => Uint8Array.of(0x1a, 0x45, 0xdf, 0xa3, 0x80), "unsupported", /no audio/],
  ])("refuses %s", async (_, bytes, reason, message) => {
    const error = await refusal(bytes())
    assert.strictEqual(error._tag === "SampleUnusable" && error.reason, reason)
    assert.match(error.message, message)
  })

  it.each(sampleNames)("refuses %s cut short", async (name) => {
    const bytes = sample(name)
    for (const share of [0.3, 0.6, 0.9]) {
      const error = await refusal(bytes.subarray(0, Math.round(bytes.length * share)))
      assert.strictEqual(error._tag === "SampleUnusable" && error.reason, "truncated", `${name} at ${share}`)
    }
  })

  it("gives a header that asks for gigabytes 64 MiB", async () => {
    const grow = WebAssembly.Memory.prototype.grow
    const sizes: Array<number> = []
    const spy = vi.spyOn(WebAssembly.Memory.prototype, "grow").mockImplementation(function (
      this: WebAssembly.Memory,
      pages,
    ) {
      const before = grow.call(this, pages)
      sizes.push(this.buffer.byteLength)
      return before
    })
    const modest = await refusal(demandingVorbis(2))
    const greedy = await refusal(demandingVorbis(200))
    spy.mockRestore()
    assert.deepStrictEqual(
      [modest, greedy].map((error) => error._tag === "SampleUnusable" && error.reason),
      ["silent", "damaged"],
    )
    assert.isAbove(sizes.length, 0)
    assert.isAtMost(Math.max(...sizes), 64 * 1024 * 1024)
  })

  it.each([500, 3_000, 6_000, 9_000])("passes over noise in an MP3 file at %i", async (at) => {
    const whole = sample("mono.mp3")
    const noise = Uint8Array.from({ length: 700 }, (_, i) => (i * 37) % 251)
    const bytes = Uint8Array.from([...whole.subarray(0, at), ...noise, ...whole.subarray(at)])
    const { samples } = await decode(bytes)
    assert.isAbove(samples.length, 22_050)
  })

  it("refuses an MP3 file of which only the frame headers make sense", async () => {
    const bytes = sample("mono.mp3")
    for (const frame of [...findFrames(bytes)].slice(1)) frame.bytes.fill(0xff, 4, 21)
    const error = await refusal(bytes)
    assert.strictEqual(error._tag === "SampleUnusable" && error.reason, "silent")
  })

  it("refuses hours of silence in a few kilobytes within its two minutes", async () => {
    // One FLAC frame says "65,535 times zero" in 14 bytes; a thousand of them last over an hour at 16 kHz.
    const flac = sample("mono.flac")
    const frame = constantFrame()
    const bytes = new Uint8Array(42 + frame.length * 1_000)
    bytes.set(flac.subarray(0, 42))
    bytes[4] = 0x80
    bytes.fill(0, 22, 26)
    bytes[21]! &= 0xf0
    for (let i = 0; i < 1_000; i++) bytes.set(frame, 42 + frame.length * i)
    const error = await refusal(bytes)
    assert.strictEqual(error.message, "The sample holds only silence in its first 120 s.")
  })
})

const flip = (name: string, at: number) => {
  const bytes = sample(name)
  bytes[at]! ^= 4
  return bytes
}

const crc = (bytes: ReadonlyArray<number>, width: 8 | 16, polynomial: number) => {
  let value = 0
  for (const byte of bytes) {
    value ^= byte << (width - 8)
    for (let i = 0; i < 8; i++) value = value & (1 << (width - 1)) ? (value << 1) ^ polynomial : value << 1
  }
  return value & (2 ** width - 1)
}

/** A frame of 65,535 equal samples, 16 bit mono at 16 kHz. */
const constantFrame = (): Uint8Array => {
  const header = [0xff, 0xf8, 0x75, 0x08, 0x00, 0xff, 0xfe]
  const body = [...header, crc(header, 8, 0x07), 0x00, 0x00, 0x00]
  const check = crc(body, 16, 0x8005)
  return Uint8Array.from([...body, check >> 8, check & 0xff])
}
