/**
 * The vocal tract lengths of two voices that say the same sentences: of all warps of the frequencies, the one that makes
 * the sentences, aligned in time, most alike. No model of any voice has a part in it.
 */
import * as PitchTracker from "@voiceclone/engine/PitchTracker"
import { resample } from "@voiceclone/engine/Resampler"
import * as Spectrum from "@voiceclone/engine/Spectrum"
import * as VocalTract from "@voiceclone/engine/VocalTract"
import * as VoiceProfile from "@voiceclone/engine/VoiceProfile"

const step = 0.02
const warps = Array.from({ length: 33 }, (_, i) => Math.exp((i - 16) * step))
/** How far from the straight line between the ends an alignment may go, as a share of the longer sentence. */
const slack = 0.15
/** What a frame costs that stands against the same frame as the one before. */
const wait = 0.5
const size = Spectrum.coefficients

interface Sentence {
  readonly spectra: Spectrum.Spectra
  readonly frames: ReadonlyArray<number>
  readonly voiced: ReadonlySet<number>
}

/** Sentences at a sample rate, ready to be compared. */
export const analyse = (pieces: ReadonlyArray<Float32Array>, sampleRate: number): ReadonlyArray<Sentence> =>
  pieces.map((piece) => {
    const signal = resample(piece, { from: sampleRate, to: Spectrum.analysisRate })
    const spectra = Spectrum.spectra(signal)
    const frames = Spectrum.speechFrames(spectra)
    return { spectra, frames, voiced: new Set(VoiceProfile.voicedFrames(PitchTracker.track(signal), frames)) }
  })

const cepstraOf = ({ frames, spectra }: Sentence, warp: number) =>
  Spectrum.cepstra(spectra, frames, VocalTract.bankFor("wide", warp), { centred: true })

/** The mean distance of the voiced frames along the cheapest path through both sentences: dynamic time warping. */
const distance = (a: Sentence, b: Sentence, rowsA: Float32Array, rowsB: Float32Array): number => {
  const [height, width] = [a.frames.length, b.frames.length]
  const costs = new Float64Array(height * width).fill(Infinity)
  const steps = new Uint8Array(height * width)
  const apart = (i: number, j: number) => {
    let sum = 0
    for (let k = 0; k < size; k++) sum += (rowsA[i * size + k]! - rowsB[j * size + k]!) ** 2
    return Math.sqrt(sum)
  }
  const reach = Math.max(20, slack * Math.max(height, width))
  for (let i = 0; i < height; i++) {
    const middle = (i * width) / height
    for (let j = Math.max(0, Math.floor(middle - reach)); j < Math.min(width, middle + reach); j++) {
      const at = i * width + j
      const ways = [
        i > 0 && j > 0 ? costs[at - width - 1]! : i === 0 && j === 0 ? 0 : Infinity,
        i > 0 ? costs[at - width]! + wait : Infinity,
        j > 0 ? costs[at - 1]! + wait : Infinity,
      ]
      const cheapest = Math.min(...ways)
      steps[at] = ways.indexOf(cheapest)
      costs[at] = cheapest + apart(i, j)
    }
  }
  let [i, j, sum, count] = [height - 1, width - 1, 0, 0]
  while (i >= 0 && j >= 0) {
    if (a.voiced.has(a.frames[i]!) && b.voiced.has(b.frames[j]!)) {
      sum += apart(i, j)
      count++
    }
    const way = steps[i * width + j]!
    if (way !== 2) i--
    if (way !== 1) j--
  }
  return sum / Math.max(1, count)
}

/** How much longer the one's vocal tract is than the other's, as a share. */
export const tractError = (ours: ReadonlyArray<Sentence>, theirs: ReadonlyArray<Sentence>): number => {
  const still = theirs.map((sentence) => cepstraOf(sentence, 1))
  const apart = warps.map((warp) =>
    ours.reduce((sum, our, i) => sum + distance(our, theirs[i]!, cepstraOf(our, warp), still[i]!), 0),
  )
  const best = apart.indexOf(Math.min(...apart))
  const [left, middle, right] = [apart[best - 1], apart[best]!, apart[best + 1]]
  const offset = left === undefined || right === undefined ? 0 : (0.5 * (left - right)) / (left - 2 * middle + right)
  return Math.abs(Math.exp((best - (warps.length - 1) / 2 + offset) * step) - 1)
}
