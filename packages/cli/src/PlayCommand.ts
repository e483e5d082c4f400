import * as Wav from "@voiceclone/core/Wav"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { accessSync, constants } from "node:fs"
import { spawn } from "node:child_process"
import { delimiter, join } from "node:path"
import { commandLine } from "./CommandLine.ts"
import { Display } from "./Display.ts"
import { ExitCode } from "./ExitCode.ts"
import * as Flags from "./Flags.ts"
import * as Session from "./Session.ts"
import { reasonOf } from "@voiceclone/server/SystemError"
import { Usage } from "./Usage.ts"
import { readAudio } from "./VerifyCommand.ts"

/** Players of WAV files, the best known of each system first, and what makes them play one file and end. */
const players: ReadonlyArray<readonly [program: string, ...flags: ReadonlyArray<string>]> = [
  ["afplay"],
  ["pw-play"],
  ["paplay"],
  ["aplay", "-q"],
  ["ffplay", "-nodisp", "-autoexit", "-loglevel", "error"],
  ["mpv", "--no-video", "--really-quiet"],
  ["play", "-q"],
  ["cvlc", "--play-and-exit", "--quiet"],
]

const find = (program: string): string | undefined =>
  (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((directory) => join(directory, program))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    })

const run = (path: string, args: ReadonlyArray<string>) =>
  Effect.callback<{ readonly code: number; readonly said: string }>((resume) => {
    const child = spawn(path, args, { stdio: ["ignore", "ignore", "pipe"] })
    let said = ""
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said = `${said}${text}`.slice(-2000)))
    child.on("error", (error) => resume(Effect.succeed({ code: 1, said: reasonOf(error) })))
    child.on("close", (code) => resume(Effect.succeed({ code: code ?? 1, said })))
    return Effect.sync(() => void child.kill())
  })

/** Players say most about the cause at the end. */
const lastLine = (text: string): string | undefined =>
  text
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .findLast((line) => line !== "")

const file = Argument.String("file").pipe(Argument.withDescription("An audio file"))

export const play = Command.make("play", { file, json: Flags.connection.json }, ({ file, json }) =>
  Session.alone(
    { json },
    Effect.gen(function* () {
      const display = yield* Display
      const content = yield* readAudio(file)
      if (content.byteLength === 0) {
        return yield* new Usage({ reason: `There is nothing in ${file}`, nextStep: "Give the path of a WAV file." })
      }
      const found = players.map(([program, ...flags]) => ({ program, flags, path: find(program) }))
      const player = found.find(({ path }) => path !== undefined)
      if (player?.path === undefined) {
        return yield* new Usage({
          reason: "There is no player on this system",
          nextStep: `Install one of: ${players.map(([program]) => program).join(", ")}.`,
        })
      }
      yield* display.live(`Playing ${file} by ${player.program}`)
      // a name that begins with a hyphen is no flag of the player
      const { code, said } = yield* run(player.path, [...player.flags, file.startsWith("-") ? `./${file}` : file])
      if (code === 0) return yield* display.event({ _tag: "Played", file, player: player.program })
      const message = `${player.program} could not play ${file}: ${lastLine(said) ?? `it ended with ${code}`}`
      const isWhole = Result.isSuccess(Wav.verify(content.subarray(0, Wav.headBytes), content.byteLength, false))
      const nextStep = isWhole
        ? "The file is whole: look at the machine's sound device, or play it with another program."
        : `Look at the file: ${commandLine(["verify", file])}`
      yield* display.problem(message, { _tag: "Failed", error: "NotPlayed", message, nextStep })
      yield* display.advice(nextStep)
      return yield* new Session.Ended({ code: ExitCode.output })
    }),
  ),
).pipe(
  Command.withDescription("Play a file by a player that is found on this system"),
  Command.withExamples([{ command: "voiceclone play speech.wav" }]),
)
