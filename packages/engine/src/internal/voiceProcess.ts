/**
 * A process that speaks, and the watch over it. It is started when it is needed, ended when it hangs or its work is
 * cancelled, and replaced when it has died.
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Semaphore from "effect/Semaphore"
import { type ChildProcess, fork } from "node:child_process"
import type { Recording } from "../Recording.ts"
import { EngineUnavailable } from "../SynthesisError.ts"
import type { Answer, Assignment, ModelConfig, Speech } from "./sherpaProcess.ts"

/** Sources run as they are where the runtime strips types; a build has the same files as .js. */
const entry = new URL(import.meta.url.endsWith(".ts") ? "./sherpaProcess.ts" : "./sherpaProcess.js", import.meta.url)

/** How much of what the process last complained of is kept, in characters. */
const complaintLimit = 2_000

/** The command that installs what an engine without it lacks. */
const installation = "npm install sherpa-onnx-node@1.13.8"

/** How the process is run. */
export interface Options {
  readonly config: ModelConfig
  /** How long it may work without a sign of progress. */
  readonly patience: Duration.Input
  /** Replaces the program: for tests that need one to fail. */
  readonly program?: URL | undefined
}

/** The keys of the server are none of its business. */
const environment = () =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("VOICECLONE_")))

interface Voice {
  readonly child: ChildProcess
  /** What it last wrote to its standard error. */
  readonly complaint: () => string
}

/** It died; how. */
interface Death {
  readonly death: string
}

const spawn = (program: URL): Voice => {
  const child = fork(program, [], {
    execArgv: [],
    serialization: "advanced",
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    env: environment(),
  })
  let complaint = ""
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(-complaintLimit)
  })
  // It is not to keep the server alive while it has nothing to do.
  const stderr = child.stderr as { readonly unref?: () => void } | null
  stderr?.unref?.()
  return { child, complaint: () => complaint.trim() }
}

const hold = ({ child }: Voice) => {
  child.ref()
  child.channel?.ref()
}

const letGo = ({ child }: Voice) => {
  child.unref()
  child.channel?.unref()
}

const hasEnded = ({ child }: Voice) => child.exitCode !== null || child.signalCode !== null

/** Makes the process's two uses; the process ends with the scope. */
export const make = Effect.fnUntraced(function* ({ config, patience, program = entry }: Options) {
  const turn = yield* Semaphore.make(1)
  let current: Voice | undefined
  let hasLoaded = false

  const drop = Effect.suspend(() => {
    const voice = current
    current = undefined
    if (voice === undefined || hasEnded(voice)) return Effect.void
    return Effect.callback<void>((resume) => {
      hold(voice)
      voice.child.once("exit", () => resume(Effect.void))
      // Native code hears nothing else while it works.
      voice.child.kill("SIGKILL")
    })
  })
  yield* Effect.addFinalizer(() => drop)

  const failed = (voice: Voice | undefined, retryable: boolean, detail: string) => {
    const complaint = voice?.complaint() ?? ""
    return new EngineUnavailable({ retryable, detail, ...(complaint === "" ? {} : { cause: complaint }) })
  }

  /** One assignment, and the first answer that is more than progress. */
  const converse = (voice: Voice, assignment: Assignment) =>
    Effect.gen(function* () {
      const events = yield* Queue.unbounded<Answer | Death>()
      const tell = (event: Answer | Death) => void Queue.offerUnsafe(events, event)
      const onExit = (code: number | null, signal: string | null) =>
        tell({ death: signal === null ? `code ${code}` : signal })
      const onError = (error: Error) => tell({ death: error.message })
      hold(voice)
      // Its end is told once its last words are read.
      voice.child.on("message", tell).on("close", onExit).on("error", onError)
      voice.child.send(assignment, (error) => error !== null && hasEnded(voice) && onError(error))
      return yield* Effect.gen(function* () {
        for (;;) {
          const event = yield* Effect.timeoutOption(Queue.take(events), patience)
          if (event._tag === "None") return { death: "silence" } satisfies Death
          if (!("progress" in event.value)) return event.value
        }
      }).pipe(
        Effect.ensuring(
          Effect.sync(() => {
            voice.child.off("message", tell).off("close", onExit).off("error", onError)
            letGo(voice)
          }),
        ),
      )
    }).pipe(Effect.onInterrupt(() => drop))

  const start = Effect.fnUntraced(function* () {
    if (current !== undefined && !hasEnded(current) && current.child.connected) return current
    yield* drop
    const voice = yield* Effect.try({
      try: () => spawn(program),
      catch: (cause) => new EngineUnavailable({ retryable: true, detail: "The voice process did not start.", cause }),
    })
    current = voice
    const answer = yield* converse(voice, { load: config })
    if ("loaded" in answer) {
      hasLoaded = true
      return voice
    }
    yield* drop
    if ("missing" in answer) {
      const detail = `sherpa-onnx-node is not installed: ${installation}`
      return yield* new EngineUnavailable({ retryable: false, detail, cause: answer.missing })
    }
    // A model that could be loaded once will be again.
    const how = "death" in answer ? `: the process ended (${answer.death})` : ""
    return yield* failed(voice, hasLoaded, `The voice model cannot be loaded${how}.`)
  })

  const say = Effect.fnUntraced(function* (speech: Speech): Effect.fn.Return<Recording, EngineUnavailable> {
    const voice = yield* start()
    const answer = yield* converse(voice, { say: speech })
    if ("spoken" in answer) return answer.spoken
    yield* drop
    if ("death" in answer && answer.death === "silence") {
      return yield* failed(voice, true, "The voice process made no progress and was ended.")
    }
    const how = "death" in answer ? ` (${answer.death})` : ""
    return yield* failed(voice, true, `The voice process failed while it spoke${how}.`)
  })

  return {
    /** Loads the model where it is not loaded. */
    ready: turn.withPermit(Effect.asVoid(start())),
    /** Speaks a passage; empty where the model found nothing in it to say. Interruption ends the process. */
    say: (speech: Speech) => turn.withPermit(say(speech)),
  }
})
