/**
 * What is kept between runs (XDG Base Directory Specification): in `config.json` which server to use, and in
 * `credentials.json`, which only its owner can read, a key for each server.
 */
import { hostedBaseUrl } from "@voiceclone/core/VoiceCloneClient"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import {
  chmodSync,
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { dirname, join } from "node:path"
import * as BaseDirectory from "./BaseDirectory.ts"
import { distance } from "@voiceclone/server/Nearest"
import { reasonOf } from "@voiceclone/server/SystemError"
import { Usage } from "./Usage.ts"

/** The names that `voiceclone config set` takes. */
export const names = ["base-url", "allow-insecure"] as const
export type Name = (typeof names)[number]
export type Config = Readonly<Partial<Record<Name, string>>>

const directory = (): string => join(BaseDirectory.named("XDG_CONFIG_HOME", ".config"), "voiceclone")

export const configFile = (): string => join(directory(), "config.json")
export const credentialsFile = (): string => join(directory(), "credentials.json")

const mend = (path: string) => `Mend or remove ${path}.`

/** The strings of a JSON object in a file; none where there is no file. */
const read = (path: string): Effect.Effect<Readonly<Record<string, string>>, Usage> =>
  Effect.try({
    try: () => {
      let text: string
      try {
        text = readFileSync(path, "utf8")
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return {}
        throw error
      }
      const json: unknown = JSON.parse(text)
      if (!Predicate.isObject(json) || !Object.values(json).every(Predicate.isString)) {
        throw new Error("it is no object of strings")
      }
      return json as unknown as Record<string, string>
    },
    catch: (error) => new Usage({ reason: `Cannot read ${path}: ${reasonOf(error)}`, nextStep: mend(path) }),
  })

/** Beside its place first, then renamed: whoever reads has the old or the new, and never less than its protection. */
const write = (path: string, content: object, mode: number): Effect.Effect<void, Usage> =>
  Effect.try({
    try: () => {
      BaseDirectory.make(dirname(path), 0o700)
      const beside = `${path}.${process.pid}`
      const file = openSync(beside, "w", mode)
      try {
        try {
          writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`)
          fsyncSync(file)
        } finally {
          closeSync(file)
        }
        chmodSync(beside, mode)
        renameSync(beside, path)
      } catch (error) {
        // no half of a key stays where nobody looks
        rmSync(beside, { force: true })
        throw error
      }
    },
    catch: (error) =>
      new Usage({
        reason: `Cannot write ${path}: ${reasonOf(error)}`,
        nextStep: "Make room and permission for it, or set XDG_CONFIG_HOME to another place.",
      }),
  })

/** What is set, names of a later version aside. */
export const config: Effect.Effect<Config, Usage> = Effect.suspend(() => read(configFile()))

export const setConfig = (name: Name, value: string | undefined): Effect.Effect<void, Usage> =>
  Effect.flatMap(config, (known) => {
    const { [name]: _, ...others } = known
    return write(configFile(), value === undefined ? others : { ...others, [name]: value }, 0o644)
  })

/** One server by one name. */
const nameOf = (baseUrl: string): string => baseUrl.replace(/\/+$/, "")

const credentials = Effect.suspend(() => {
  const path = credentialsFile()
  return Effect.flatMap(read(path), (keys) => {
    const isOpen = Object.keys(keys).length > 0 && process.platform !== "win32" && (statSync(path).mode & 0o077) !== 0
    return isOpen
      ? Effect.fail(new Usage({ reason: `Others can read the keys in ${path}`, nextStep: `Run: chmod 600 ${path}` }))
      : Effect.succeed(keys)
  })
})

/** Keeps a key for a server, or forgets it; says whether there was one. */
export const keep = (baseUrl: string, key: string | undefined): Effect.Effect<boolean, Usage> =>
  Effect.flatMap(credentials, (keys) => {
    const { [nameOf(baseUrl)]: known, ...others } = keys
    const next = key === undefined ? others : { ...others, [nameOf(baseUrl)]: key }
    return Effect.as(write(credentialsFile(), next, 0o600), known !== undefined)
  })

/** A value, and where it comes from, in words. */
export interface Found {
  readonly value: string
  readonly from: string
}

const environment = (name: string): Found | undefined => {
  const value = process.env[name] ?? ""
  return value === "" ? undefined : { value, from: name }
}

/** With a mistyped one, a recording and a key would go to another server than the one that is meant. */
const mistyped = (flag: string | undefined): Usage | undefined => {
  const missing = [...(flag === undefined ? ["VOICECLONE_BASE_URL"] : []), "VOICECLONE_API_KEY"].filter(
    (name) => environment(name) === undefined,
  )
  for (const name of missing) {
    const meant = Object.keys(process.env).find((other) => other !== name && distance(other, name) <= 2)
    if (meant !== undefined && environment(meant) !== undefined) {
      return new Usage({ reason: `${meant} is no setting`, nextStep: `If ${name} is meant, set that; else unset it.` })
    }
  }
  return undefined
}

/** The server, the key, and whether plain http is allowed: by flag, environment, then what is kept. */
export const resolve = Effect.fnUntraced(function* (baseUrlFlag: Option.Option<string>) {
  const kept = yield* config
  const fromConfig = (name: Name): Found | undefined => {
    const value = kept[name]
    return value === undefined ? undefined : { value, from: configFile() }
  }
  const flag = Option.getOrUndefined(baseUrlFlag)
  const wrong = mistyped(flag)
  if (wrong !== undefined) return yield* wrong
  const baseUrl = (flag === undefined ? undefined : { value: flag, from: "--base-url" }) ??
    environment("VOICECLONE_BASE_URL") ??
    fromConfig("base-url") ?? { value: hostedBaseUrl, from: "the hosted service" }
  const fromEnvironment = environment("VOICECLONE_API_KEY")
  const keptKey = fromEnvironment === undefined ? (yield* credentials)[nameOf(baseUrl.value)] : undefined
  const apiKey = fromEnvironment ?? (keptKey === undefined ? undefined : { value: keptKey, from: credentialsFile() })
  const insecure = environment("VOICECLONE_ALLOW_INSECURE") ?? fromConfig("allow-insecure")
  return { baseUrl, apiKey, allowInsecure: insecure?.value === "1" || insecure?.value === "true", insecure }
})
