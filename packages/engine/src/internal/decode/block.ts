/** What decoders hand on. */
import { unusable } from "../refusal.ts"

/** Some decoded audio. All channels are equally long; full scale is -1 to 1. */
export interface AudioBlock {
  readonly channels: ReadonlyArray<Float32Array>
  readonly sampleRate: number
  /** Which channel carries only low-frequency effects. */
  readonly lowFrequency?: number | undefined
}

/** Most channels that are read. */
const channelLimit = 8

/** Refuses what nothing downstream expects. */
export const checkChannels = (channels: number): void => {
  if (channels < 1 || channels > channelLimit) {
    throw unusable("unsupported", `The sample has ${channels} channels; 1 to ${channelLimit} are read.`)
  }
}

/** Thrown by bit readers; what it means depends on where the bytes end. */
export class EndOfBits extends Error {}

/** The channel for low-frequency effects in the order that WAV and FLAC use. */
export const lowFrequencyOfWav = (channels: number): number | undefined =>
  channels >= 6 && channels <= 8 ? 3 : undefined

/** The same in the order that Vorbis and Opus use: the last one. */
export const lowFrequencyOfVorbis = (channels: number): number | undefined =>
  channels >= 6 && channels <= 8 ? channels - 1 : undefined
