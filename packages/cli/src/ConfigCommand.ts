import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Display } from "./Display.ts"
import * as Flags from "./Flags.ts"
import * as Session from "./Session.ts"
import * as Settings from "./Settings.ts"
import { Usage } from "./Usage.ts"

const { json } = Flags.connection
const name = Argument.Literals("name", Settings.names).pipe(Argument.withDescription(Settings.names.join(", ")))

const judge = (name: Settings.Name, value: string): string | undefined => {
  if (name === "allow-insecure") return value === "true" || value === "false" ? undefined : "true or false"
  return URL.canParse(value) && /^https?:/.test(value) ? undefined : "a URL, e.g. https://host/api"
}

const list = Command.make("list", { json }, ({ json }) =>
  Session.alone(
    { json },
    Effect.gen(function* () {
      const display = yield* Display
      const { baseUrl, insecure, apiKey } = yield* Settings.resolve(Option.none())
      const rows = [
        ["base-url", baseUrl.value, baseUrl.from],
        ["allow-insecure", insecure?.value ?? "false", insecure?.from ?? "the default"],
        ["API key", apiKey === undefined ? "none" : "set", apiKey?.from ?? "run voiceclone login"],
      ] as const
      yield* display.result(rows.map(([key, value, from]) => `${key.padEnd(16)}${value}  (${from})`).join("\n"), {
        _tag: "Config",
        file: Settings.configFile(),
        settings: Object.fromEntries(rows.map(([key, value, from]) => [key, { value, from }])),
      })
    }),
  ),
).pipe(
  Command.withDescription("Show every setting, and where it comes from"),
  Command.withExamples([{ command: "voiceclone config list" }]),
)

const change = (name: Settings.Name, value: string | undefined, json: boolean) =>
  Session.alone(
    { json },
    Effect.gen(function* () {
      const display = yield* Display
      const expected = value === undefined ? undefined : judge(name, value)
      if (expected !== undefined) {
        return yield* new Usage({ reason: `${JSON.stringify(value)} is no ${name}`, nextStep: `Give ${expected}.` })
      }
      yield* Settings.setConfig(name, value)
      yield* display.result(value === undefined ? `${name} is not set any more` : `${name} is ${value}`, {
        _tag: "Configured",
        name,
        ...(value === undefined ? {} : { value }),
      })
    }),
  )

const set = Command.make(
  "set",
  { name, value: Argument.String("value").pipe(Argument.withDescription("What it shall be")), json },
  ({ name, value, json }) => change(name, value, json),
).pipe(
  Command.withDescription("Keep a setting for all later runs"),
  Command.withExamples([{ command: "voiceclone config set base-url https://voices.example.com/api" }]),
)

const unset = Command.make("unset", { name, json }, ({ name, json }) => change(name, undefined, json)).pipe(
  Command.withDescription("Forget a setting"),
  Command.withExamples([{ command: "voiceclone config unset base-url" }]),
)

export const config = Command.make("config").pipe(
  Command.withDescription("What is kept between runs: the server to use"),
  Command.withSubcommands([list, set, unset]),
)
