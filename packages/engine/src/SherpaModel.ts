/**
 * Model directories of sherpa-onnx: which model it is, and whether it is whole. To be asked before loading, because
 * the native code ends the process over a file that is missing or damaged.
 */
import * as Effect from "effect/Effect"
import { readdir, stat } from "node:fs/promises"
import { basename, join, resolve } from "node:path"
import { onnxMetadata } from "./internal/onnxMetadata.ts"
import { EngineUnavailable } from "./SynthesisError.ts"

/** The models that imitate a voice. */
export type ModelKind = "zipvoice" | "pocket"

/** What a directory holds. */
export interface SherpaModel {
  /** Absolute. */
  readonly directory: string
  /** The directory's own name. */
  readonly name: string
  readonly kind: ModelKind
  /** Paths, by the names that sherpa-onnx has for them. */
  readonly files: Readonly<Record<string, string>>
  /** What is not there, by the name it usually has. */
  readonly missing: ReadonlyArray<string>
  /** Names of files that are there, and are no whole ONNX models. */
  readonly damaged: ReadonlyArray<string>
  /** Of the speech, in samples per second. */
  readonly sampleRate: number
  /** BCP 47 tags. */
  readonly languages: ReadonlyArray<string>
  /** Whether the model has to be told what is said in the sample. */
  readonly needsTranscript: boolean
  /** The name of the file that tells the licence, where there is one. Models often have other terms than programs. */
  readonly licence?: string
}

interface Role {
  /** What sherpa-onnx calls it. */
  readonly role: string
  /** In the order of preference. */
  readonly names: ReadonlyArray<string>
}

/** Quantised models come first: they are what a processor speaks with in time. */
const onnx = (...names: ReadonlyArray<string>) => names.flatMap((name) => [`${name}.int8.onnx`, `${name}.onnx`])

const roles: Readonly<Record<ModelKind, ReadonlyArray<Role>>> = {
  zipvoice: [
    { role: "encoder", names: onnx("encoder", "text_encoder") },
    { role: "decoder", names: onnx("decoder", "fm_decoder") },
    { role: "vocoder", names: ["vocos_24khz.onnx", ...onnx("vocoder", "vocos")] },
    { role: "tokens", names: ["tokens.txt"] },
    { role: "lexicon", names: ["lexicon.txt"] },
    { role: "dataDir", names: ["espeak-ng-data"] },
  ],
  pocket: [
    { role: "lmFlow", names: onnx("lm_flow") },
    { role: "lmMain", names: onnx("lm_main") },
    { role: "encoder", names: onnx("encoder") },
    { role: "decoder", names: onnx("decoder") },
    { role: "textConditioner", names: onnx("text_conditioner") },
    { role: "vocabJson", names: ["vocab.json"] },
    { role: "tokenScoresJson", names: ["token_scores.json"] },
  ],
}

const espeakFiles = ["phontab", "phonindex", "phondata", "intonations"]
const licences = /^(?:licen[cs]e|copying|model[-_]?card|readme)(?:\.\w+)?$/iu

const kindOf = (names: ReadonlySet<string>): ModelKind | undefined => {
  const held = (kind: ModelKind) => roles[kind].filter((role) => role.names.some((name) => names.has(name))).length
  // Both have an encoder and a decoder.
  if (Math.max(held("zipvoice"), held("pocket")) < 3) return undefined
  return held("pocket") > held("zipvoice") ? "pocket" : "zipvoice"
}

const isFile = async (path: string) => {
  try {
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}

const look = async (directory: string): Promise<SherpaModel | undefined> => {
  const names = new Set(await readdir(directory))
  const kind = kindOf(names)
  if (kind === undefined) return undefined
  const files: Record<string, string> = {}
  const missing: Array<string> = []
  const damaged: Array<string> = []
  let sampleRate = 24_000
  for (const { names: candidates, role } of roles[kind]) {
    const name = candidates.find((candidate) => names.has(candidate))
    if (name === undefined) {
      missing.push(candidates[0]!)
      continue
    }
    files[role] = join(directory, name)
    if (role === "dataDir") {
      for (const file of espeakFiles) if (!(await isFile(join(directory, name, file)))) missing.push(`${name}/${file}`)
    } else if (!(await isFile(files[role]))) {
      missing.push(name)
    } else if (name.endsWith(".onnx")) {
      const metadata = await onnxMetadata(files[role])
      if (metadata === undefined) damaged.push(name)
      if (kind === "zipvoice" && role === "decoder") sampleRate = Number(metadata?.get("sample_rate") ?? sampleRate)
    }
  }
  const licence = [...names].filter((name) => licences.test(name)).toSorted()[0]
  return {
    directory,
    name: basename(directory),
    kind,
    files,
    missing,
    damaged,
    sampleRate,
    languages: kind === "pocket" ? ["en"] : ["zh", "en"],
    needsTranscript: kind === "zipvoice",
    ...(licence === undefined ? {} : { licence }),
  }
}

const unreadable = (path: string, error: unknown): string => {
  const { code } = error as NodeJS.ErrnoException
  if (code === "ENOENT") return `There is no directory ${path}.`
  if (code === "ENOTDIR") return `${path} is not a directory.`
  return `The model directory ${path} cannot be read${code === undefined ? "" : ` (${code})`}.`
}

/** The model of a directory, whole or not. Fails where there is none. */
export const checkModel = Effect.fnUntraced(function* (
  directory: string,
): Effect.fn.Return<SherpaModel, EngineUnavailable> {
  const path = resolve(directory)
  const model = yield* Effect.tryPromise({
    try: () => look(path),
    catch: (cause) => new EngineUnavailable({ retryable: false, detail: unreadable(path, cause), cause }),
  })
  if (model !== undefined) return model
  const detail = `${path} holds no ZipVoice and no PocketTTS model for sherpa-onnx.`
  return yield* new EngineUnavailable({ retryable: false, detail })
})

/** What keeps the model from being loaded, as a sentence; `undefined` where nothing does. */
export const problemOf = ({ damaged, directory, missing }: SherpaModel): string | undefined => {
  const found = [
    ...(missing.length > 0 ? [`lacks ${missing.join(", ")}`] : []),
    ...(damaged.length > 0 ? [`has no whole ONNX model in ${damaged.join(", ")}`] : []),
  ]
  return found.length === 0 ? undefined : `The model in ${directory} ${found.join(" and ")}.`
}
