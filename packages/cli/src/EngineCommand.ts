import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { rm } from "node:fs/promises"
import { join } from "node:path"
import { modelsDirectory } from "./DataDirectory.ts"
import { Display } from "./Display.ts"
import * as EmbeddedServer from "./EmbeddedServer.ts"
import * as Flags from "./Flags.ts"
import * as ModelArchive from "./ModelArchive.ts"
import { bytes } from "./Quantity.ts"
import * as Session from "./Session.ts"

const names = { zipvoice: "ZipVoice", pocket: "PocketTTS" } as const

type Model = Effect.Success<ReturnType<typeof EmbeddedServer.checkModel>>

const describe = (model: Model, state: string): string =>
  [
    `${names[model.kind]} in ${model.directory} ${state}`,
    `  speaks      ${model.languages.join(", ")}, ${model.sampleRate} samples a second`,
    `  transcript  of the sample ${model.needsTranscript ? "needed" : "not needed"}`,
    `  licence     ${model.licence === undefined ? "not in the directory" : `see ${model.licence}`}`,
    `Use it: VOICECLONE_ENGINE_DIR=${model.directory} voiceclone serve --engine sherpa`,
  ].join("\n")

const list = Command.make("list", { json: Flags.connection.json }, ({ json }) =>
  Session.alone(
    { json },
    Effect.gen(function* () {
      const display = yield* Display
      const engines = yield* EmbeddedServer.listEngines
      const models = yield* EmbeddedServer.installedModels(modelsDirectory())
      yield* display.result(
        [
          ...engines.map(({ engine, isChosen, summary }) => `${isChosen ? "*" : " "} ${engine.padEnd(6)}  ${summary}`),
          ...models.map(({ directory, kind }) => `  model   ${names[kind]} in ${directory}`),
        ].join("\n"),
        { _tag: "Engines", engines, models },
      )
    }),
  ),
).pipe(
  Command.withDescription("Show the engines, * the chosen one, and the models installed"),
  Command.withExamples([{ command: "voiceclone engine list" }]),
)

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
        yield* display.result(describe(model, "is whole, and loads"), { _tag: "Model", ...model })
      }),
    ),
).pipe(
  Command.withDescription("Look at a ZipVoice or PocketTTS model, and load it with sherpa-onnx"),
  Command.withExamples([{ command: "voiceclone engine check models/sherpa-onnx-pocket-tts-int8-2026-01-26" }]),
)

const digest = Flag.String("sha256").pipe(
  Flag.withDescription("The archive's SHA-256, or any; else URL.sha256 tells it"),
  Flag.withMetavar("HEX"),
  Flag.filter(
    (hex) => hex === "any" || /^[0-9a-f]{64}$/iu.test(hex),
    () => "64 hexadecimal digits, or any",
  ),
  Flag.optional,
)

/** What the digest was checked against, in words. */
const checks = { flag: "as --sha256 says", sidecar: "as the .sha256 beside it says", nothing: "not checked" } as const

const install = Command.make(
  "install",
  {
    source: Argument.String("source").pipe(
      Argument.withDescription("A model's archive (its URL or a file), or its directory"),
    ),
    digest,
    name: Flag.String("name").pipe(
      Flag.withDescription("What to call it; else as the archive's directory is called"),
      Flag.optional,
    ),
    json: Flags.connection.json,
  },
  ({ digest, json, name, source }) =>
    Session.alone(
      { json },
      Effect.gen(function* () {
        const display = yield* Display
        const models = modelsDirectory()
        const url = ModelArchive.parseUrl(source)
        const archive =
          url === undefined
            ? undefined
            : yield* ModelArchive.fetch(url, join(models, ".downloads"), Option.getOrUndefined(digest))
        if (archive !== undefined) {
          yield* display.step(
            `Downloaded ${bytes(archive.bytes)}, SHA-256 ${archive.sha256}, ${checks[archive.checkedBy]}`,
          )
        }
        yield* display.live("Unpacking and looking it over")
        const model = yield* EmbeddedServer.installModel({
          source: archive?.path ?? source,
          models,
          name: Option.getOrUndefined(name),
        })
        if (archive !== undefined) yield* Effect.promise(() => rm(archive.path, { force: true }))
        yield* display.result(describe(model, "is installed"), {
          _tag: "Model",
          ...model,
          ...(archive === undefined ? {} : { sha256: archive.sha256, checkedBy: archive.checkedBy }),
        })
      }),
    ),
).pipe(
  Command.withDescription("Fetch a ZipVoice or PocketTTS model, check it, and put it in its place"),
  Command.withExamples([
    { command: "voiceclone engine install https://example.org/pocket-tts.tar.bz2" },
    { command: "voiceclone engine install models/my-zipvoice --name mine" },
  ]),
)

export const engine = Command.make("engine").pipe(
  Command.withDescription("What speaks on an embedded server"),
  Command.withSubcommands([list, check, install]),
)
