/**
 * Whether a file is one that a voice can be in, by how it begins: its name and type say only what someone called it.
 */

/** Where in a file, and the bytes there, as characters. */
const beginnings: ReadonlyArray<readonly [offset: number, bytes: string]> = [
  [8, "WAVE"],
  [8, "AIF"],
  [0, "ID3"],
  [0, "fLaC"],
  [0, "OggS"],
  [4, "ftyp"],
  // WebM
  [0, "\u001a\u0045\u00df\u00a3"],
]

/** A frame of MP3 or AAC begins with eleven bits that are set. */
const isFrame = (head: Uint8Array) => head[0] === 0xff && (head[1]! & 0xe0) === 0xe0

export const isAudio = async (file: Blob): Promise<boolean> => {
  const head = new Uint8Array(await file.slice(0, 12).arrayBuffer())
  const text = String.fromCharCode(...head)
  return isFrame(head) || beginnings.some(([offset, bytes]) => text.startsWith(bytes, offset))
}
