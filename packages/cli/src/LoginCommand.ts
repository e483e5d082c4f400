import { type ApiError, type InvalidInput, UnexpectedResponse } from "@voiceclone/core/TaskError"
import { TaskId } from "@voiceclone/core/Task"
import { VoiceCloneClient } from "@voiceclone/core/VoiceCloneClient"
import * as VoiceCloneNode from "@voiceclone/node/VoiceCloneNode"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Prompt from "effect/cli/Prompt"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import { Display } from "./Display.ts"
import * as Flags from "./Flags.ts"
import * as Session from "./Session.ts"
import * as Settings from "./Settings.ts"
import { put } from "./StandardStreams.ts"
import { Usage } from "./Usage.ts"

const { baseUrl, json } = Flags.connection

/** No key is as long. */
const maximumBytes = 10_000

const nothing = new Usage({
  reason: "There is no API key on standard input",
  nextStep: "Pipe it in, e.g. pass show voiceclone | voiceclone login, or run voiceclone login on a terminal.",
})

/** From a prompt that shows nothing of it, or from a pipe: an argument is seen by every user of the machine. */
const readKey = Effect.gen(function* () {
  const stdio = yield* Stdio.Stdio
  const isTerminal = yield* stdio.stdinIsTerminal
  if (isTerminal) {
    const typed = Prompt.run(Prompt.Hidden({ message: "API key (it is not shown):" }))
    // the prompt leaves the cursor behind it
    const endLine = Effect.sync(() => put(process.stderr, "\n"))
    return Redacted.value(
      yield* Effect.catchTag(typed, "QuitError", () => Effect.andThen(endLine, Effect.interrupt)),
    ).trim()
  }
  const chunks = yield* stdio.stdin.pipe(
    Stream.take(64),
    Stream.runCollect,
    Effect.mapError(() => nothing),
  )
  return Buffer.concat(chunks).subarray(0, maximumBytes).toString("utf8").trim()
})

/** A router that leads nowhere says `Not Found`, or shows a page. The API says what was not found. */
const speaksOfTasks = (detail: string): boolean => /task|job|result/i.test(detail)

/** Asks for a task that no one has: a server that accepts the key says that it knows no such task. */
export const checkKey = (options: {
  readonly apiKey: string
  readonly baseUrl: string
  readonly allowInsecure: boolean
}): Effect.Effect<void, ApiError | InvalidInput> =>
  VoiceCloneClient.use((client) => client.status(TaskId("voiceclone-whoami"))).pipe(
    Effect.asVoid,
    Effect.catchTags({
      AccessDenied: () => Effect.void,
      TaskNotFound: ({ detail }) =>
        speaksOfTasks(detail) ? Effect.void : Effect.fail(new UnexpectedResponse({ status: 404, reason: detail })),
    }),
    Effect.provide(VoiceCloneNode.layer({ ...options, journal: false })),
  )

export const login = Command.make(
  "login",
  {
    baseUrl,
    noCheck: Flag.Boolean("no-check").pipe(
      Flag.withDescription("Keep the key without asking the server"),
      Flag.withDefault(false),
    ),
    json,
  },
  ({ baseUrl, noCheck, json }) =>
    Session.alone(
      { json, logsIn: true },
      Effect.gen(function* () {
        const display = yield* Display
        const server = yield* Settings.resolve(baseUrl)
        const apiKey = yield* readKey
        if (apiKey === "") return yield* nothing
        const options = { apiKey, baseUrl: server.baseUrl.value, allowInsecure: server.allowInsecure }
        if (!noCheck) yield* checkKey(options)
        yield* Settings.keep(options.baseUrl, apiKey)
        if (server.baseUrl.from === "--base-url") yield* Settings.setConfig("base-url", options.baseUrl)
        const file = Settings.credentialsFile()
        yield* display.result(`Logged in to ${options.baseUrl}; the key is kept in ${file}`, {
          _tag: "LoggedIn",
          baseUrl: options.baseUrl,
          file,
        })
        if (process.env["VOICECLONE_API_KEY"]) {
          yield* display.trouble("VOICECLONE_API_KEY is set, and goes before the key that is kept")
        }
      }),
    ),
).pipe(
  Command.withDescription("Keep an API key for a server, from a prompt or a pipe"),
  Command.withExamples([
    { command: "voiceclone login", description: "Asks for the key, and does not show it" },
    { command: "pass show voiceclone | voiceclone login --base-url https://host/api", description: "From a pipe" },
  ]),
)

export const logout = Command.make("logout", { baseUrl, json }, ({ baseUrl, json }) =>
  Session.alone(
    { json },
    Effect.gen(function* () {
      const display = yield* Display
      const server = (yield* Settings.resolve(baseUrl)).baseUrl.value
      const wasKept = yield* Settings.keep(server, undefined)
      yield* display.result(wasKept ? `Logged out of ${server}` : `No key was kept for ${server}`, {
        _tag: "LoggedOut",
        baseUrl: server,
        wasKept,
      })
    }),
  ),
).pipe(
  Command.withDescription("Forget the API key that login has kept for a server"),
  Command.withExamples([{ command: "voiceclone logout" }]),
)

/** Enough to tell two keys apart, and too little to use. */
const hint = (key: string): string => (key.length < 12 ? "…" : `${key.slice(0, 3)}…${key.slice(-2)}`)

export const whoami = Command.make("whoami", { baseUrl, json }, ({ baseUrl, json }) =>
  Session.alone(
    { json },
    Effect.gen(function* () {
      const display = yield* Display
      const { baseUrl: server, apiKey, allowInsecure } = yield* Settings.resolve(baseUrl)
      yield* display.live(`Asking ${server.value}`)
      yield* checkKey({ apiKey: apiKey?.value ?? "", baseUrl: server.value, allowInsecure })
      yield* display.result(
        [
          `server  ${server.value} (${server.from})`,
          `key     ${hint(apiKey?.value ?? "")} (${apiKey?.from}), accepted`,
        ].join("\n"),
        { _tag: "WhoAmI", baseUrl: server.value, baseUrlFrom: server.from, keyFrom: apiKey?.from },
      )
    }),
  ),
).pipe(
  Command.withDescription("Say which server and key are used, and if it takes the key"),
  Command.withExamples([{ command: "voiceclone whoami" }]),
)
