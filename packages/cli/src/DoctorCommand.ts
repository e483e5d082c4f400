import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Checkup from "./Checkup.ts"
import { Display } from "./Display.ts"
import * as Flags from "./Flags.ts"
import * as Session from "./Session.ts"
import { version } from "./version.ts"

const signs = { good: "ok  ", trouble: "look", bad: "bad " }

export const doctor = Command.make(
  "doctor",
  { baseUrl: Flags.connection.baseUrl, json: Flags.connection.json },
  ({ baseUrl, json }) =>
    Session.alone(
      { json },
      Effect.gen(function* () {
        const display = yield* Display
        yield* display.live("Looking at what a job depends on")
        const findings = yield* Checkup.findings(baseUrl)
        const lines = findings.flatMap(({ name, state, message, nextStep }) => [
          `${signs[state]}  ${name.padEnd(9)} ${message}`,
          ...(nextStep === undefined ? [] : [`                ${nextStep}`]),
        ])
        const platform = `voiceclone ${version}, Node.js ${process.versions.node}, ${process.platform} ${process.arch}`
        const checks = findings.map(({ name, state, message, nextStep }) => ({ name, state, message, nextStep }))
        yield* display.result([platform, ...lines].join("\n"), { _tag: "Checkup", platform, checks })
        const first = findings.find(({ state }) => state === "bad")
        if (first !== undefined) return yield* new Session.Ended({ code: first.code ?? 1 })
      }),
    ),
).pipe(
  Command.withDescription("Look at key, server, clock, disk and proxy, and say what to mend"),
  Command.withExamples([{ command: "voiceclone doctor" }]),
)
