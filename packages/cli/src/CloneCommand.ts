import { CloneJob } from "@voiceclone/core/CloneJob"
import * as Poller from "@voiceclone/core/Poller"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { downloadCommandLine } from "./CommandLine.ts"
import * as Connection from "./Connection.ts"
import * as Creation from "./Creation.ts"
import * as Delivery from "./Delivery.ts"
import * as Flags from "./Flags.ts"
import * as Session from "./Session.ts"

export const clone = Command.make(
  "clone",
  { ...Creation.flags, output: Flags.output, timeout: Flags.timeout, ...Flags.connection },
  ({ sample, text, textFile, force, output: place, timeout, ...flags }) => {
    let output = place
    return Session.alone(
      { ...flags, creates: true, bringHome: (taskId, other) => downloadCommandLine(output, flags)(taskId, other) },
      Effect.gen(function* () {
        yield* Delivery.check(place, flags.json)
        const request = yield* Creation.read({ sample, text, textFile, force })
        const name = Effect.map(Delivery.digestOf(request.sample.stream), (digest) =>
          Delivery.nameOfJob(request.sample.name, digest, request.text),
        )
        output = yield* Delivery.fileIn(place, name)
        const wait = { timeout: Option.getOrUndefined(timeout) }
        yield* Effect.gen(function* () {
          const job = yield* CloneJob
          if (!Delivery.isStandardOutput(output)) {
            return yield* Delivery.tellSaved(yield* job.run({ ...request, output, wait }))
          }
          const taskId = yield* job.create(request)
          yield* Delivery.deliver(taskId, output, { grace: Poller.afterCreate, ...wait })
        }).pipe(Effect.provide(Connection.layer(flags)))
      }).pipe(Effect.scoped),
    )
  },
).pipe(
  Command.withDescription("Make a voice say a text: create the task, wait, save the speech"),
  Command.withExamples([
    { command: `voiceclone clone voice.wav --text "Good morning!" -o speech.wav`, description: "The whole job" },
    {
      command: `voiceclone clone voice.wav --text "Good morning!" -o speech.wav --local`,
      description: "The same on this machine, with the embedded server",
    },
    {
      command: "voiceclone clone voice.wav --text-file letter.txt -o - | aplay",
      description: "A text from a file, and the speech into another program",
    },
  ]),
)
