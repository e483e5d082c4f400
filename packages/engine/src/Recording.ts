/** Decoded audio: what a voice is measured from. */

/** One channel of audio. */
export interface Recording {
  /** Full scale is -1 to 1. */
  readonly samples: Float32Array
  /** Samples per second. */
  readonly sampleRate: number
}
