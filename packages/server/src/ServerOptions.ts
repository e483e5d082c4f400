/**
 * What a server can be told, and what it assumes.
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type { ApiKey } from "./ApiKeys.ts"
import * as Page from "./Page.ts"
import type { StoreOptions } from "./StoreOptions.ts"
import * as UploadPace from "./UploadPace.ts"

/** How large requests may be, and how many. */
export interface Limits {
  /** Bytes of a voice sample. Default: 25 MiB. */
  readonly sampleBytes: number
  /** Characters (Unicode code points) of a text. Default: 100,000. */
  readonly textLength: number
  /** Seconds of a voice sample, where its container tells before it is decoded. Default: 600. */
  readonly sampleSeconds: number
  /** How many tasks of one owner's may be unended at once. Default: 10,000. */
  readonly tasksInFlight: number
  /** How many requests an owner may make in a minute. Default: 60,000; `Infinity` counts none. */
  readonly requestsPerMinute: number
}

/** The options of {@link Server.layer}. Only `dataDirectory` has no default. */
export interface ServerOptions {
  /** Where tasks, samples, results and the API key live. Made where it is missing; one server at a time, unless they share a database. */
  readonly dataDirectory: string
  /**
   * A PostgreSQL database (`postgres://user:password@host/database`) that several servers share; then so do they the data
   * directory. Default: SQLite in the data directory, for one server.
   */
  readonly databaseUrl?: Redacted.Redacted<string> | undefined
  /** How many tasks are worked on at once by this server; 0 leaves the work to others. Default: 1. */
  readonly workers?: number | undefined
  /** How long a task is known after its result has expired, or after it failed. Default: 30 days. */
  readonly memory?: Duration.Input | undefined
  /** A bucket for samples and results, for this server or all that share the database. Default: the data directory. */
  readonly store?: StoreOptions | undefined
  /** The address to listen on. Default: `127.0.0.1`, this machine only. */
  readonly host?: string | undefined
  /** The port to listen on; 0 takes a free one. Default: 8787. */
  readonly port?: number | undefined
  /** Who may use the server. Default: one key, kept in the data directory and made at the first start. */
  readonly keys?: ReadonlyArray<ApiKey> | undefined
  /** How long a result is kept after completion. Default: 7 days. */
  readonly retention?: Duration.Input | undefined
  readonly limits?: { readonly [Limit in keyof Limits]?: Limits[Limit] | undefined } | undefined
  /** How slow an upload may be before it is cut off with 408. Default: 1 KiB in 30 seconds. */
  readonly uploadPace?: UploadPace.Pace | undefined
  /**
   * How long nothing may move on a connection whose request is not over: a download that nobody reads holds 2 MiB. Default: 10
   * minutes, ten times what a held answer takes.
   */
  readonly idleTimeout?: Duration.Input | undefined
  /**
   * Whether webhooks may go to addresses that are not public, and by plain http: for tests and closed networks.
   * Default: false, or whoever has a key could make the server call its neighbours.
   */
  readonly webhooksToPrivateAddresses?: boolean | undefined
  /** Who may read `/metrics` from other machines: bearers of this token. Default: nobody. */
  readonly metricsToken?: Redacted.Redacted<string> | undefined
  /** Web origins whose pages may call the API. Default: all, since a page needs an API key anyway. */
  readonly allowedOrigins?: ReadonlyArray<string> | undefined
  /**
   * The directory of a page to serve at `/`, which is let in by the address that the start shows. For a server that only
   * this machine reaches. Default: none.
   */
  readonly page?: string | undefined
  /** How long running requests may go on once the server is told to stop. Default: 3 seconds. */
  readonly shutdownTimeout?: Duration.Input | undefined
}

/** The options in force. */
export class ServerConfig extends Context.Service<
  ServerConfig,
  {
    readonly dataDirectory: string
    readonly databaseUrl: Redacted.Redacted<string> | undefined
    readonly workers: number
    readonly memory: Duration.Duration
    readonly store: StoreOptions | undefined
    readonly host: string
    readonly port: number
    readonly keys: ReadonlyArray<ApiKey>
    readonly retention: Duration.Duration
    readonly limits: Limits
    readonly uploadPace: UploadPace.Pace
    readonly idleTimeout: Duration.Duration
    readonly webhooksToPrivateAddresses: boolean
    readonly metricsToken: Redacted.Redacted<string> | undefined
    readonly allowedOrigins: ReadonlyArray<string>
    readonly page: Page.Page | undefined
    readonly shutdownTimeout: Duration.Duration
  }
>()("voiceclone/server/ServerConfig") {
  /** The given options over the defaults. */
  static layer(options: ServerOptions): Layer.Layer<ServerConfig> {
    return Layer.succeed(ServerConfig, {
      dataDirectory: options.dataDirectory,
      databaseUrl: options.databaseUrl,
      workers: options.workers ?? 1,
      memory: Duration.fromInputUnsafe(options.memory ?? "30 days"),
      store: options.store,
      host: options.host ?? "127.0.0.1",
      port: options.port ?? 8787,
      keys: options.keys ?? [],
      retention: Duration.fromInputUnsafe(options.retention ?? "7 days"),
      limits: {
        sampleBytes: options.limits?.sampleBytes ?? 25 * 1024 * 1024,
        textLength: options.limits?.textLength ?? 100_000,
        sampleSeconds: options.limits?.sampleSeconds ?? 600,
        tasksInFlight: options.limits?.tasksInFlight ?? 10_000,
        requestsPerMinute: options.limits?.requestsPerMinute ?? 60_000,
      },
      uploadPace: options.uploadPace ?? UploadPace.slowest,
      idleTimeout: Duration.fromInputUnsafe(options.idleTimeout ?? "10 minutes"),
      webhooksToPrivateAddresses: options.webhooksToPrivateAddresses ?? false,
      metricsToken: options.metricsToken,
      allowedOrigins: options.allowedOrigins ?? [],
      page: options.page === undefined ? undefined : Page.make(options.page),
      shutdownTimeout: Duration.fromInputUnsafe(options.shutdownTimeout ?? "3 seconds"),
    })
  }
}
