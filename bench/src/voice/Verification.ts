/**
 * Whose voice is it? Answered as text-independent speaker verification does: a Gaussian mixture of all references as the
 * background, adapted to each by its sample, and the likelihood ratio of the two. After Reynolds, Quatieri and Dunn (2000),
 * "Speaker verification using adapted Gaussian mixture models"; the scores are normalised by those of impostors (Z-norm),
 * so that no reference attracts everything.
 *
 * Features: 13 mel cepstra of 150 to 3400 Hz, which telephone recordings hold too, and their slopes over five frames, of all
 * frames of speech. No mean is removed: what a channel adds and what a voice is, the engine imitates alike.
 */
import type { Recording } from "@voiceclone/engine/Recording"
import { resample } from "@voiceclone/engine/Resampler"
import * as Spectrum from "@voiceclone/engine/Spectrum"

const components = 32
const iterations = 12
/** How many frames a component must have seen of a voice to be half that voice's. */
const relevance = 16
const leastVariance = 0.005

const order = Spectrum.coefficients
const dimensions = 2 * order
const bank = Spectrum.bank(26, 150, 3_400)

/** Rows of features, one for each frame of speech. */
export const features = ({ sampleRate, samples }: Recording): Float32Array => {
  const signal = resample(samples.subarray(0, 60 * sampleRate), { from: sampleRate, to: Spectrum.analysisRate })
  const spectra = Spectrum.spectra(signal)
  const frames = Spectrum.speechFrames(spectra)
  const all = Array.from({ length: spectra.frames }, (_, frame) => frame)
  const cepstra = Spectrum.cepstra(spectra, all, bank, { centred: false })
  const rows = new Float32Array(frames.length * dimensions)
  for (const [row, frame] of frames.entries()) {
    for (let i = 0; i < order; i++) {
      const at = (offset: number) => cepstra[Math.max(0, Math.min(spectra.frames - 1, frame + offset)) * order + i]!
      rows[row * dimensions + i] = at(0)
      rows[row * dimensions + order + i] = (2 * (at(2) - at(-2)) + at(1) - at(-1)) / 10
    }
  }
  return rows
}

interface Mixture {
  readonly logWeights: Float64Array
  readonly means: Float64Array
  readonly variances: Float64Array
}

/** How many rows each component has, their sums and their squares; and the mean log likelihood. */
const statistics = ({ logWeights, means, variances }: Mixture, rows: Float32Array) => {
  const norms = logWeights.map((weight, c) => {
    let norm = weight - (dimensions / 2) * Math.log(2 * Math.PI)
    for (let i = 0; i < dimensions; i++) norm -= Math.log(variances[c * dimensions + i]!) / 2
    return norm
  })
  const counts = new Float64Array(components)
  const sums = new Float64Array(means.length)
  const squares = new Float64Array(means.length)
  const densities = new Float64Array(components)
  let likelihood = 0
  for (let at = 0; at < rows.length; at += dimensions) {
    for (let c = 0; c < components; c++) {
      let distance = 0
      for (let i = 0; i < dimensions; i++) {
        const difference = rows[at + i]! - means[c * dimensions + i]!
        distance += (difference * difference) / variances[c * dimensions + i]!
      }
      densities[c] = norms[c]! - distance / 2
    }
    const greatest = Math.max(...densities)
    const total = greatest + Math.log(densities.reduce((sum, density) => sum + Math.exp(density - greatest), 0))
    likelihood += total
    for (let c = 0; c < components; c++) {
      const share = Math.exp(densities[c]! - total)
      if (share < 1e-6) continue
      counts[c]! += share
      for (let i = 0; i < dimensions; i++) {
        sums[c * dimensions + i]! += share * rows[at + i]!
        squares[c * dimensions + i]! += share * rows[at + i]! ** 2
      }
    }
  }
  return { counts, sums, squares, likelihood: (likelihood * dimensions) / rows.length }
}

/** Expectation maximisation, from rows that lie evenly apart. */
const background = (rows: Float32Array): Mixture => {
  const count = rows.length / dimensions
  const totals = new Float64Array(dimensions)
  const totalSquares = new Float64Array(dimensions)
  for (const [i, value] of rows.entries()) {
    totals[i % dimensions]! += value / count
    totalSquares[i % dimensions]! += value ** 2 / count
  }
  let mixture: Mixture = {
    logWeights: new Float64Array(components).fill(-Math.log(components)),
    means: Float64Array.from({ length: components * dimensions }, (_, at) => {
      const row = Math.floor(((Math.floor(at / dimensions) + 0.5) * count) / components)
      return rows[row * dimensions + (at % dimensions)]!
    }),
    variances: Float64Array.from(
      { length: components * dimensions },
      (_, at) => totalSquares[at % dimensions]! - totals[at % dimensions]! ** 2,
    ),
  }
  for (let iteration = 0; iteration < iterations; iteration++) {
    const { counts, squares, sums } = statistics(mixture, rows)
    const weightOf = (at: number) => Math.max(1e-3, counts[Math.floor(at / dimensions)]!)
    const means = sums.map((sum, at) => sum / weightOf(at))
    mixture = {
      logWeights: counts.map((weight) => Math.log(Math.max(1e-3, weight) / count)),
      means,
      variances: squares.map((square, at) => Math.max(leastVariance, square / weightOf(at) - means[at]! ** 2)),
    }
  }
  return mixture
}

/** The background, with its means moved to where the voice's own lie, as far as the voice was heard there. */
const adapted = (mixture: Mixture, rows: Float32Array): Mixture => {
  const { counts, sums } = statistics(mixture, rows)
  const means = mixture.means.map((mean, at) => {
    const count = counts[Math.floor(at / dimensions)]!
    return (sums[at]! + relevance * mean) / (count + relevance)
  })
  return { ...mixture, means }
}

/** A reference's features, and who it is: of another recording of the same speaker, nothing is to be normalised away. */
export interface Known {
  readonly speaker: string
  readonly rows: Float32Array
}

/** The normalised log likelihood ratio of each output (a row) under each reference (a column): greater is nearer. */
export const scores = (
  references: ReadonlyArray<Known>,
  outputs: ReadonlyArray<Float32Array>,
): ReadonlyArray<ReadonlyArray<number>> => {
  const all = new Float32Array(references.reduce((sum, { rows }) => sum + rows.length, 0))
  references.reduce((at, { rows }) => (all.set(rows, at), at + rows.length), 0)
  const world = background(all)
  const voices = references.map(({ rows }) => adapted(world, rows))
  const ratios = (rows: Float32Array) => {
    const { likelihood } = statistics(world, rows)
    return voices.map((voice) => statistics(voice, rows).likelihood - likelihood)
  }
  const among = references.map(({ rows }) => ratios(rows))
  const norms = references.map(({ speaker }, voice) => {
    const impostors = among.filter((_, other) => references[other]!.speaker !== speaker).map((row) => row[voice]!)
    const mean = impostors.reduce((sum, value) => sum + value, 0) / impostors.length
    return {
      mean,
      deviation: Math.sqrt(impostors.reduce((sum, value) => sum + (value - mean) ** 2, 0) / impostors.length),
    }
  })
  return outputs.map((rows) => ratios(rows).map((ratio, i) => (ratio - norms[i]!.mean) / norms[i]!.deviation))
}
