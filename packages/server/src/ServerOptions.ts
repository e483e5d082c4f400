/**
 * What a server can be told, and what it assumes.
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Layer from "effect/Layer"
import type { ApiKey } from "./ApiKeys.ts"

/** How large a request may be. */
export interface Limits {
  /** Bytes of a voice sample. Default: 25 MiB. */
  readonly sampleBytes: number
  /** Characters (Unicode code points) of a text. Default: 100,000. */
  readonly textLength: number
}

/** The options of {@link Server.layer}. Only `dataDirectory` has no default. */
export interface ServerOptions {
  /** Where tasks, samples, results and the API key live. Made where it is missing; one server at a time. */
  readonly dataDirectory: string
  /** The address to listen on. Default: `127.0.0.1`, this machine only. */
  readonly host?: string | undefined
  /** The port to listen on; 0 takes a free one. Default: 8787. */
  readonly port?: number | undefined
  /** Who may use the server. Default: one key, kept in the data directory and made at the first start. */
  readonly keys?: ReadonlyArray<ApiKey> | undefined
  /** How long a result is kept after completion. Default: 7 days. */
  readonly retention?: Duration.Input | undefined
  readonly limits?: Partial<Limits> | undefined
  /** Web origins whose pages may call the API. Default: all, since a page needs an API key anyway. */
  readonly allowedOrigins?: ReadonlyArray<string> | undefined
  /** How long running requests may go on once the server is told to stop. Default: 3 seconds. */
  readonly shutdownTimeout?: Duration.Input | undefined
}

/** The options in force. */
export class ServerConfig extends Context.Service<
  ServerConfig,
  {
    readonly dataDirectory: string
    readonly host: string
    readonly port: number
    readonly keys: ReadonlyArray<ApiKey>
    readonly retention: Duration.Duration
    readonly limits: Limits
    readonly allowedOrigins: ReadonlyArray<string>
    readonly shutdownTimeout: Duration.Duration
  }
>()("voiceclone/server/ServerConfig") {
  /** The given options over the defaults. */
  static layer(options: ServerOptions): Layer.Layer<ServerConfig> {
    return Layer.succeed(ServerConfig, {
      dataDirectory: options.dataDirectory,
      host: options.host ?? "127.0.0.1",
      port: options.port ?? 8787,
      keys: options.keys ?? [],
      retention: Duration.fromInputUnsafe(options.retention ?? "7 days"),
      limits: {
        sampleBytes: options.limits?.sampleBytes ?? 25 * 1024 * 1024,
        textLength: options.limits?.textLength ?? 100_000,
      },
      allowedOrigins: options.allowedOrigins ?? [],
      shutdownTimeout: Duration.fromInputUnsafe(options.shutdownTimeout ?? "3 seconds"),
    })
  }
}
