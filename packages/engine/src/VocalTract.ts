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
const enough = 500
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

const grid = Array.from(
  { length: Math.round((scales.greatest - scales.least) / step) + 1 },
  (_, i) => scales.least + i * step,
)

const clamp = (scale: number) => Math.min(scales.greatest, Math.max(scales.least, scale))

/** The likeliest formant scale under each of several models. */
export const formantScales = <Name extends string>(
  models: Readonly<Record<Name, SoundModel>>,
  spectra: Spectra,
  frames: ReadonlyArray<number>,
  range: keyof typeof ranges = "wide",
): Readonly<Record<Name, number>> => {
  const every = Math.max(1, frames.length / enough)
  const chosen = Array.from({ length: Math.floor(frames.length / every) }, (_, i) => frames[Math.floor(i * every)]!)
  const seen = grid.map((scale) => cepstra(spectra, chosen, bankFor(range, scale), { centred: true }))
  const likeliest = (model: SoundModel) => {
    const likelihoods = seen.map((rows) => Mixture.logLikelihood(model[range], rows))
    const best = likelihoods.indexOf(Math.max(...likelihoods))
    const [left, middle, right] = [likelihoods[best - 1], likelihoods[best]!, likelihoods[best + 1]]
    if (left === undefined || right === undefined) return grid[best]!
    const curvature = left - 2 * middle + right
    return clamp(grid[best]! + (curvature < 0 ? (step * 0.5 * (left - right)) / curvature : 0))
  }
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

/**
 * How much higher the formants of each voice lie than kal16's, as the models of the other two find them.
 */
const tracts: Readonly<Record<BaseVoiceName, number>> = { slt: 1.24, awb: 1.02, kal16: 1 }

/**
 * The formant scale of a speaker relative to each base voice. Each model looks at the same tract, so their answers are
 * one number in three units, and the median stands where one model mistook a foreign accent or channel for another size.
 */
export const baseScales = (
  spectra: Spectra,
  frames: ReadonlyArray<number>,
  range: keyof typeof ranges,
): Readonly<Record<BaseVoiceName, number>> => {
  const found = formantScales(baseModels(), spectra, frames, range)
  const names = Object.keys(tracts) as Array<BaseVoiceName>
  // At the end of the range no maximum was found, only where the search stopped.
  const sure = names
    .filter((name) => found[name] > scales.least + step / 2 && found[name] < scales.greatest - step / 2)
    .map((name) => found[name] * tracts[name])
    .sort((a, b) => a - b)
  if (sure.length === 0) return found
  const median = Math.sqrt(sure[Math.floor((sure.length - 1) / 2)]! * sure[Math.floor(sure.length / 2)]!)
  return Object.fromEntries(names.map((name) => [name, clamp(median / tracts[name])])) as Record<BaseVoiceName, number>
}
