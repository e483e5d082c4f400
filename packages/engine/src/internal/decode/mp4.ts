/** Looks over an MP4 file before anything else reads it: whether it is whole, and whether it has sound. */
import { unusable } from "../refusal.ts"

const name = (bytes: Uint8Array, at: number) => String.fromCharCode(...bytes.subarray(at, at + 4))

/** Refuses files that are cut short or silent by design. Only the outermost boxes are read. */
export const checkMp4 = (bytes: Uint8Array): void => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const truncated = () => unusable("truncated", "The m4a file is cut short: it ends before it says it does.")
  let movie: Uint8Array | undefined
  for (let at = 0; at < bytes.length;) {
    if (at + 8 > bytes.length) throw truncated()
    let size = view.getUint32(at)
    if (size === 1) {
      if (at + 16 > bytes.length) throw truncated()
      size = Number(view.getBigUint64(at + 8))
      if (size < 16) throw unusable("damaged", "The m4a file is damaged: its structure cannot be read.")
    } else if (size === 0) {
      size = bytes.length - at
    } else if (size < 8) {
      throw unusable("damaged", "The m4a file is damaged: its structure cannot be read.")
    }
    if (at + size > bytes.length) throw truncated()
    if (name(bytes, at + 4) === "moov") movie = bytes.subarray(at, at + size)
    at += size
  }
  if (movie === undefined) throw truncated()
  // The handler of a sound track (ISO/IEC 14496-12).
  for (let at = 0; at + 16 <= movie.length; at++) {
    if (movie[at] === 0x68 && name(movie, at) === "hdlr" && name(movie, at + 12) === "soun") return
  }
  throw unusable("unsupported", "The m4a or mp4 file holds no audio.")
}
