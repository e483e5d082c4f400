/**
 * Standard output and standard error, written to for as long as they take it. A reader that goes away, or a full disk,
 * ends what is told, and never the job.
 */
import * as Effect from "effect/Effect"
import { ExitCode } from "./ExitCode.ts"
import { reasonOf } from "@voiceclone/server/SystemError"

const { stdout, stderr } = process

/** The streams that take no more, and why. */
const failures = new Map<NodeJS.WriteStream, NodeJS.ErrnoException>()

/** Whether the reader has gone, as `head` goes when it has seen enough. */
export const isBrokenPipe = (error: NodeJS.ErrnoException): boolean => error.code === "EPIPE"

/** Writes a text, unless the stream takes no more. */
export const put = (stream: NodeJS.WriteStream, text: string): void => {
  if (!failures.has(stream)) stream.write(text)
}

/** Writes bytes to standard output; done when they have left. */
export const putBytes = (bytes: Uint8Array): Effect.Effect<void, NodeJS.ErrnoException> =>
  Effect.callback((resume) => {
    const failure = failures.get(stdout)
    if (failure !== undefined) return resume(Effect.fail(failure))
    stdout.write(bytes, (error) => resume(error == null ? Effect.void : Effect.fail(error)))
  })

/**
 * Keeps the process alive when a stream fails, and lets it say at its end that its result could not be told. To be
 * called before anything is written.
 */
export const guard = (): void => {
  for (const stream of [stdout, stderr]) {
    stream.on("error", (error) => void (failures.has(stream) || failures.set(stream, error)))
  }
  process.on("exit", (code) => {
    const failure = failures.get(stdout)
    if (code !== 0 || failure === undefined || isBrokenPipe(failure)) return
    process.exitCode = ExitCode.output
    put(stderr, `error: Cannot write to standard output: ${reasonOf(failure)}\n`)
    put(stderr, "  What was to be told there is missing. Run the same command again: what is done is not done twice.\n")
  })
}
