import * as Wav from "@voiceclone/core/Wav"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Result from "effect/Result"
import { createHash } from "node:crypto"
import { Display } from "./Display.ts"
import { ExitCode } from "./ExitCode.ts"
import * as Flags from "./Flags.ts"
import * as Loudness from "./Loudness.ts"
import { bytes, seconds } from "./Quantity.ts"
import * as Session from "./Session.ts"
import { reasonOf } from "@voiceclone/server/SystemError"
import { Usage } from "./Usage.ts"
import * as Waveform from "./Waveform.ts"

/** Half a day of speech, and what Node.js reads at once; a larger file is looked at in other ways. */
const maximumBytes = 2_000_000_000

/** Sample values from -1 to 1; undefined for encodings that results never have. */
const samplesOf = (data: Uint8Array, { bitsPerSample, channels }: Wav.WavFormat): Loudness.Channels | undefined => {
  if (bitsPerSample !== 16) return undefined
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const frames = Math.floor(data.byteLength / (2 * channels))
  return Array.from({ length: channels }, (_, channel) =>
    Float32Array.from({ length: frames }, (_, frame) => view.getInt16(2 * (frame * channels + channel), true) / 32_768),
  )
}

const decibels = (level: number): string => (Number.isFinite(level) ? `${level.toFixed(1)} dB` : "silence")

export const readAudio = Effect.fnUntraced(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  const refuse = (reason: string) =>
    new Usage({ reason: `Cannot read ${file}: ${reason}`, nextStep: "Give the path of a WAV file." })
  const info = yield* Effect.mapError(fs.stat(file), (error) => refuse(reasonOf(error)))
  if (info.type === "Directory") return yield* refuse("it is a directory")
  if (info.size > maximumBytes) return yield* refuse(`it is larger than ${bytes(maximumBytes)}`)
  return yield* Effect.mapError(fs.readFile(file), (error) => refuse(reasonOf(error)))
})

const file = Argument.String("file").pipe(Argument.withDescription("A WAV file"))

export const verify = Command.make("verify", { file, json: Flags.connection.json }, ({ file, json }) =>
  Session.alone(
    { json },
    Effect.gen(function* () {
      const display = yield* Display
      const content = yield* readAudio(file)
      const sha256 = createHash("sha256").update(content).digest("hex")
      const head = content.subarray(0, Wav.headBytes)
      const judged = Wav.verify(head, content.byteLength, false)
      if (Result.isFailure(judged)) {
        const { reason } = judged.failure
        const nextStep = "Download it again: voiceclone download TASK_ID -o FILE."
        const message = `${file} is not a whole WAV file: ${reason}`
        const line = { _tag: "Failed", error: "NotWhole", message, nextStep, bytes: content.byteLength, sha256 }
        yield* display.problem(message, line)
        yield* display.advice(nextStep)
        return yield* new Session.Ended({ code: ExitCode.corrupt })
      }
      const { format, seconds: length } = judged.success
      const { dataOffset, dataBytes } = Result.getOrThrow(Wav.parseHeader(head))
      const end = dataBytes === undefined ? content.byteLength : dataOffset + dataBytes
      const channels = samplesOf(content.subarray(dataOffset, end), format)
      const level =
        channels === undefined
          ? undefined
          : { peak: Loudness.peak(channels), loudness: Loudness.integrated(channels, format.sampleRate) }
      const isResult = Wav.formatName(format) === Wav.formatName(Wav.resultFormat)
      const columns = Math.min(60, (process.stdout.columns || 80) - 12)
      const rows: ReadonlyArray<readonly [name: string, value: string | undefined]> = [
        ["file", `${file}, ${bytes(content.byteLength)}, whole`],
        ["format", `${Wav.formatName(format)}${isResult ? "" : " (results are 22050 Hz, 16 bit, mono)"}`],
        ["length", seconds(length)],
        ["peak", level === undefined ? undefined : `${decibels(level.peak)}FS`.replace("silenceFS", "silence")],
        [
          "loudness",
          level === undefined
            ? undefined
            : Number.isFinite(level.loudness)
              ? `${level.loudness.toFixed(1)} LUFS`
              : "silence",
        ],
        ["sha256", sha256],
        ["wave", channels?.[0] === undefined ? undefined : Waveform.draw(channels[0], columns)],
      ]
      const finite = (value: number | undefined) => (Number.isFinite(value) ? value : null)
      yield* display.result(
        rows.flatMap(([name, value]) => (value === undefined ? [] : [`${name.padEnd(10)}${value}`])).join("\n"),
        {
          _tag: "Whole",
          file,
          bytes: content.byteLength,
          sha256,
          format,
          seconds: length,
          peakDecibels: finite(level?.peak),
          loudnessLufs: finite(level?.loudness),
        },
      )
    }),
  ),
).pipe(
  Command.withDescription("Judge a WAV file: whole or not, format, length, peak, loudness"),
  Command.withExamples([
    { command: "voiceclone verify speech.wav" },
    { command: "voiceclone verify speech.wav --json | jq .loudnessLufs", description: "ITU-R BS.1770, for a script" },
  ]),
)
