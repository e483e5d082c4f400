/**
 * What a server takes at most, where its OpenAPI document says so; of one that says nothing, nothing is assumed.
 */

export interface Limits {
  readonly sampleBytes?: number | undefined
  readonly sampleSeconds?: number | undefined
  readonly textLength?: number | undefined
}

type Field = { readonly maxLength?: unknown; readonly "x-max-seconds"?: unknown } | undefined

interface Operation {
  readonly post: {
    readonly requestBody: {
      readonly content: {
        readonly "multipart/form-data": { readonly schema: { readonly properties: Record<string, Field> } }
      }
    }
  }
}

const atMost = (value: unknown) => (typeof value === "number" && value > 0 ? value : undefined)

/** Of the server at this address. */
export const of = async (baseUrl: string): Promise<Limits> => {
  try {
    const response = await fetch(`${baseUrl.replace(/\/+$/, "")}/openapi.json`, { signal: AbortSignal.timeout(10_000) })
    const { paths } = (await response.json()) as { readonly paths: Record<string, Operation> }
    const [, { post }] = Object.entries(paths).find(([path]) => path.endsWith("/async-clone/create-task"))!
    const { audio_file: sample, text } = post.requestBody.content["multipart/form-data"].schema.properties
    return {
      sampleBytes: atMost(sample?.maxLength),
      sampleSeconds: atMost(sample?.["x-max-seconds"]),
      textLength: atMost(text?.maxLength),
    }
  } catch {
    // another server's document may be elsewhere, of another shape, or not for this page to read
    return {}
  }
}

const tenths = (value: number) => value.toLocaleString("en", { maximumFractionDigits: 1 })

/** Rounded so that what is over a limit is so in words too. */
const megabytes = (bytes: number, round = Math.floor) => `${tenths(round(bytes / 100_000) / 10)} MB`

const time = (seconds: number, round = Math.floor) =>
  seconds < 120 ? `${round(seconds)} seconds` : `${tenths(round(seconds / 6) / 10)} minutes`

/** How large and how long a sample may be, in words; empty where that is not known. */
export const words = ({ sampleBytes, sampleSeconds }: Limits): string => {
  const parts = [sampleBytes && megabytes(sampleBytes), sampleSeconds && time(sampleSeconds)].filter(Boolean)
  return parts.length === 0 ? "" : `At most ${parts.join(" and ")}. `
}

const shorter = "A minute of speech is plenty: cut the recording, or record anew."

/** Why the server will refuse a sample for its size. */
export const tooLarge = ({ name, size }: File, { sampleBytes }: Limits): string | undefined =>
  sampleBytes !== undefined && size > sampleBytes
    ? `${name} has ${megabytes(size, Math.ceil)}, and this server takes ${megabytes(sampleBytes)} at most. ${shorter}`
    : undefined

/** How long this browser takes a file to be, where it can tell: a guess where the file does not say it itself. */
const secondsOf = (file: File): Promise<number> =>
  new Promise((resolve) => {
    const audio = new Audio()
    const url = URL.createObjectURL(file)
    const end = (seconds: number) => {
      URL.revokeObjectURL(url)
      resolve(seconds)
    }
    audio.addEventListener("loadedmetadata", () => end(audio.duration))
    audio.addEventListener("error", () => end(Number.NaN))
    audio.preload = "metadata"
    audio.src = url
  })

/** Why the server may refuse a sample for its length. */
export const tooLong = async (file: File, { sampleSeconds }: Limits): Promise<string | undefined> => {
  if (sampleSeconds === undefined) return undefined
  const seconds = await secondsOf(file)
  return Number.isFinite(seconds) && seconds > sampleSeconds
    ? `${file.name} seems to be ${time(seconds, Math.ceil)} long, and this server takes ${time(sampleSeconds)} at most: it may refuse it. ${shorter}`
    : undefined
}

/** Why the server will refuse a text; empty where it won't. */
export const textTooLong = (text: string, { textLength }: Limits): string => {
  const length = Array.from(text).length
  return textLength !== undefined && length > textLength
    ? `This text has ${length.toLocaleString("en")} characters, and this server takes ${textLength.toLocaleString("en")} at most.`
    : ""
}
