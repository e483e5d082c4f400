import { CloneJob } from "@voiceclone/core/CloneJob"
import * as Sample from "@voiceclone/core/Sample"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { downloadCommandLine, tellSaved } from "./DownloadCommand.ts"
import * as Flags from "./Flags.ts"
import * as Session from "./Session.ts"

export const clone = Command.make(
  "clone",
  { ...Flags.creation, output: Flags.output, timeout: Flags.timeout, ...Flags.connection },
  ({ sample, text, force, output, timeout, ...flags }) =>
    Session.connected(
      { ...flags, goOn: downloadCommandLine(output, flags) },
      Effect.gen(function* () {
        const job = yield* CloneJob
        const saved = yield* job.run({
          sample: yield* Sample.fromPath(sample),
          text,
          force,
          output,
          wait: { timeout: Option.getOrUndefined(timeout) },
        })
        yield* tellSaved(saved)
      }),
    ),
).pipe(
  Command.withDescription("Make a voice say a text: create the task, wait for it, save the speech"),
  Command.withExamples([
    { command: `voiceclone clone voice.wav --text "Good morning!" -o speech.wav`, description: "The whole job" },
    {
      command: `voiceclone clone voice.wav --text "Good morning!" -o speech.wav --local`,
      description: "The same on this machine, with the embedded server",
    },
  ]),
)
