/**
 * The length of a speaker's vocal tract, as a scale of all formants relative to one of Flite's voices: the scale at
 * which the speaker's sounds are likeliest to be that voice's sounds. After Lee and Rose (1996), "Speaker normalization
 * using efficient frequency warping procedures".
 */
import { baseVoices, type BaseVoiceName } from "./internal/baseVoices.ts"
import * as Mixture from "./internal/mixture.ts"
import { type Bank, bank, cepstra, coefficients, type Spectra } from "./Spectrum.ts"

/** Scales that are considered. Beyond them the speech would no longer sound like a person. */
export const scales = { least: 0.76, greatest: 1.3 } as const

const step = 0.02
/** Frames beyond so many tell nothing new. */
const enough = 400
/** As many as resolve formants without resolving the harmonics of a high voice. */
const bands = 26

/**
 * Where formants lie, in Hz; the narrow range is for samples that end near the telephone's 3400 Hz, where the greatest
 * scale must not look any higher.
 */
export const ranges = { wide: [100, 5_500], narrow: [150, 2_700] } as const

/** The sounds of one voice, in the range that a sample has. */
export interface SoundModel {
  readonly wide: Mixture.Mixture
  readonly narrow: Mixture.Mixture
}

/** The bank that sees a voice as if its formants were not scaled. */
export const bankFor = (range: keyof typeof ranges, scale = 1): Bank =>
  bank(bands, ranges[range][0], ranges[range][1], scale)

/** Models the sounds of a voice by its frames; without `centred` the colour of the voice is a part of them. */
export const model = (
  spectra: Spectra,
  frames: ReadonlyArray<number>,
  components: number,
  options: { readonly centred: boolean } = { centred: true },
): SoundModel => {
  const train = (range: keyof typeof ranges) =>
    Mixture.train(cepstra(spectra, frames, bankFor(range), options), coefficients, components)
  return { wide: train("wide"), narrow: train("narrow") }
}

/** The mean log likelihood of cepstra, seen through `bankFor("narrow")`, under a model. */
export const likelihood = ({ narrow }: SoundModel, rows: Float32Array): number => Mixture.logLikelihood(narrow, rows)

const clamp = (scale: number) => Math.min(scales.greatest, Math.max(scales.least, scale))

const evenly = (from: number, to: number, step: number) =>
  Array.from({ length: Math.round((to - from) / step) + 1 }, (_, i) => from + i * step)

const grid = evenly(scales.least, scales.greatest, step)

/** At most {@link enough} of the frames, evenly spread. */
const spread = (frames: ReadonlyArray<number>): ReadonlyArray<number> => {
  const every = Math.max(1, frames.length / enough)
  return Array.from({ length: Math.floor(frames.length / every) }, (_, i) => frames[Math.floor(i * every)]!)
}

/** Where a curve over evenly spaced places is greatest, between them too. */
const summit = (places: ReadonlyArray<number>, heights: ReadonlyArray<number>): number => {
  const best = heights.indexOf(Math.max(...heights))
  const [left, middle, right] = [heights[best - 1], heights[best]!, heights[best + 1]]
  if (left === undefined || right === undefined) return places[best]!
  const curvature = left - 2 * middle + right
  return places[best]! + (curvature < 0 ? ((places[1]! - places[0]!) * 0.5 * (left - right)) / curvature : 0)
}

/** The likeliest formant scale under each of several models. */
export const formantScales = <Name extends string>(
  models: Readonly<Record<Name, SoundModel>>,
  spectra: Spectra,
  frames: ReadonlyArray<number>,
  range: keyof typeof ranges = "wide",
): Readonly<Record<Name, number>> => {
  const chosen = spread(frames)
  const seen = grid.map((scale) => cepstra(spectra, chosen, bankFor(range, scale), { centred: true }))
  const likeliest = (model: SoundModel) =>
    clamp(
      summit(
        grid,
        seen.map((rows) => Mixture.logLikelihood(model[range], rows)),
      ),
    )
  return Object.fromEntries(
    Object.entries<SoundModel>(models).map(([name, model]) => [name, likeliest(model)]),
  ) as Record<Name, number>
}

const decode = (base64: string): Float32Array => {
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))
  const view = new DataView(bytes.buffer)
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(i * 4, true))
}

const unpack = (base64: string): Mixture.Mixture => {
  const numbers = decode(base64)
  const components = numbers.length / (1 + 2 * coefficients)
  const size = components * coefficients
  return {
    dimensions: coefficients,
    logWeights: numbers.subarray(0, components),
    means: numbers.subarray(components, components + size),
    variances: numbers.subarray(components + size),
  }
}

let loaded: Readonly<Record<BaseVoiceName, SoundModel>> | undefined

/** The models of the voices that can be matched to a sample. They are unpacked at the first use. */
export const baseModels = (): Readonly<Record<BaseVoiceName, SoundModel>> =>
  (loaded ??= Object.fromEntries(
    Object.entries(baseVoices).map(([name, { narrow, wide }]) => [
      name,
      { wide: unpack(wide), narrow: unpack(narrow) },
    ]),
  ) as Record<BaseVoiceName, SoundModel>)

/** From one formant scale to the next, as a ratio. */
const stride = 1.25 ** (1 / 11)
/**
 * How much higher the formants of each voice lie than kal16's, in strides: the warp at which the same sentences, aligned
 * in time, are most alike.
 */
const tracts: Readonly<Record<BaseVoiceName, number>> = { slt: 11, awb: 1, kal16: 0 }

/** Where tracts are looked for, by their formants relative to kal16's. Few children's lie higher, few men's lower. */
const sought = { wide: { least: 0.8, greatest: 1.45 }, narrow: { least: 0.8, greatest: 1.3 } } as const

/** Frames that fit no sound of a model say nothing about the scale; a foreign accent has many. */
const floor = -55

/**
 * What a voice's pitch tells of its tract: from men over women to children formants rise about as the third root of the
 * pitch (Peterson and Barney, 1952, "Control methods used in a study of the vowels"), give or take so much.
 */
const usual = { pitch: 105, exponent: 0.33, deviation: 0.12, withoutPitch: 1.1 } as const

/** How far a tract is from what the pitch lets expect, as a log likelihood. */
const surprise = (tract: number, pitch: number | undefined): number => {
  const expected = pitch === undefined ? usual.withoutPitch : (pitch / usual.pitch) ** usual.exponent
  return -0.5 * (Math.log(tract / expected) / usual.deviation) ** 2
}

/**
 * The formant scale of a speaker relative to each base voice: the tract that all models together find likeliest, given
 * the median pitch in Hz. One model alone often takes a foreign accent for another size.
 */
export const baseScales = (
  spectra: Spectra,
  frames: ReadonlyArray<number>,
  range: keyof typeof ranges,
  pitch: number | undefined,
): Readonly<Record<BaseVoiceName, number>> => {
  const names = Object.keys(tracts) as Array<BaseVoiceName>
  const models = baseModels()
  const chosen = spread(frames)
  const { greatest, least } = sought[range]
  const places = evenly(
    Math.ceil(Math.log(least) / Math.log(stride)),
    Math.floor(Math.log(greatest) / Math.log(stride)),
    1,
  )
  const seen = new Map<number, Float32Array>()
  const rowsAt = (strides: number) => {
    const rows = seen.get(strides) ?? cepstra(spectra, chosen, bankFor(range, stride ** strides), { centred: true })
    seen.set(strides, rows)
    return rows
  }
  const heights = places.map((place) => {
    const sum = names.reduce(
      (sum, name) => sum + Mixture.logLikelihood(models[name][range], rowsAt(place - tracts[name]), floor),
      0,
    )
    return sum / names.length + surprise(stride ** place, pitch)
  })
  const tract = summit(places, heights)
  return Object.fromEntries(names.map((name) => [name, clamp(stride ** (tract - tracts[name]))])) as Record<
    BaseVoiceName,
    number
  >
}
