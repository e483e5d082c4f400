/** Reads MP4 files with the system's ffmpeg, in a process of its own. */
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { EngineUnavailable, SampleUnusable } from "../SynthesisError.ts"
import { rateLimit, secondsLimit } from "./decode/mono.ts"

/** Two minutes of eight channels, and the header. */
const outputLimit = secondsLimit * rateLimit * 2 * 8 + 4_096

/** Of a file that looks well from outside. */
export const damaged = () =>
  new SampleUnusable({ reason: "damaged", detail: "The m4a or mp4 file is damaged: its audio does not decode." })

/** Runs a command to its end and collects what it prints; `undefined` where it fails or prints too much. */
const output = (command: string, args: ReadonlyArray<string>): Effect.Effect<Uint8Array<ArrayBuffer> | undefined> =>
  Effect.callback((resume) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "ignore"], windowsHide: true })
    const chunks: Array<Buffer> = []
    let size = 0
    child.stdout.on("data", (chunk: Buffer) => {
      chunks.push(chunk)
      size += chunk.length
      if (size > outputLimit) {
        stop()
        resume(Effect.undefined)
      }
    })
    const stop = () => {
      child.kill("SIGKILL")
      // Children of its own may hold the other end.
      child.stdout.destroy()
    }
    child.on("error", () => resume(Effect.undefined))
    child.on("close", (code) => {
      resume(code === 0 ? Effect.sync(() => new Uint8Array(Buffer.concat(chunks, size))) : Effect.undefined)
    })
    return Effect.sync(stop)
  })

/** Whether the command can be run. */
export const isInstalled = (command: string): Effect.Effect<boolean> =>
  Effect.map(output(command, ["-version"]), (printed) => printed !== undefined)

/** The format is given, not guessed; nothing but the file may be opened; and each allocation is bounded. */
const options = ["-nostdin", "-v", "quiet", "-threads", "1", "-max_alloc", "100000000", "-protocol_whitelist", "file"]
const selection = ["-map", "0:a:0", "-t", String(secondsLimit), "-ar", String(rateLimit)]

/** The file's first audio track as a wav file. Its index may stand at its end, so it goes through a temporary file. */
export const toWav = (command: string, bytes: Uint8Array) =>
  Effect.acquireUseRelease(
    Effect.tryPromise({
      try: () => mkdtemp(join(tmpdir(), "voiceclone-sample-")),
      catch: (cause) =>
        new EngineUnavailable({ retryable: true, detail: "No temporary file can be made for the sample.", cause }),
    }),
    Effect.fnUntraced(function* (directory) {
      const file = join(directory, "sample.m4a")
      yield* Effect.tryPromise({
        try: () => writeFile(file, bytes),
        catch: (cause) =>
          new EngineUnavailable({ retryable: true, detail: "The sample does not fit the temporary folder.", cause }),
      })
      const input = ["-f", "mov", "-i", `file:${file}`]
      const encoding = ["-c:a", "pcm_s16le", "-f", "wav", "-protocol_whitelist", "pipe", "pipe:1"]
      const wav = yield* output(command, [...options, ...input, ...selection, ...encoding])
      return wav === undefined || wav.length === 0 ? yield* damaged() : wav
    }),
    (directory) => Effect.promise(() => rm(directory, { recursive: true, force: true })),
  )
