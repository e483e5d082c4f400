/** One utterance through Flite as it comes out: 16 kHz, with Flite's own padding. Synchronous. */
import type { Utterance, Voice } from "../Speaker.ts"
import { runProgram } from "./wasi.ts"

/** Samples per second of what Flite makes. */
export const fliteRate = 16_000

/** The data of the 16-bit mono file that Flite writes with a plain 44-byte header. */
const decodeWav = (bytes: Uint8Array): Float32Array => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const samples = new Float32Array(Math.max(0, Math.floor((bytes.byteLength - 44) / 2)))
  for (let i = 0; i < samples.length; i++) samples[i] = view.getInt16(44 + i * 2, true) / 32_768
  return samples
}

/** What Flite stretches a voice by unless it is told to: relative to that is what a voice's own `stretch` is. */
const ownStretch: Partial<Record<Voice["name"], number>> = { kal16: 1.1 }

/**
 * A finished instance holds 17 MB, of which a lazy collector lets six and more pile up. Only the worker thread offers its
 * collector, which takes some 3 ms there.
 */
const collect = (): void => (globalThis as { gc?: () => void }).gc?.()

/** Throws an `Error` that tells what Flite complained of, or the trap it ended in. */
export const runFlite = (flite: WebAssembly.Module, { text, voice }: Utterance): Float32Array => {
  const traits = {
    int_f0_target_mean: voice.pitch,
    int_f0_target_stddev: voice.pitchDeviation,
    duration_stretch: voice.stretch === undefined ? undefined : voice.stretch * (ownStretch[voice.name] ?? 1),
  }
  const settings = Object.entries(traits).flatMap(([name, value]) =>
    value !== undefined && Number.isFinite(value) ? ["--setf", `${name}=${value.toFixed(4)}`] : [],
  )
  const args = ["flite", "-voice", voice.name, ...settings, "-t", text, "-o", "/speech.wav"]
  // One collection leaves what another thread still frees or marks; the next waits for it.
  collect()
  const result = runProgram(flite, { args })
  collect()
  const wav = result.files.get("speech.wav")
  if (result.exitCode !== 0 || wav === undefined) {
    throw new Error(`Flite ended with code ${result.exitCode}: ${result.stderr.trim() || "no message"}`)
  }
  return decodeWav(wav)
}
