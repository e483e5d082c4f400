import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import type { EmbeddedServer as Server } from "@voiceclone/server/EmbeddedServer"
import { type Setting, settings } from "@voiceclone/server/Settings"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Record from "effect/Record"
import { join } from "node:path"
import { commandLine, shellWord } from "./CommandLine.ts"
import { Display } from "./Display.ts"
import * as EmbeddedServer from "./EmbeddedServer.ts"
import * as Flags from "./Flags.ts"
import * as Page from "./Page.ts"
import * as Session from "./Session.ts"

/** Texts, whatever they say: the server judges them, together with the environment and the file. */
const flagOf = ({ name, choices, description, fallback, metavar }: Setting) => {
  const flag = choices === undefined ? Flag.String(name).pipe(Flag.withMetavar(metavar)) : Flag.Literals(name, choices)
  const told = fallback === "" || choices !== undefined ? description : `${description} (${fallback})`
  return flag.pipe(Flag.withDescription(told), Flag.optional)
}

/** What an operator reads first. */
const greeting = (server: Server) => {
  const keyFile = join(server.dataDirectory, "key")
  const key = server.keysAreConfigured
    ? "those of the configuration"
    : !server.keyIsNew
      ? `the one in ${keyFile}`
      : process.stdout.isTTY
        ? `${server.apiKey}  (made now, and kept in ${keyFile})`
        : // a service's output goes to a log
          `made now, and kept in ${keyFile}`
  return {
    text: [
      `voiceclone serves at ${server.baseUrl}`,
      `  engine   ${server.engine.name} ${server.engine.version} (${server.engine.kind})`,
      `  data     ${server.dataDirectory}`,
      ...(server.database === undefined ? [] : [`  tasks    in PostgreSQL at ${server.database}`]),
      `  API key  ${key}`,
      ...(server.pageUrl === undefined ? [] : [`  page     ${server.pageUrl}  (good for one visit)`]),
      ...(server.keysAreConfigured
        ? []
        : [`In another terminal: ${commandLine(["login", "--base-url", server.baseUrl])} < ${shellWord(keyFile)}`]),
      "Stop it with Ctrl-C.",
    ].join("\n"),
    json: {
      _tag: "Listening",
      baseUrl: server.baseUrl,
      dataDirectory: server.dataDirectory,
      engine: server.engine,
      ...(server.database === undefined ? {} : { database: server.database }),
      ...(server.keyIsNew ? { apiKey: server.apiKey } : {}),
      ...(server.pageUrl === undefined ? {} : { pageUrl: server.pageUrl }),
    },
  }
}

const isOwn = ({ flag }: Setting) => flag === "own"

export const serve = Command.make(
  "serve",
  {
    settings: Object.fromEntries(settings.filter(isOwn).map((setting) => [setting.name, flagOf(setting)])),
    open: Flag.Boolean("open").pipe(
      Flag.withDescription("Serve a page to clone voices in, and open it"),
      Flag.withDefault(false),
    ),
    json: Flags.connection.json,
  },
  ({ settings: told, open, json }) =>
    Session.alone(
      { json, runsUntilStopped: true },
      Effect.gen(function* () {
        const display = yield* Display
        const logLevel = Option.map(yield* GlobalFlag.LogLevel, (level) => level.toLowerCase())
        const flags = Record.getSomes({ ...told, "log-level": logLevel })
        const server = yield* EmbeddedServer.serve(flags, open ? yield* Page.directory : undefined, (server) => {
          const { json, text } = greeting(server)
          return display.result(text, json)
        })
        if (server.pageUrl !== undefined && !(yield* Page.open(server.pageUrl))) {
          yield* display.advice("No browser could be opened; open the page's address by hand.")
        }
        return yield* Effect.never
      }).pipe(Effect.scoped),
    ),
).pipe(
  Command.withDescription("Run the voice-cloning API on this machine"),
  Command.withExamples([
    { command: "voiceclone serve", description: "For this machine alone, at http://127.0.0.1:8787/api" },
    { command: "voiceclone serve --open", description: "With a page in the browser to clone voices in" },
    {
      command: "VOICECLONE_SERVER_KEYS=anna:KEY1,ben:KEY2 voiceclone serve --host 0.0.0.0",
      description: "For a network, with a key for each owner",
    },
  ]),
)
