/**
 * What a job depends on, looked at one by one.
 */
import { VoiceCloneClient } from "@voiceclone/core/VoiceCloneClient"
import * as HttpClientNode from "@voiceclone/node/HttpClientNode"
import { defaultJournal } from "@voiceclone/node/VoiceCloneNode"
import * as VoiceCloneNode from "@voiceclone/node/VoiceCloneNode"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import { accessSync, constants, existsSync, statfsSync, statSync } from "node:fs"
import { dirname } from "node:path"
import { checkKey } from "./LoginCommand.ts"
import * as NextStep from "./NextStep.ts"
import { type CommandError, of as exitCodeOf, ExitCode } from "./ExitCode.ts"
import { bytes, seconds } from "./Quantity.ts"
import * as Settings from "./Settings.ts"
import { reasonOf } from "@voiceclone/server/SystemError"

export interface Finding {
  readonly name: string
  /** `trouble` is worth a look, and stops no job. */
  readonly state: "good" | "trouble" | "bad"
  readonly message: string
  readonly nextStep?: string
  /** The exit code that it calls for. */
  readonly code?: number
}

const good = (name: string, message: string): Finding => ({ name, state: "good", message })
const trouble = (name: string, message: string, nextStep: string): Finding => ({
  name,
  state: "trouble",
  message,
  nextStep,
})
const bad = (name: string, error: CommandError): Finding => ({
  name,
  state: "bad",
  message: error.message,
  nextStep: NextStep.of(error, {}),
  code: exitCodeOf(error),
})

/** Signed times and certificates bear no more. */
const toleratedClockSeconds = 60

/** Less than this takes no result of a few minutes. */
const scarceBytes = 100_000_000

/** Less than this takes no result at all, and few entries of the journal. */
const fullBytes = 100_000

/** The nearest directory that exists: what is missing of a path is made in it. */
const existing = (path: string): string => (existsSync(path) ? path : existing(dirname(path)))

const placeSteps: Readonly<Record<string, string>> = {
  journal: "Mend that, or set XDG_STATE_HOME to another place: no job can be begun without it.",
  here: "Give yourself permission for it, or save to another place with -o.",
}

const unusable = (name: string, message: string, nextStep = placeSteps[name] ?? "Mend that."): Finding => ({
  name,
  state: "bad",
  message,
  nextStep,
  code: name === "journal" ? ExitCode.journal : ExitCode.output,
})

/** The working directory, which may have been removed under the shell. */
const here = (): Finding => {
  try {
    return disk("here", process.cwd())
  } catch {
    return unusable("here", "the working directory was removed", "Go to another one (cd ~).")
  }
}

const disk = (name: string, path: string): Finding => {
  try {
    const directory = existing(path)
    if (!statSync(directory).isDirectory()) return unusable(name, `${path} cannot be made: ${directory} is a file`)
    accessSync(directory, constants.W_OK)
    const { bavail, bsize } = statfsSync(directory)
    const free = bavail * bsize
    const nextStep = "Make room: results and the journal need some."
    if (free < fullBytes) return unusable(name, `the disk of ${path} is full`, nextStep)
    return free < scarceBytes
      ? trouble(name, `${path} has ${bytes(free)} left`, nextStep)
      : good(name, `${path}, ${bytes(free)} left`)
  } catch (error) {
    return unusable(name, `${path} cannot be written: ${reasonOf(error)}`)
  }
}

const proxy = (): Finding => {
  const set = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY"].find((name) => process.env[name])
  return set === undefined
    ? good("proxy", "none is set")
    : trouble("proxy", `${set} is set, and not used`, "The server has to be reachable without a proxy.")
}

const promises: ReadonlyArray<readonly [what: string, path: RegExp]> = [
  ["list", /\/async-clone\/tasks$/],
  ["cancel", /\/async-clone\/task\/\{[^}]+\}$/],
  ["events", /\/async-clone\/task-events\//],
]

/** What the server says of itself. */
const describe = Effect.fnUntraced(
  function* (baseUrl: string) {
    const response = yield* HttpClient.get(`${baseUrl.replace(/\/+$/, "")}/openapi.json`)
    const document = response.status === 200 ? yield* Effect.option(response.json) : Option.none()
    const paths = Option.match(document, {
      onNone: () => [],
      onSome: (json) => (Predicate.hasProperty(json, "paths") ? Object.keys(json.paths ?? {}) : []),
    })
    return { date: response.headers["date"], paths }
  },
  Effect.timeout("10 seconds"),
  Effect.scoped,
  Effect.option,
)

const clock = (date: string | undefined): ReadonlyArray<Finding> => {
  const ahead = (Date.now() - Date.parse(date ?? "")) / 1000
  const off = Math.abs(ahead)
  if (Number.isNaN(off)) return []
  return off > toleratedClockSeconds
    ? [
        trouble(
          "clock",
          `it is ${seconds(off)} ${ahead > 0 ? "ahead of" : "behind"} the server's`,
          "Set this machine's clock, e.g. by NTP.",
        ),
      ]
    : [good("clock", "it agrees with the server's")]
}

/** A server that refuses a key has been reached. */
const isAboutKey = (error: CommandError): boolean => exitCodeOf(error) === ExitCode.auth

/** Every finding, in the order in which one depends on another. */
export const findings = (baseUrlFlag: Option.Option<string>): Effect.Effect<ReadonlyArray<Finding>> =>
  Effect.gen(function* () {
    const machine = [disk("journal", defaultJournal()), here(), proxy()]
    const settings = yield* Effect.result(Settings.resolve(baseUrlFlag))
    if (settings._tag === "Failure") return [...machine, bad("settings", settings.failure)]
    const { baseUrl, apiKey, allowInsecure } = settings.success
    const options = { apiKey: apiKey?.value ?? "", baseUrl: baseUrl.value, allowInsecure }
    const withKey = yield* Effect.result(checkKey(options))
    // whether the server is there can be told without a key of it: one that no server knows
    const asked = apiKey === undefined ? yield* Effect.result(checkKey({ ...options, apiKey: "none" })) : withKey
    const isReached = asked._tag === "Success" || isAboutKey(asked.failure)
    const server =
      asked._tag === "Failure" && !isReached
        ? bad("server", asked.failure)
        : good("server", `${baseUrl.value} (${baseUrl.from})`)
    const key =
      withKey._tag === "Success"
        ? [good("key", `accepted (${apiKey?.from})`)]
        : isAboutKey(withKey.failure)
          ? [bad("key", withKey.failure)]
          : []
    if (!isReached) return [...machine, server, ...key]
    const tls = good("tls", baseUrl.value.startsWith("https:") ? "the certificate is valid" : "plain http")
    const said = Option.getOrUndefined(
      yield* describe(baseUrl.value).pipe(Effect.provide(HttpClientNode.layer({ connections: 1 }))),
    )
    const honours = yield* Effect.option(
      VoiceCloneClient.use((client) => client.honoursIdempotencyKeys).pipe(
        Effect.provide(VoiceCloneNode.layer({ ...options, journal: false })),
      ),
    )
    const features = [
      ...(Option.contains(honours, true) ? ["repeats a create call safely"] : []),
      ...promises.flatMap(([what, path]) => (said?.paths.some((one) => path.test(one)) === true ? [what] : [])),
    ]
    const offers = good("features", features.length === 0 ? "the documented API" : features.join(", "))
    return [...machine, server, tls, ...key, ...clock(said?.date), ...(withKey._tag === "Success" ? [offers] : [])]
  })
