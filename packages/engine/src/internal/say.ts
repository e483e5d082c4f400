/**
 * One utterance through Flite to finished PCM. Synchronous and free of Effect: this is all that runs in the worker.
 */
import * as Level from "../Level.ts"
import { resample } from "../Resampler.ts"
import type { Utterance } from "../Speaker.ts"
import { runProgram } from "./wasi.ts"

const fliteRate = 16_000
const outputRate = 22_050

/** The data of the 16-bit mono file that Flite writes with a plain 44-byte header. */
const decodeWav = (bytes: Uint8Array): Float32Array => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const count = Math.floor((bytes.byteLength - 44) / 2)
  return Float32Array.from({ length: Math.max(0, count) }, (_, i) => view.getInt16(44 + i * 2, true) / 32_768)
}

/** Throws an `Error` that tells what Flite complained of, or the trap it ended in. */
export const say = (flite: WebAssembly.Module, { text, voice }: Utterance): Int16Array<ArrayBuffer> => {
  const traits = {
    int_f0_target_mean: voice.pitch,
    int_f0_target_stddev: voice.pitchDeviation,
    duration_stretch: voice.stretch,
  }
  const settings = Object.entries(traits).flatMap(([name, value]) =>
    value !== undefined && Number.isFinite(value) ? ["--setf", `${name}=${value.toFixed(4)}`] : [],
  )
  const args = ["flite", "-voice", voice.name, ...settings, "-t", text, "-o", "/speech.wav"]
  const result = runProgram(flite, { args })
  const wav = result.files.get("speech.wav")
  if (result.exitCode !== 0 || wav === undefined) {
    throw new Error(`Flite ended with code ${result.exitCode}: ${result.stderr.trim() || "no message"}`)
  }
  const from = fliteRate * (voice.formantScale ?? 1)
  return Level.finish(resample(Level.trim(decodeWav(wav), fliteRate), { from, to: outputRate }))
}
