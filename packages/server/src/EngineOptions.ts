/**
 * Which engine speaks, and what it is told: as options of a program, or as variables of the environment.
 *
 * | variable                     | engine | is                                                                       |
 * | ---------------------------- | ------ | ------------------------------------------------------------------------ |
 * | `VOICECLONE_ENGINE`          |        | `match` (default), `fixed`, `http` or `sherpa`                           |
 * | `VOICECLONE_ENGINE_URL`      | http   | the speech service's address                                             |
 * | `VOICECLONE_ENGINE_KEY`      | http   | its API key                                                              |
 * | `VOICECLONE_ENGINE_MODEL`    | http   | the model, as the service names it                                       |
 * | `VOICECLONE_ENGINE_VOICE`    | http   | a voice of the service's own, where it wants one beside the sample       |
 * | `VOICECLONE_ENGINE_FORM`     | http   | `openai` (default) or `multipart`                                        |
 * | `VOICECLONE_ENGINE_FIELDS`   | http   | other names for fields: `text=utterance,sample=clip`                     |
 * | `VOICECLONE_ENGINE_FORMAT`   | http   | `wav` (default) or `pcm`                                                 |
 * | `VOICECLONE_ENGINE_SPLIT`    | http   | `sentence` (default): a request per sentence; `text`: long ones          |
 * | `VOICECLONE_ALLOW_INSECURE`  | http   | `1` lets the key travel over plain http to another machine               |
 * | `VOICECLONE_ENGINE_DIR`      | sherpa | the model's directory                                                    |
 * | `VOICECLONE_ENGINE_THREADS`  | sherpa | threads that compute                                                     |
 * | `VOICECLONE_ENGINE_STEPS`    | sherpa | steps of the flow                                                        |
 */
import type * as HttpEngine from "@voiceclone/engine/HttpEngine"
import type * as SherpaEngine from "@voiceclone/engine/SherpaEngine"
import * as Result from "effect/Result"
import { EngineUnusable } from "./ServerError.ts"

/** The engine of choice, in plain values. */
export type EngineOptions =
  | { readonly engine: "match" | "fixed" }
  | ({ readonly engine: "http"; readonly key?: string | undefined } & Omit<HttpEngine.Options, "key">)
  | ({ readonly engine: "sherpa" } & SherpaEngine.Options)

/** Every engine, in the order of effort. */
export const engines: ReadonlyArray<{ readonly engine: EngineOptions["engine"]; readonly summary: string }> = [
  { engine: "match", summary: "a synthetic English voice fitted to the sample; embedded, the default" },
  { engine: "fixed", summary: "always the same synthetic English voice; embedded, for tests" },
  { engine: "http", summary: "a speech service at VOICECLONE_ENGINE_URL that imitates the sample" },
  { engine: "sherpa", summary: "a ZipVoice or PocketTTS model of your own, in VOICECLONE_ENGINE_DIR" },
]

/** What the environment may hold. */
export type Environment = Readonly<Record<string, string | undefined>>

const prefix = "VOICECLONE_ENGINE_"
const names: Readonly<Record<EngineOptions["engine"], ReadonlyArray<string>>> = {
  match: [],
  fixed: [],
  http: ["URL", "KEY", "MODEL", "VOICE", "FORM", "FIELDS", "FORMAT", "SPLIT"],
  sherpa: ["DIR", "THREADS", "STEPS"],
}
const fieldNames = ["text", "sample", "transcript", "model", "voice", "format"]

/** Throws {@link EngineUnusable}, which `parse` returns. */
const reader = (environment: Environment, engine: string) => {
  const invalid = (name: string, reason: string) =>
    new EngineUnusable({
      engine,
      reason: `${name} ${reason}`,
      nextStep: `Set ${name} right; the README of @voiceclone/server lists the variables.`,
    })
  const read = (name: string) => environment[prefix + name]?.trim() || undefined
  return {
    invalid,
    read,
    needed: (name: string) => {
      const value = read(name)
      if (value === undefined) throw invalid(prefix + name, `is not set, and the engine ${engine} needs it`)
      return value
    },
    oneOf: <A extends string>(name: string, values: ReadonlyArray<A>): A | undefined => {
      const value = read(name)
      const found = values.find((one) => one === value)
      if (value === undefined || found !== undefined) return found
      throw invalid(prefix + name, `is neither ${values.join(" nor ")}`)
    },
    count: (name: string) => {
      const value = read(name)
      if (value === undefined || /^[1-9]\d{0,3}$/u.test(value)) return value === undefined ? undefined : Number(value)
      throw invalid(prefix + name, "is not a number from 1 to 9999")
    },
  }
}

const read = (environment: Environment, chosen: EngineOptions["engine"] | undefined): EngineOptions => {
  const named = chosen ?? (environment["VOICECLONE_ENGINE"]?.trim() || "match")
  const engine = engines.find((one) => one.engine === named)?.engine
  const { count, invalid, needed, oneOf, read } = reader(environment, named)
  if (engine === undefined) throw invalid("VOICECLONE_ENGINE", "is none of match, fixed, http and sherpa")
  for (const [name, value] of chosen === undefined ? Object.entries(environment) : []) {
    if (!name.startsWith(prefix) || (value ?? "").trim() === "" || names[engine].includes(name.slice(prefix.length)))
      continue
    throw invalid(name, `is set, but the engine is ${engine}, which has no such setting`)
  }
  if (engine === "match" || engine === "fixed") return { engine }
  if (engine === "sherpa") return { engine, directory: needed("DIR"), threads: count("THREADS"), steps: count("STEPS") }
  const fields = Object.fromEntries(
    (read("FIELDS") ?? "").split(",").flatMap((entry) => {
      if (entry.trim() === "") return []
      const [field = "", name] = entry.split("=").map((part) => part.trim())
      if (name !== undefined && fieldNames.includes(field)) return [[field, name]]
      throw invalid(`${prefix}FIELDS`, `has an entry that is not field=name with a field of ${fieldNames.join(", ")}`)
    }),
  )
  return {
    engine,
    url: needed("URL"),
    key: read("KEY"),
    model: read("MODEL"),
    voice: read("VOICE"),
    form: oneOf("FORM", ["openai", "multipart"]),
    format: oneOf("FORMAT", ["wav", "pcm"]),
    split: oneOf("SPLIT", ["sentence", "text"]),
    fields,
    allowInsecure: environment["VOICECLONE_ALLOW_INSECURE"] === "1",
  }
}

/**
 * Reads the variables. A setting that does not belong to the engine that they choose fails too: it was meant for
 * something. An engine that was chosen elsewhere takes its own settings, and leaves the others alone.
 *
 * @example
 * ```ts
 * EngineOptions.parse({ VOICECLONE_ENGINE: "sherpa", VOICECLONE_ENGINE_DIR: "models/pocket" })
 * ```
 */
export const parse = (
  environment: Environment,
  chosen?: EngineOptions["engine"],
): Result.Result<EngineOptions, EngineUnusable> =>
  Result.try({
    try: () => read(environment, chosen),
    catch: (error) => {
      if (error instanceof EngineUnusable) return error
      throw error
    },
  })
