/**
 * The Promise door of the server: starts it with the engine of choice, in this process.
 *
 * Only plain values go in and come out, so that a program with its own copy of Effect bundled into it, as the command
 * has, can use it too. `start` rejects with one of `ServerError`'s errors, or with `ApiKeysInvalid`.
 *
 * @example
 * import * as EmbeddedServer from "@voiceclone/server/EmbeddedServer"
 *
 * await using server = await EmbeddedServer.start({ dataDirectory: ".voiceclone", port: 0 })
 * console.log(server.baseUrl, server.apiKey)
 */
import type { EngineDescription } from "@voiceclone/engine/Synthesizer"
import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as ApiKeys from "./ApiKeys.ts"
import * as Configuration from "./Configuration.ts"
import * as Database from "./Database.ts"
import * as Engine from "./Engine.ts"
import * as EngineOptions from "./EngineOptions.ts"
import * as Log from "./Log.ts"
import { Server } from "./Server.ts"
import type { ServerOptions } from "./ServerOptions.ts"
import * as Telemetry from "./Telemetry.ts"

/** What the server can be told. */
export interface Options extends Omit<ServerOptions, "keys" | "metricsToken" | "store"> {
  /** Who may use the server, as `owner:key,owner2:key2`. Default: one key, kept in the data directory. */
  readonly keys?: string | undefined
  /** Who may read `/metrics` from other machines: bearers of this token. Default: nobody. */
  readonly metricsToken?: string | undefined
  /**
   * What speaks. Of an engine that is only named, the environment has the settings. Default: what `VOICECLONE_ENGINE`
   * names there, else the voice match.
   */
  readonly engine?: EngineOptions.EngineOptions | EngineOptions.EngineOptions["engine"] | undefined
  /** How the log is written, on standard error. Default: `"logfmt"`. */
  readonly log?: Log.Format | undefined
  /** The least serious log lines that are written. Default: `"warn"`. */
  readonly logLevel?: Log.Level | undefined
}

/** A server that runs. */
export interface EmbeddedServer extends AsyncDisposable {
  /** What clients take as the base URL, e.g. `http://127.0.0.1:8787/api`. */
  readonly baseUrl: string
  /** A key that the server accepts. */
  readonly apiKey: string
  /** Whether this start made the key. */
  readonly keyIsNew: boolean
  /** Whether the keys were told, rather than made and kept in the data directory. */
  readonly keysAreConfigured: boolean
  /** Where its page is, with a code that lets in whoever opens it first; where there is one. */
  readonly pageUrl?: string
  /** Absolute. */
  readonly dataDirectory: string
  /** Where PostgreSQL is, as `host:port/name`, where that holds the tasks. */
  readonly database?: string
  /** What speaks. */
  readonly engine: EngineDescription
  /** Stops the server; requests under way get a few seconds. */
  readonly close: () => Promise<void>
}

const fromEnvironment = (chosen: EngineOptions.EngineOptions["engine"] | undefined) =>
  Result.getOrThrowWith(EngineOptions.parse(process.env, chosen), (error) => error)

/** Starts the server; it listens when the promise resolves. */
export const start = async ({ engine, keys, metricsToken, ...options }: Options): Promise<EmbeddedServer> =>
  run({
    ...options,
    keys: keys === undefined ? undefined : Result.getOrThrowWith(ApiKeys.parse(keys), (error) => error),
    metricsToken: metricsToken === undefined ? undefined : Redacted.make(metricsToken),
    engine: typeof engine === "object" ? engine : fromEnvironment(engine),
    log: options.log ?? "logfmt",
    logLevel: options.logLevel ?? "warn",
  })

/**
 * Starts the server that flags, environment and configuration file describe. Rejects with `ConfigurationInvalid`, which
 * tells everything that is wrong with them, or as {@link start} does. `greet` is called before the log's first line.
 */
export const serve = async (
  sources: Configuration.Sources,
  greet: (server: EmbeddedServer) => void = () => {},
): Promise<EmbeddedServer> => {
  const configuration = Result.getOrThrowWith(Configuration.read(sources), (error) => error)
  const release = Log.hold()
  try {
    const server = await run(configuration, Telemetry.layer(sources.environment))
    greet(server)
    return server
  } finally {
    release()
  }
}

const run = async (
  { engine, log, logLevel, ...options }: Configuration.Configuration,
  telemetry: Layer.Layer<never, Configuration.ConfigurationInvalid> = Telemetry.none,
): Promise<EmbeddedServer> => {
  const runtime = ManagedRuntime.make(
    Server.layer(options).pipe(
      Layer.provide(Engine.layer(engine)),
      Layer.provide(telemetry),
      Layer.provide(Log.layer(log, logLevel)),
    ),
  )
  const started = await runtime.runPromiseExit(Server)
  if (Exit.isFailure(started)) {
    await runtime.dispose()
    throw Cause.squash(started.cause)
  }
  const { baseUrl, apiKey, dataDirectory, engine: description, keyIsNew, pageUrl } = started.value
  const close = () => runtime.dispose()
  return {
    baseUrl,
    apiKey: Redacted.value(apiKey),
    keyIsNew,
    keysAreConfigured: (options.keys ?? []).length > 0,
    dataDirectory,
    engine: description,
    ...(options.databaseUrl === undefined ? {} : { database: Database.addressOf(options.databaseUrl) }),
    ...(pageUrl === undefined ? {} : { pageUrl: Redacted.value(pageUrl) }),
    close,
    [Symbol.asyncDispose]: close,
  }
}
