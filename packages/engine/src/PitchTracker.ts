/**
 * The fundamental frequency of speech over time: peaks of the normalised cross-correlation, and the cheapest path
 * through them. The costs are those of Boersma (1993), "Accurate short-term analysis of the fundamental frequency";
 * the correlation is that of Talkin (1995), "A robust algorithm for pitch tracking".
 */
import { resample } from "./Resampler.ts"
import { analysisRate } from "./Spectrum.ts"

/** Seconds from one value to the next. */
export const hop = 0.005

const floor = 50
const ceiling = 600
/** Peaks are found at half the rate, at a quarter of the work, and then placed at the full rate. */
const coarseRate = analysisRate / 2
const windowSeconds = 0.025
const candidatesKept = 7
/** Correlations below are no peaks. */
const least = 0.3

const voicingThreshold = 0.45
const silenceThreshold = 0.03
const octaveCost = 0.02
// Boersma states both per 10 ms.
const octaveJumpCost = 0.35 * (0.01 / hop)
const voicingCost = 0.14 * (0.01 / hop)

interface Candidate {
  /** In samples of the coarse rate; 0 is unvoiced. */
  readonly lag: number
  readonly strength: number
}

/** The correlation of two stretches that lie symmetrically around a centre, `lag` apart: -1 to 1. */
const correlation = (signal: Float32Array, squares: Float64Array, centre: number, length: number, lag: number) => {
  const first = Math.round(centre - (length + lag) / 2)
  const second = first + lag
  if (first < 0 || second + length > signal.length) return 0
  // Four sums at a time: one alone waits for its own last addition. The windows' lengths are multiples of 4.
  let a = 0
  let b = 0
  let c = 0
  let d = 0
  for (let i = 0; i < length; i += 4) {
    a += signal[first + i]! * signal[second + i]!
    b += signal[first + i + 1]! * signal[second + i + 1]!
    c += signal[first + i + 2]! * signal[second + i + 2]!
    d += signal[first + i + 3]! * signal[second + i + 3]!
  }
  const energies = (squares[first + length]! - squares[first]!) * (squares[second + length]! - squares[second]!) + 1e-12
  return (a + b + (c + d)) / Math.sqrt(energies)
}

const runningSquares = (signal: Float32Array): Float64Array => {
  const sums = new Float64Array(signal.length + 1)
  for (let i = 0; i < signal.length; i++) sums[i + 1] = sums[i]! + signal[i]! ** 2
  return sums
}

/** The vertex of the parabola through three equidistant points, relative to the middle one: -0.5 to 0.5. */
const vertex = (left: number, middle: number, right: number): number => {
  const curvature = left - 2 * middle + right
  return curvature >= 0 ? 0 : Math.max(-0.5, Math.min(0.5, (0.5 * (left - right)) / curvature))
}

const candidates = (
  signal: Float32Array,
  squares: Float64Array,
  centre: number,
  loudness: number,
): ReadonlyArray<Candidate> => {
  const unvoiced = {
    lag: 0,
    strength: voicingThreshold + Math.max(0, 2 - loudness / (silenceThreshold / (1 + voicingThreshold))),
  }
  if (loudness < silenceThreshold / 2) return [unvoiced]
  const length = windowSeconds * coarseRate
  const shortest = Math.floor(coarseRate / ceiling)
  const longest = Math.ceil(coarseRate / floor)
  const values = new Float64Array(longest + 5)
  const measure = (lag: number) => (values[lag] = correlation(signal, squares, centre, length, lag))
  // The softened signal changes so slowly that every second lag shows where the peaks are.
  const even = shortest & ~1
  for (let lag = even - 2; lag <= longest + 4; lag += 2) measure(lag)
  const found: Array<Candidate> = []
  for (let near = even; near <= longest + 2; near += 2) {
    const here = values[near]!
    if (here < least - 0.1 || here < values[near - 2]! || here <= values[near + 2]!) continue
    const [before, after] = [measure(near - 1), measure(near + 1)]
    const lag = near + (before >= here && before > after ? -1 : after > here ? 1 : 0)
    const value = values[lag]!
    if (value < least || lag < shortest || lag > longest) continue
    const offset = vertex(values[lag - 1]!, value, values[lag + 1]!)
    const peak = value - 0.25 * (values[lag - 1]! - values[lag + 1]!) * offset
    // Of a voice's own period and its multiples, all alike, the shortest is meant.
    found.push({ lag: lag + offset, strength: Math.min(1, peak) - octaveCost * Math.log2((floor * lag) / coarseRate) })
  }
  found.sort((a, b) => b.strength - a.strength)
  return [unvoiced, ...found.slice(0, candidatesKept)]
}

const transition = (from: number, to: number): number => {
  if (from === 0 && to === 0) return 0
  return from === 0 || to === 0 ? voicingCost : octaveJumpCost * Math.abs(Math.log2(from / to))
}

/** The path of the greatest strength less the costs of its jumps: Viterbi. */
const bestPath = (frames: ReadonlyArray<ReadonlyArray<Candidate>>): ReadonlyArray<number> => {
  const steps: Array<Uint8Array> = []
  let scores = (frames[0] ?? []).map(({ strength }) => strength)
  for (let frame = 1; frame < frames.length; frame++) {
    const [before, here] = [frames[frame - 1]!, frames[frame]!]
    const from = new Uint8Array(here.length)
    scores = here.map(({ lag, strength }, i) => {
      let best = -Infinity
      for (let j = 0; j < before.length; j++) {
        const score = scores[j]! - transition(before[j]!.lag, lag)
        if (score > best) {
          best = score
          from[i] = j
        }
      }
      return best + strength
    })
    steps.push(from)
  }
  let at = scores.indexOf(Math.max(...scores))
  const path: Array<number> = []
  for (let frame = frames.length - 1; frame >= 0; frame--) {
    path.push(frames[frame]![at]!.lag)
    at = steps[frame - 1]?.[at] ?? 0
  }
  return path.reverse()
}

/** Without the highest frequencies, whose peaks are too narrow to be placed at the coarse rate. */
const softened = (signal: Float32Array): Float32Array =>
  signal.map((value, i) => (signal[i - 1] ?? 0) / 4 + value / 2 + (signal[i + 1] ?? 0) / 4)

/** The fundamental frequency in Hz every {@link hop}, 0 where the signal is unvoiced. The signal is at 16 kHz. */
export const track = (signal: Float32Array): Float32Array => {
  const coarse = softened(softened(resample(signal, { from: analysisRate, to: coarseRate })))
  const [squares, coarseSquares] = [runningSquares(signal), runningSquares(coarse)]
  const hopLength = hop * coarseRate
  const count = Math.floor(coarse.length / hopLength)
  const half = (windowSeconds * coarseRate) / 2
  const energy = (frame: number) => {
    const centre = frame * hopLength
    return (
      coarseSquares[Math.min(coarse.length, Math.round(centre + half))]! -
      coarseSquares[Math.max(0, Math.round(centre - half))]!
    )
  }
  const energies = Float64Array.from({ length: count }, (_, frame) => Math.sqrt(energy(frame)))
  // One click must not make all speech look quiet beside it.
  const loud = Float64Array.from(energies).sort()[Math.floor(0.98 * Math.max(0, count - 1))] ?? 0
  const found = Array.from(energies, (energy, frame) =>
    candidates(coarse, coarseSquares, frame * hopLength, loud > 0 ? energy / loud : 0),
  )
  const length = windowSeconds * analysisRate
  return Float32Array.from(bestPath(found), (lag, frame) => {
    if (lag === 0) return 0
    const near = Math.round(lag * 2)
    const value = (lag: number) => correlation(signal, squares, frame * hopLength * 2, length, lag)
    let [best, peak] = [near, -Infinity]
    for (let lag = near - 1; lag <= near + 1; lag++) {
      const here = value(lag)
      if (here > peak) [best, peak] = [lag, here]
    }
    return analysisRate / (best + vertex(value(best - 1), peak, value(best + 1)))
  })
}

/** The centre and the width of a voice's pitch. */
export interface PitchRange {
  /** In Hz. */
  readonly median: number
  /** In semitones: what the standard deviation would be of a normal distribution with the same 10th and 90th percentile. */
  readonly spread: number
  /** How many values it rests on. */
  readonly voiced: number
}

/** What {@link track} found, in short; undefined where nothing is voiced. */
export const range = (f0: Float32Array): PitchRange | undefined => {
  const voiced = f0.filter((value) => value > 0).sort()
  if (voiced.length === 0) return undefined
  const percentile = (share: number) => {
    const at = share * (voiced.length - 1)
    const below = voiced[Math.floor(at)]!
    return below + (voiced[Math.ceil(at)]! - below) * (at - Math.floor(at))
  }
  const spread = (12 * Math.log2(percentile(0.9) / percentile(0.1))) / 2.56
  return { median: percentile(0.5), spread, voiced: voiced.length }
}
