/** Two spectrograms side by side, as a PNG. */
import type { Recording } from "@voiceclone/engine/Recording"
import { resample } from "@voiceclone/engine/Resampler"
import * as Spectrum from "@voiceclone/engine/Spectrum"
import { crc32, deflateSync } from "node:zlib"

const seconds = 4
const range = 60
const gap = 8

const chunk = (type: string, data: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data])
  const out = Buffer.alloc(8 + body.length)
  out.writeUInt32BE(data.length, 0)
  body.copy(out, 4)
  out.writeUInt32BE(crc32(body), 4 + body.length)
  return out
}

/** 8-bit grey, rows from the top. */
const png = (pixels: Uint8Array, width: number): Buffer => {
  const height = pixels.length / width
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 0, 0, 0, 0], 8)
  const rows = Buffer.alloc(height * (width + 1))
  for (let row = 0; row < height; row++)
    rows.set(pixels.subarray(row * width, (row + 1) * width), row * (width + 1) + 1)
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ])
}

/** The first seconds of both, 0 to 8 kHz from the bottom, 60 dB from white to black. */
export const sideBySide = (left: Recording, right: Recording): Buffer => {
  const shown = [left, right].map(({ sampleRate, samples }) =>
    Spectrum.spectra(
      resample(samples.subarray(0, seconds * sampleRate), { from: sampleRate, to: Spectrum.analysisRate }),
    ),
  )
  const columns = seconds / Spectrum.hop
  const height = shown[0]!.power.length / shown[0]!.frames
  const width = 2 * columns + gap
  const pixels = new Uint8Array(width * height).fill(128)
  for (const [side, { frames, power }] of shown.entries()) {
    const loudest = 10 * Math.log10(power.reduce((most, value) => Math.max(most, value), 1e-9))
    for (let column = 0; column < columns; column++) {
      for (let bin = 0; bin < height; bin++) {
        const level = column < frames ? 10 * Math.log10(power[column * height + bin]! + 1e-9) - loudest : -range
        const at = (height - 1 - bin) * width + side * (columns + gap) + column
        pixels[at] = Math.round(255 * Math.min(1, Math.max(0, -level / range)))
      }
    }
  }
  return png(pixels, width)
}
