import { CloneJob } from "@voiceclone/core/CloneJob"
import * as Sample from "@voiceclone/core/Sample"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { Display } from "./Display.ts"
import * as Flags from "./Flags.ts"
import * as Session from "./Session.ts"

export const create = Command.make(
  "create",
  { ...Flags.creation, ...Flags.connection },
  ({ sample, text, force, ...flags }) =>
    Session.connected(
      flags,
      Effect.gen(function* () {
        const display = yield* Display
        const job = yield* CloneJob
        const taskId = yield* job.create({ sample: yield* Sample.fromPath(sample), text, force })
        yield* display.result(taskId, { _tag: "Created", taskId })
      }),
    ),
).pipe(
  Command.withDescription("Create a task and print its id, without waiting"),
  Command.withExamples([
    { command: `id=$(voiceclone create voice.wav --text "Good morning!")`, description: "Keep the id for later" },
  ]),
)
