import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { join } from "node:path"
import { defaultDataDirectory } from "./DataDirectory.ts"
import { Display } from "./Display.ts"
import * as EmbeddedServer from "./EmbeddedServer.ts"
import * as Flags from "./Flags.ts"
import * as Session from "./Session.ts"

/** A result that is gone at once is none, and a date that is too far away is none either. */
const retentions: Flags.Bounds = {
  minimum: Duration.seconds(1),
  maximum: Duration.days(3650),
  expected: "a time from 1s to 3650d",
}

export const serve = Command.make(
  "serve",
  {
    host: Flag.String("host").pipe(
      Flag.withDescription("The address to listen on; 0.0.0.0: every network"),
      Flag.withDefault("127.0.0.1"),
    ),
    port: Flag.Int("port").pipe(
      Flag.withDescription("The port to listen on; 0 takes a free one"),
      Flag.withDefault(8787),
      Flag.filter(
        (port) => port >= 0 && port <= 65_535,
        (port) => `${port} is not a port: 0 to 65535`,
      ),
    ),
    data: Flag.String("data").pipe(
      Flag.withDescription("Where tasks and results are kept"),
      Flag.withMetavar("DIR"),
      Flag.optional,
    ),
    retention: Flags.duration("retention", retentions).pipe(
      Flag.withDescription("How long a result is kept: 12h, 7d (the default)"),
      Flag.optional,
    ),
    engine: Flag.Literals("engine", ["match", "fixed", "http", "sherpa"]).pipe(
      Flag.withDescription("What speaks"),
      Flag.optional,
    ),
    json: Flags.connection.json,
  },
  ({ host, port, data, retention, engine, json }) =>
    Session.alone(
      { json, runsUntilStopped: true },
      Effect.gen(function* () {
        const display = yield* Display
        const keys = process.env["VOICECLONE_SERVER_KEYS"] || undefined
        const server = yield* EmbeddedServer.start({
          dataDirectory: Option.getOrElse(data, defaultDataDirectory),
          host,
          port,
          keys,
          retention: Option.getOrUndefined(retention),
          engine: Option.getOrUndefined(engine),
          logLevel: Option.getOrElse(yield* GlobalFlag.LogLevel, () => "Info" as const),
        })
        const keyFile = join(server.dataDirectory, "key")
        const key =
          keys !== undefined
            ? "those of VOICECLONE_SERVER_KEYS"
            : server.keyIsNew
              ? `${server.apiKey}  (made now, and kept in ${keyFile})`
              : `the one in ${keyFile}`
        yield* display.result(
          [
            `voiceclone serves at ${server.baseUrl}`,
            `  engine   ${server.engine.name} ${server.engine.version} (${server.engine.kind})`,
            `  data     ${server.dataDirectory}`,
            `  API key  ${key}`,
            "Stop it with Ctrl-C.",
          ].join("\n"),
          {
            _tag: "Listening",
            baseUrl: server.baseUrl,
            dataDirectory: server.dataDirectory,
            engine: server.engine,
            ...(server.keyIsNew && keys === undefined ? { apiKey: server.apiKey } : {}),
          },
        )
        return yield* Effect.never
      }).pipe(Effect.scoped),
    ),
).pipe(
  Command.withDescription("Run the voice-cloning API on this machine"),
  Command.withExamples([
    { command: "voiceclone serve", description: "For this machine alone, at http://127.0.0.1:8787/api" },
    {
      command: "VOICECLONE_SERVER_KEYS=anna:KEY1,ben:KEY2 voiceclone serve --host 0.0.0.0",
      description: "For a network, with a key for each owner",
    },
  ]),
)
