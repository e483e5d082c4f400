/** Decoders that packages bring as WebAssembly files. */

/** A codec whose decoder is such a file, and what the file is. */
export const files = {
  mp3: { name: "minimp3-wasm 0.1.0", path: "minimp3-wasm/dist/decoder.opt.wasm" },
  vorbis: { name: "ogv 1.9.0", path: "ogv/dist/ogv-decoder-audio-vorbis-wasm.wasm" },
} as const

/** Finds and compiles a codec's module. */
export type LoadModule = (codec: keyof typeof files) => Promise<WebAssembly.Module>

/** The installation is at fault, not the sample. */
export class DecoderMissing extends Error {}
