import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { Display } from "./Display.ts"
import * as EmbeddedServer from "./EmbeddedServer.ts"
import * as Flags from "./Flags.ts"
import * as Session from "./Session.ts"

const list = Command.make("list", { json: Flags.connection.json }, ({ json }) =>
  Session.alone(
    { json },
    Effect.gen(function* () {
      const display = yield* Display
      const engines = yield* EmbeddedServer.listEngines
      yield* display.result(
        engines
          .map(({ engine, isChosen, summary }) => `${isChosen ? "*" : " "} ${engine.padEnd(6)}  ${summary}`)
          .join("\n"),
        { _tag: "Engines", engines },
      )
    }),
  ),
).pipe(
  Command.withDescription("Show the engines; * is the one that VOICECLONE_ENGINE chooses"),
  Command.withExamples([{ command: "voiceclone engine list" }]),
)

const names = { zipvoice: "ZipVoice", pocket: "PocketTTS" } as const

const check = Command.make(
  "check",
  {
    directory: Argument.String("directory").pipe(Argument.withDescription("Where the model's files lie")),
    json: Flags.connection.json,
  },
  ({ directory, json }) =>
    Session.alone(
      { json },
      Effect.gen(function* () {
        const display = yield* Display
        const model = yield* EmbeddedServer.checkModel(directory)
        yield* display.result(
          [
            `${names[model.kind]} in ${model.directory} is whole, and loads`,
            `  speaks      ${model.languages.join(", ")}, ${model.sampleRate} samples a second`,
            `  transcript  of the sample ${model.needsTranscript ? "needed" : "not needed"}`,
            `  licence     ${model.licence === undefined ? "not in the directory" : `see ${model.licence}`}`,
            `Use it: VOICECLONE_ENGINE_DIR=${model.directory} voiceclone serve --engine sherpa`,
          ].join("\n"),
          { _tag: "Model", ...model },
        )
      }),
    ),
).pipe(
  Command.withDescription("Look at a ZipVoice or PocketTTS model, and load it with sherpa-onnx"),
  Command.withExamples([{ command: "voiceclone engine check models/sherpa-onnx-pocket-tts-int8-2026-01-26" }]),
)

export const engine = Command.make("engine").pipe(
  Command.withDescription("What speaks on an embedded server"),
  Command.withSubcommands([list, check]),
)
