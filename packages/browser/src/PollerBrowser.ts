/**
 * Waiting for a task in several tabs at once: one of them asks the server, chosen by a Web Lock, and tells the others over
 * a `BroadcastChannel`. When it is closed, or crashes, the next one asks.
 */
import * as JobEvent from "@voiceclone/core/JobEvent"
import * as Poller from "@voiceclone/core/Poller"
import { isTerminal, type Task, type TaskId } from "@voiceclone/core/Task"
import { WaitTimedOut } from "@voiceclone/core/TaskError"
import { VoiceCloneClient } from "@voiceclone/core/VoiceCloneClient"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import * as webLock from "./internal/webLock.ts"
import * as PauseBrowser from "./PauseBrowser.ts"

/** What tabs tell each other: a snapshot, or that they would like one. */
type Message = { readonly task: Task } | { readonly wanted: TaskId }

const make = Effect.gen(function* () {
  const poller = yield* Poller.Poller
  const { server } = yield* VoiceCloneClient
  if (navigator.locks === undefined || !("BroadcastChannel" in globalThis)) return poller
  const name = `voiceclone:watch:${server}`

  const watch: Poller.Poller["Service"]["watch"] = (taskId, options = {}) =>
    Stream.callback((queue) =>
      Effect.gen(function* () {
        const started = performance.now()
        const timeout = Duration.toMillis(options.timeout ?? Poller.defaultTimeout)
        const left = () => Math.max(0, timeout - (performance.now() - started))
        let lastSeen: Task | undefined
        const heard: Record<string, number> = {}

        const channel = yield* Effect.acquireRelease(
          Effect.sync(() => new BroadcastChannel(name)),
          (channel) => Effect.sync(() => channel.close()),
        )
        const post = (message: Message) => channel.postMessage(message)
        const see = (task: Task) =>
          Effect.sync(() => {
            lastSeen = task
            Queue.offerUnsafe(queue, task)
            if (isTerminal(task)) Queue.endUnsafe(queue)
          })
        let leads = false
        const context = yield* Effect.context<never>()
        channel.addEventListener("message", ({ data }: MessageEvent<Message>) => {
          if ("wanted" in data) {
            if (leads && data.wanted === taskId && lastSeen !== undefined) post({ task: lastSeen })
          } else if (!leads && data.task.id === taskId) {
            const { task } = data
            heard[task.reportedStatus] = (heard[task.reportedStatus] ?? 0) + 1
            Effect.runForkWith(context)(Effect.andThen(JobEvent.emit({ _tag: "Polled", task }), see(task)))
          }
        })
        post({ wanted: taskId })

        yield* webLock.hold(`${name}/${taskId}`).pipe(
          Effect.timeoutOrElse({
            duration: timeout,
            orElse: () =>
              Effect.fail(
                new WaitTimedOut({
                  taskId,
                  waitedMillis: Math.round(performance.now() - started),
                  tally: { polls: 0, statuses: heard, errors: {} },
                  ...(lastSeen === undefined ? {} : { lastSeen }),
                }),
              ),
          }),
        )
        leads = true
        const { grace } = options
        yield* Stream.runForEach(
          poller.watch(taskId, { ...options, timeout: left(), ...(lastSeen === undefined ? { grace } : {}) }),
          (task) =>
            Effect.andThen(
              Effect.sync(() => post({ task })),
              see(task),
            ),
        )
        yield* Queue.end(queue)
      }).pipe(Effect.catchCause((cause) => Queue.failCause(queue, cause))),
    )
  return Poller.of(watch)
})

/** The poller of a page, on the one of core; and what ends its pauses. */
export const layer: Layer.Layer<Poller.Poller, never, VoiceCloneClient> = Layer.effect(Poller.Poller, make).pipe(
  Layer.provide(Poller.Poller.layer),
  Layer.provideMerge(PauseBrowser.layer),
)
