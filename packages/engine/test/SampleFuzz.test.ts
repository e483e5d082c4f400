import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { decode } from "../src/internal/decode/decode.ts"
import { loadInstalled } from "../src/internal/decode/installed.ts"
import type { LoadModule } from "../src/internal/decode/modules.ts"
import { checkMp4 } from "../src/internal/decode/mp4.ts"
import { Refusal } from "../src/internal/refusal.ts"
import { encodeWav, sample, sampleNames, sine } from "./audioFiles.ts"

/** More with SAMPLE_FUZZ_RUNS=20000 in the environment; each run takes about 10 ms. */
const numRuns = Number(process.env["SAMPLE_FUZZ_RUNS"] ?? 400)
const timeout = 30_000 + numRuns * 100

const containers = { flac: "flac", oga: "ogg", mp3: "mp3", opus: "ogg", ogg: "ogg", webm: "webm" } as const
type Container = "wav" | (typeof containers)[keyof typeof containers]

const files: ReadonlyArray<readonly [name: string, container: Container, bytes: Uint8Array]> = [
  ...sampleNames.map(
    (name) => [name, containers[name.split(".")[1] as keyof typeof containers], sample(name)] as const,
  ),
  ["plain.wav", "wav", encodeWav([sine(300, 8_000, 0.3), sine(300, 8_000, 0.3)], { form: "extensible" })],
  ["float.wav", "wav", encodeWav([sine(300, 8_000, 0.3)], { encoding: "f64", form: "rf64" })],
]

const modules = { mp3: await loadInstalled("mp3"), vorbis: await loadInstalled("vorbis") }
const load: LoadModule = (codec) => Promise.resolve(modules[codec])

type Damage = (bytes: Uint8Array) => Uint8Array

/** Places near the start are likelier: there lie the headers. */
const place = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 0.05, noNaN: true }))
const index = (share: number, length: number) => Math.max(0, Math.min(length - 1, Math.floor(share * length)))

const edit =
  (change: (copy: Uint8Array) => void): Damage =>
  (bytes) => {
    const copy = bytes.slice()
    change(copy)
    return copy
  }

const damages: fc.Arbitrary<ReadonlyArray<Damage>> = fc.array(
  fc.oneof(
    place.map(
      (share): Damage =>
        (bytes) =>
          bytes.subarray(0, index(share, bytes.length)),
    ),
    fc.tuple(place, fc.nat(7)).map(([share, bit]) => edit((copy) => (copy[index(share, copy.length)]! ^= 1 << bit))),
    fc.tuple(place, fc.uint8Array({ minLength: 1, maxLength: 12 })).map(([share, values]) =>
      edit((copy) => {
        const at = index(share, copy.length)
        copy.set(values.subarray(0, copy.length - at), at)
      }),
    ),
    // A size or a count as large or as small as it can be.
    fc
      .tuple(place, fc.constantFrom(0, 0x7f, 0x80, 0xff), fc.integer({ min: 1, max: 8 }))
      .map(([share, value, length]) =>
        edit((copy) => copy.fill(value, index(share, copy.length), index(share, copy.length) + length)),
      ),
    // Part of another file, or of this one once more.
    fc.tuple(fc.constantFrom(...files), place, place, place).map(([[, , other], from, to, at]): Damage => (bytes) => {
      const part = other.subarray(index(Math.min(from, to), other.length), index(Math.max(from, to), other.length))
      const cut = index(at, bytes.length)
      return Uint8Array.from([...bytes.subarray(0, cut), ...part, ...bytes.subarray(cut)])
    }),
  ),
  { minLength: 1, maxLength: 4 },
)

/** Mends the checksums of Ogg pages, so that damage gets past them to the decoders. */
const mendOgg = (bytes: Uint8Array) => {
  const copy = bytes.slice()
  for (let at = 0; at + 27 <= copy.length && copy[at] === 0x4f && copy[at + 1] === 0x67;) {
    const header = at + 27 + copy[at + 26]!
    const end = header + copy.subarray(at + 27, header).reduce((sum, lace) => sum + lace, 0)
    copy.fill(0, at + 22, at + 26)
    let crc = 0
    for (const byte of copy.subarray(at, end)) {
      crc ^= byte << 24
      for (let i = 0; i < 8; i++) crc = crc & 0x8000_0000 ? (crc << 1) ^ 0x04c1_1db7 : crc << 1
    }
    new DataView(copy.buffer).setInt32(at + 22, crc, true)
    at = end
  }
  return copy
}

describe("damaged samples", () => {
  it("are either decoded or refused with a reason", { timeout }, async () => {
    const outcomes = { decoded: 0, refused: 0 }
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...files),
        damages,
        fc.boolean(),
        async ([, container, whole], damages, mend) => {
          const damaged = damages.reduce<Uint8Array>(
            (bytes, damage) => (bytes.length === 0 ? bytes : damage(bytes)),
            whole,
          )
          const bytes = mend && container === "ogg" ? mendOgg(damaged) : damaged
          try {
            const { sampleRate, samples } = await decode(bytes, container, load)
            assert.isTrue(sampleRate >= 8_000 && sampleRate <= 22_050)
            assert.isTrue(samples.length > 0 && samples.length <= sampleRate * 120)
            assert.isTrue(samples.every((value) => Math.abs(value) <= 1))
            outcomes.decoded++
          } catch (error) {
            if (!(error instanceof Refusal)) throw error
            outcomes.refused++
          }
        },
      ),
      { numRuns },
    )
    // A test that only ever sees one side tests nothing.
    assert.isAbove(Math.min(outcomes.decoded, outcomes.refused), numRuns / 20)
  })

  it("of MP4 are looked over without trust", () => {
    const whole = sample("aac.m4a")
    fc.assert(
      fc.property(damages, (damages) => {
        const bytes = damages.reduce<Uint8Array>((bytes, damage) => (bytes.length === 0 ? bytes : damage(bytes)), whole)
        try {
          checkMp4(bytes)
        } catch (error) {
          if (!(error instanceof Refusal)) throw error
        }
      }),
    )
  })
})
