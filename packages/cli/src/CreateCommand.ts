import { CloneJob } from "@voiceclone/core/CloneJob"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { downloadCommandLine } from "./CommandLine.ts"
import * as Connection from "./Connection.ts"
import * as Creation from "./Creation.ts"
import { Display } from "./Display.ts"
import * as Flags from "./Flags.ts"
import * as Session from "./Session.ts"

export const create = Command.make(
  "create",
  { ...Creation.flags, ...Flags.connection },
  ({ sample, text, textFile, force, ...flags }) =>
    Session.alone(
      { ...flags, creates: true, bringHome: downloadCommandLine("FILE", flags) },
      Effect.gen(function* () {
        const display = yield* Display
        const request = yield* Creation.read({ sample, text, textFile, force })
        const taskId = yield* CloneJob.use((job) => job.create(request)).pipe(Effect.provide(Connection.layer(flags)))
        yield* display.result(taskId, { _tag: "Created", taskId })
      }).pipe(Effect.scoped),
    ),
).pipe(
  Command.withDescription("Create a task and print its id, without waiting"),
  Command.withExamples([
    { command: `id=$(voiceclone create voice.wav --text "Good morning!")`, description: "Keep the id for later" },
    {
      command: "record | voiceclone create - --text-file letter.txt",
      description: "A recording from another program",
    },
  ]),
)
