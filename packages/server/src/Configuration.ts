/**
 * Reads the settings: a flag goes before the environment, and that before the configuration file.
 *
 * All that is wrong is told at once, each with the place where it was said; that is why this reads by itself where
 * Effect's `Config` would end with the first error and could not say whose it is.
 *
 * @example
 * ```ts
 * Configuration.read({ flags: { port: "0" }, environment: process.env, defaults: { data: ".voiceclone" } })
 * ```
 */
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as ApiKeys from "./ApiKeys.ts"
import * as ConfigurationFile from "./ConfigurationFile.ts"
import * as EngineOptions from "./EngineOptions.ts"
import { nearest } from "./Nearest.ts"
import type * as Log from "./Log.ts"
import * as Page from "./Page.ts"
import type { ServerOptions } from "./ServerOptions.ts"
import * as StoreOptions from "./StoreOptions.ts"
import { type Name, settings } from "./Settings.ts"

/** What was said cannot be. Never holds a secret. */
export class ConfigurationInvalid extends Data.TaggedError("ConfigurationInvalid")<{
  /** One for each thing that is wrong, with its place. */
  readonly problems: ReadonlyArray<string>
}> {
  override get message(): string {
    return `The configuration is wrong: ${this.problems.join("; ")}`
  }
  get nextStep(): string {
    return "See voiceclone serve --help, or the list of settings in the documentation."
  }
}

/** Where settings are said. */
export interface Sources {
  /** By name. */
  readonly flags: Readonly<Partial<Record<Name, string | undefined>>>
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The directory of a page to serve. */
  readonly page?: string | undefined
  /** What holds where nothing is said, for what has no default of its own. */
  readonly defaults: { readonly data: string }
}

/** What was said, in values. */
export interface Configuration extends ServerOptions {
  readonly engine: EngineOptions.EngineOptions
  readonly log: Log.Format
  readonly logLevel: Log.Level
}

interface Said {
  readonly value: string
  readonly place: string
}

/** `90s`, `10m`, `1h`, `7d`; bare numbers are seconds. */
const time = (text: string): Duration.Duration | undefined => {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?$/u.exec(text)
  const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[match?.[2] ?? "s"] ?? 1000
  return match === null ? undefined : Duration.millis(Number(match[1]) * unit)
}

/** `25MiB`, `25 MB`; bare numbers are bytes. */
const size = (text: string): number | undefined => {
  const match = /^(\d+(?:\.\d+)?)\s*(B|kB|MB|GB|KiB|MiB|GiB)?$/u.exec(text)
  const unit = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 }[match?.[2] ?? "B"] ?? 1
  return match === null ? undefined : Math.round(Number(match[1]) * unit)
}

const seconds = (time: Duration.Duration | undefined): number | undefined =>
  time === undefined ? undefined : Duration.toSeconds(time)

const wholeNumber = (minimum: number, maximum: number) => (text: string) =>
  /^\d{1,15}$/u.test(text) && Number(text) >= minimum && Number(text) <= maximum ? Number(text) : undefined

const timeWithin = (minimum: Duration.Duration, maximum: Duration.Duration) => (text: string) => {
  const read = time(text)
  return read !== undefined && Duration.between(read, { minimum, maximum }) ? read : undefined
}

const origin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text

const list = (text: string): ReadonlyArray<string> =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")

/** Names that are said to the client commands, which share the prefix. */
const clientVariables = ["VOICECLONE_API_KEY", "VOICECLONE_BASE_URL"]

/** What Kubernetes says to every container of a service that is called `voiceclone`. */
const fromKubernetes = /^VOICECLONE_(?:SERVICE_(?:HOST|PORT)|PORT_\d+_(?:TCP|UDP))(?:_|$)/u

/** Variables that mean nothing. `EngineOptions` judges those of engines. */
const unknownVariables = (environment: Sources["environment"]): ReadonlyArray<string> => {
  const known: ReadonlyArray<string> = settings.map(({ variable }) => variable)
  return Object.entries(environment).flatMap(([name, value = ""]) =>
    !/^VOICECLONE_(?!ENGINE)/u.test(name) ||
    value.trim() === "" ||
    [...known, ...clientVariables].includes(name) ||
    fromKubernetes.test(name)
      ? []
      : [`${name} is no setting; the nearest is ${nearest(name, known)}`],
  )
}

type Find = (name: Name) => Said | undefined

/** Where each setting is said. */
const finder = ({ environment, flags }: Sources, problems: Array<string>): Find => {
  const outsideFile: Find = (name) => {
    const flag = flags[name]
    if (flag !== undefined) return { value: flag.trim(), place: `--${name}` }
    const { variable } = settings.find((setting) => setting.name === name)!
    const value = environment[variable]?.trim() ?? ""
    return value === "" ? undefined : { value, place: variable }
  }
  const path = outsideFile("config")?.value
  const file = path === undefined ? new Map<string, string>() : ConfigurationFile.read(path, problems)
  return (name) => {
    const value = file.get(name)
    return outsideFile(name) ?? (value === undefined ? undefined : { value: value.trim(), place: `${name} in ${path}` })
  }
}

const readDatabase = (find: Find, problems: Array<string>): Redacted.Redacted<string> | undefined => {
  const said = find("database")
  if (said === undefined) return undefined
  if (/^postgres(ql)?:\/\//u.test(said.value) && URL.canParse(said.value)) return Redacted.make(said.value)
  // not shown: it may hold a password
  problems.push(`${said.place} is not like postgres://user:password@host/name`)
  return undefined
}

/**
 * Where the server that is configured so keeps its tasks, for who looks after it; whatever else may be wrong. Throws
 * {@link ConfigurationInvalid}.
 */
export const place = (
  sources: Sources,
): { readonly dataDirectory: string; readonly databaseUrl: string | undefined } => {
  const problems: Array<string> = []
  const find = finder(sources, problems)
  const database = readDatabase(find, problems)
  if (problems.length > 0) throw new ConfigurationInvalid({ problems })
  return {
    dataDirectory: find("data")?.value || sources.defaults.data,
    databaseUrl: database && Redacted.value(database),
  }
}

/** Reads all settings; fails with everything that is wrong. */
export const read = (sources: Sources): Result.Result<Configuration, ConfigurationInvalid> => {
  const { defaults, environment, flags, page } = sources
  const problems: Array<string> = [...unknownVariables(environment)]
  const find = finder(sources, problems)

  const as = <A>(name: Name, parse: (text: string) => A | undefined, expected: string): A | undefined => {
    const said = find(name)
    if (said === undefined) return undefined
    const value = parse(said.value)
    if (value === undefined) problems.push(`${said.place} is ${JSON.stringify(said.value)}, which is not ${expected}`)
    return value
  }
  const oneOf = <A extends string>(name: Name, choices: ReadonlyArray<A>) =>
    as(name, (text) => choices.find((choice) => choice === text.toLowerCase()), `one of ${choices.join(", ")}`)

  const readKeys = () => {
    const said = find("keys")
    if (said === undefined) return undefined
    const keys = ApiKeys.parse(said.value)
    if (Result.isSuccess(keys)) return keys.success
    problems.push(`${said.place}: ${keys.failure.reason}`)
    return undefined
  }
  const readStore = () => {
    const said = find("store")
    if (said === undefined) return undefined
    const store = StoreOptions.parse(said.value, environment)
    if (Result.isSuccess(store)) return store.success
    problems.push(...store.failure.map((problem) => `${said.place}: ${problem}`))
    return undefined
  }
  const readEngine = (): EngineOptions.EngineOptions => {
    const named = settings.filter(({ name }) => /^engine|^allow-insecure$/u.test(name))
    const said = named.map(({ name, variable }) => {
      const value = name === "engine" && flags.engine !== undefined ? undefined : find(name)?.value
      return [variable, name === "allow-insecure" && value === "yes" ? "1" : value] as const
    })
    const chosen =
      flags.engine === undefined
        ? undefined
        : oneOf(
            "engine",
            EngineOptions.engines.map(({ engine }) => engine),
          )
    // Variables that no engine has are a mistake too.
    const others = Object.entries(environment).filter(([name]) => name.startsWith("VOICECLONE_ENGINE"))
    const engine = EngineOptions.parse({ ...Object.fromEntries(others), ...Object.fromEntries(said) }, chosen)
    if (Result.isSuccess(engine)) return engine.success
    problems.push(engine.failure.reason)
    return { engine: "match" }
  }

  const host = as("host", (text) => text || undefined, "an address")
  if (page !== undefined && host !== undefined && !Page.isLoopback(host)) {
    problems.push(`the page (--open) is for this machine alone, and ${find("host")?.place} is ${JSON.stringify(host)}`)
  }

  const count = wholeNumber(1, 1e15)
  const token = as("metrics-token", (text) => text, "a token")
  const configuration: Configuration = {
    host,
    page,
    port: as("port", wholeNumber(0, 65_535), "a port: 0 to 65535"),
    dataDirectory: as("data", (text) => text || undefined, "a directory") ?? defaults.data,
    databaseUrl: readDatabase(find, problems),
    workers: as("workers", wholeNumber(0, 1024), "a number from 0 to 1024"),
    memory: as("memory", timeWithin(Duration.seconds(1), Duration.days(3650)), "a time from 1s to 3650d"),
    store: readStore(),
    keys: readKeys(),
    // A result that is gone at once is none, and a date that is too far away is none either.
    retention: as("retention", timeWithin(Duration.seconds(1), Duration.days(3650)), "a time from 1s to 3650d"),
    limits: {
      sampleBytes: as("max-sample-size", (text) => size(text) || undefined, "a size, e.g. 25MiB"),
      sampleSeconds: seconds(
        as("max-sample-length", timeWithin(Duration.seconds(1), Duration.days(1)), "a time from 1s to 1d"),
      ),
      textLength: as("max-text-length", count, "a number from 1"),
      tasksInFlight: as("max-tasks", count, "a number from 1"),
      requestsPerMinute: as("max-requests", count, "a number from 1"),
    },
    allowedOrigins: as(
      "allowed-origins",
      (text) => (list(text).every(origin) ? list(text) : undefined),
      "a list of origins, e.g. https://a.example",
    ),
    webhooksToPrivateAddresses: oneOf("private-webhooks", ["yes", "no"]) === "yes",
    shutdownTimeout: as("shutdown-timeout", timeWithin(Duration.zero, Duration.hours(1)), "a time up to 1h"),
    metricsToken: token === undefined ? undefined : Redacted.make(token),
    log: oneOf("log", ["logfmt", "json", "pretty"]) ?? "logfmt",
    logLevel: oneOf("log-level", ["all", "trace", "debug", "info", "warn", "error", "fatal", "none"]) ?? "info",
    engine: readEngine(),
  }
  return problems.length === 0 ? Result.succeed(configuration) : Result.fail(new ConfigurationInvalid({ problems }))
}
