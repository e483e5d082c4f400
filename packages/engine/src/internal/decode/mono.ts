/** Turns decoded blocks into a recording: one channel, not too long, at a rate that speech needs. */
import type { Recording } from "../../Recording.ts"
import { resample } from "../../Resampler.ts"
import { type AudioBlock, checkChannels } from "./block.ts"
import { unusable } from "../refusal.ts"

/** Only so much of a sample is decoded, in seconds: more says no more about a voice. */
export const secondsLimit = 120
/** The same in samples of a channel, for memory's sake: rates above 96 kHz get less time. */
const samplesLimit = secondsLimit * 96_000
/** Recordings at higher rates are brought down to this one, which is also that of all speech made. */
export const rateLimit = 22_050
/** Lowest and highest sample rates that are read. */
export const rates = { lowest: 8_000, highest: 192_000 } as const
/** -60 dBFS: under it lies only the noise of an open input. */
const silence = 0.001
/** A mix of so much less energy than its loudest channel has cancelled itself out: 20 dB. */
const cancelled = 0.01

/** Refuses what tells too little of a voice, or takes too long. */
export const checkRate = (rate: number): void => {
  if (rate < rates.lowest || rate > rates.highest) {
    const detail = `The sample has ${rate} samples a second; ${rates.lowest} to ${rates.highest} are read.`
    throw unusable("unsupported", detail)
  }
}

interface Mix {
  readonly samples: Float32Array
  readonly sampleRate: number
  /** The channel to take alone, where mixing them cancels them out. */
  readonly alone: number | undefined
}

const energyOf = (signal: Float32Array) => {
  let energy = 0
  for (const value of signal) if (Number.isFinite(value)) energy += value * value
  return energy
}

/** The mean of all channels but the one for effects, or one channel alone. */
const mixBlock = ({ channels, lowFrequency }: AudioBlock, alone: number | undefined): Float32Array => {
  const chosen = channels.filter((_, i) => (alone === undefined ? i !== lowFrequency : i === alone))
  const mix = new Float32Array(channels[0]!.length)
  for (const channel of chosen) for (let i = 0; i < mix.length; i++) mix[i]! += channel[i]!
  for (let i = 0; i < mix.length; i++) {
    const value = mix[i]! / chosen.length
    // Files of floating point may hold anything.
    mix[i] = Number.isFinite(value) ? value : 0
  }
  return mix
}

const mix = (blocks: Iterable<AudioBlock>, alone: number | undefined): Mix => {
  const parts: Array<Float32Array> = []
  const energies: Array<number> = []
  let mixEnergy = 0
  let sampleRate = 0
  let length = 0
  let limit = 0
  for (const block of blocks) {
    if (sampleRate === 0) {
      checkRate(block.sampleRate)
      sampleRate = block.sampleRate
      limit = Math.min(secondsLimit * sampleRate, samplesLimit)
    }
    checkChannels(block.channels.length)
    // The next song of a chain, or a part recorded otherwise.
    if (block.sampleRate !== sampleRate) break
    const part = mixBlock(block, alone)
    for (const [i, channel] of block.channels.entries()) energies[i] = (energies[i] ?? 0) + energyOf(channel)
    mixEnergy += energyOf(part)
    parts.push(part)
    length += part.length
    if (length >= limit) break
  }
  if (length === 0) throw unusable("empty", "The sample holds no audio.")
  const samples = new Float32Array(Math.min(length, limit))
  let at = 0
  for (const part of parts) {
    samples.set(part.subarray(0, samples.length - at), at)
    at += part.length
  }
  const loudest = energies.indexOf(Math.max(...energies))
  return { samples, sampleRate, alone: mixEnergy < cancelled * energies[loudest]! ? loudest : undefined }
}

/** Takes what is needed of the blocks. `open` begins again from the start. */
export const record = async (open: () => Promise<Iterable<AudioBlock>>): Promise<Recording> => {
  const all = mix(await open(), undefined)
  let { sampleRate, samples } = all.alone === undefined ? all : mix(await open(), all.alone)
  const loudest = peakOf(samples)
  if (loudest < silence) {
    throw unusable("silent", `The sample holds only silence in its first ${Math.ceil(samples.length / sampleRate)} s.`)
  }
  if (sampleRate > rateLimit) {
    samples = resample(samples, { from: sampleRate, to: rateLimit })
    sampleRate = rateLimit
  }
  // Resampling lets a clipped wave swing over.
  const peak = peakOf(samples)
  if (peak > 1) for (let i = 0; i < samples.length; i++) samples[i]! /= peak
  return { samples, sampleRate }
}

const peakOf = (signal: Float32Array) => signal.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
