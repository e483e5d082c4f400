import { assert, describe, it } from "@effect/vitest"
import { transform } from "../src/internal/fft.ts"
import { Refusal } from "../src/internal/refusal.ts"
import type { Recording } from "../src/Recording.ts"
import { resample } from "../src/Resampler.ts"
import * as VoiceProfile from "../src/VoiceProfile.ts"
import { recordingOf } from "./voices.ts"

const speech = await recordingOf({ name: "awb" })
const profile = VoiceProfile.measure(speech)

let state = 1
const random = () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647

const recording = (at: (i: number) => number, seconds = 3): Recording => ({
  samples: Float32Array.from({ length: seconds * 16_000 }, (_, i) => at(i)),
  sampleRate: 16_000,
})

const refused = (recording: Recording) => {
  try {
    VoiceProfile.measure(recording)
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
  return undefined
}

const refusal = (recording: Recording) => refused(recording)?.reason

/** The same sounds without a pitch: every frame keeps its magnitudes and loses its phases. */
const whispered = ({ sampleRate, samples }: Recording): Recording => {
  const [size, hop] = [256, 64]
  const out = new Float32Array(samples.length)
  for (let start = 0; start + size < samples.length; start += hop) {
    const real = Float64Array.from(
      { length: size },
      (_, i) => samples[start + i]! * Math.sin((Math.PI * i) / size) ** 2,
    )
    const imaginary = new Float64Array(size)
    transform(real, imaginary)
    for (let bin = 0; bin < size; bin++) {
      const [magnitude, phase] = [Math.hypot(real[bin]!, imaginary[bin]!), 2 * Math.PI * random()]
      real[bin] = magnitude * Math.cos(phase)
      imaginary[bin] = magnitude * Math.sin(phase)
    }
    transform(imaginary, real)
    for (let i = 0; i < size; i++) out[start + i]! += (real[i]! / size) * Math.sin((Math.PI * i) / size) ** 2
  }
  return { samples: out, sampleRate }
}

const melody = [220, 247, 262, 294, 330, 294]

/** A plucked note with its overtones; two a second. */
const note = (i: number, pitch: number) => {
  const [t, sinceStruck] = [i / 16_000, (i / 16_000) % 0.5]
  const wave = [1, 2, 3, 4, 5, 6].map((n) => Math.sin(2 * Math.PI * pitch * n * t) / n)
  return 0.08 * wave.reduce((sum, value) => sum + value, 0) * Math.exp(-3 * sinceStruck)
}

/** Struck chords, four in turn. */
const chord = (i: number) =>
  [262, 330, 392].reduce((sum, pitch) => sum + note(i, pitch * [1, 0.84, 0.67, 0.75][Math.floor(i / 8_000) % 4]!), 0)

/** Chords and a faster melody over them. */
const band = (i: number) => 0.7 * chord(i) + note(2 * i, melody[Math.floor(i / 4_000) % 6]!)

/** A snare on every second beat, a bass drum on the others. */
const drums = (i: number) => {
  const sinceStruck = i % 4_000
  const isSnare = Math.floor(i / 4_000) % 2 === 1
  const sound = isSnare ? 2 * (random() - 0.5) : Math.sin((2 * Math.PI * 60 * sinceStruck) / 16_000)
  return 0.4 * sound * Math.exp(-sinceStruck / (isSnare ? 500 : 1_000))
}

describe("VoiceProfile", { timeout: 60_000 }, () => {
  it.each<readonly [string, string, Recording]>([
    ["silence", "silent", recording(() => 0)],
    ["the noise of an open input", "silent", recording(() => 0.0008 * (random() - 0.5))],
    ["a tone", "no speech", recording((i) => 0.3 * Math.sin(i / 10))],
    ["noise", "no speech", recording(() => 0.3 * (random() - 0.5))],
    ["a melody", "no speech", recording((i) => note(i, melody[Math.floor(i / 8_000)]!))],
    ["chords", "no speech", recording(chord, 6)],
    ["a band", "no speech", recording(band, 6)],
    ["loud drums over chords", "no speech", recording((i) => chord(i) + drums(i), 6)],
    ["a click", "no speech", recording((i) => (i === 24_000 ? 0.9 : 0))],
  ])("refuses %s", (_, reason, recording) => {
    assert.strictEqual(refusal(recording), reason)
  })

  it("takes a voice without melody for speech", async () => {
    const monotone = await recordingOf({ name: "awb", pitch: 120, pitchDeviation: 0.01 })
    assert.isBelow(VoiceProfile.measure(monotone).pitch!.spread, 0.5)
  })

  it("measures the same at any level, rate and offset", () => {
    const changed: Recording = {
      samples: resample(speech.samples, { from: 22_050, to: 44_100 }).map((value) => 0.05 * value + 0.001),
      sampleRate: 44_100,
    }
    const { ltas, pitch } = VoiceProfile.measure(changed)
    assert.approximately(pitch!.median, profile.pitch!.median, 0.5)
    assert.isBelow(Math.max(...ltas.map((level, band) => Math.abs(level - profile.ltas[band]!))), 1)
    assert.deepStrictEqual(profile.warnings, [])
  })

  it("hears no speech in pauses between recordings that have an offset", () => {
    const [first, second] = [speech.samples.subarray(0, 80_000), speech.samples.subarray(80_000)]
    const cut = (offset: number): Recording => {
      const samples = new Float32Array(speech.samples.length + 44_100)
      samples.set(first.map((value) => value + offset))
      samples.set(
        second.map((value) => value + offset),
        first.length + 44_100,
      )
      return { ...speech, samples }
    }
    const rates = [0, 0.01].map((offset) => VoiceProfile.measure(cut(offset)).syllableRate)
    assert.approximately(rates[1]! / rates[0]!, 1, 0.03)
  })

  it("finds no pitch in a whisper, and says so", () => {
    const { pitch, warnings } = VoiceProfile.measure(whispered(speech))
    assert.isUndefined(pitch)
    assert.include(warnings, "whispered")
  })

  it("sees where a telephone cut the voice off, and that it was short", () => {
    const narrow = resample(speech.samples.subarray(0, 2 * 22_050), { from: 22_050, to: 8_000 })
    const { bandLimit, warnings } = VoiceProfile.measure({ samples: narrow, sampleRate: 8_000 })
    assert.isTrue(bandLimit > 3_300 && bandLimit <= 4_100, `${bandLimit} Hz`)
    assert.sameMembers([...warnings], ["short", "band limited"])
  })

  it("notices peaks that were cut off", () => {
    const clipped = speech.samples.map((value) => Math.max(-0.1, Math.min(0.1, value)))
    assert.include(VoiceProfile.measure({ ...speech, samples: clipped }).warnings, "clipped")
  })

  it("says that a sample which clipping has made unrecognisable is clipped", () => {
    const square = { ...speech, samples: speech.samples.map((value) => Math.max(-1, Math.min(1, 1e4 * value))) }
    assert.match(refused(square)!.message, /clipped/u)
    assert.notMatch(refused(recording((i) => 0.3 * Math.sin(i / 300)))!.message, /clipped/u)
  })

  it("counts more syllables a second in faster speech", async () => {
    const fast = VoiceProfile.measure(await recordingOf({ name: "awb", stretch: 0.75 }))
    const slow = VoiceProfile.measure(await recordingOf({ name: "awb", stretch: 1.25 }))
    assert.isAbove(fast.syllableRate / slow.syllableRate, 1.3)
  })
})
