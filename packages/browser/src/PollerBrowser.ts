/**
 * Waiting for a task in several tabs at once: one of them asks the server, chosen by a Web Lock, and tells the others over
 * a `BroadcastChannel`. When it is closed, or crashes, the next one asks. One that is there and says nothing, as its
 * network or its page may hang, is not taken at its word: before another gives up, it asks once itself.
 */
import * as JobEvent from "@voiceclone/core/JobEvent"
import * as Poller from "@voiceclone/core/Poller"
import { isTerminal, type Task, type TaskId } from "@voiceclone/core/Task"
import { type StatusError, WaitTimedOut } from "@voiceclone/core/TaskError"
import { VoiceCloneClient } from "@voiceclone/core/VoiceCloneClient"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as mailbox from "./internal/mailbox.ts"
import * as webLock from "./internal/webLock.ts"
import * as PauseBrowser from "./PauseBrowser.ts"

/** What tabs tell each other: what happens to a task, or that they would like to know. */
type Message = { readonly taskId: TaskId; readonly event: JobEvent.JobEvent } | { readonly wanted: TaskId }

/** How long the answer to the last question may take. */
const lastLookMillis = 10_000

const make = Effect.gen(function* () {
  const poller = yield* Poller.Poller
  const client = yield* VoiceCloneClient
  const { server } = client
  if (navigator.locks === undefined || !("BroadcastChannel" in globalThis)) return poller
  const name = `voiceclone:watch:${server}`

  const watch: Poller.Poller["Service"]["watch"] = (taskId, options = {}) =>
    Stream.unwrap(
      Effect.gen(function* () {
        const { end, stream, tell } = mailbox.make<Task, StatusError | WaitTimedOut>()
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
        /** For those that come later: the last snapshot, and what was last heard since. */
        let latest: ReadonlyArray<JobEvent.JobEvent> = []
        const keep = (event: JobEvent.JobEvent) => {
          latest = event._tag === "Polled" ? [event] : [...latest.filter(({ _tag }) => _tag === "Polled"), event]
        }
        const tellOthers = (event: JobEvent.JobEvent) =>
          Effect.sync(() => {
            keep(event)
            post({ taskId, event })
          })
        const listen = yield* JobEvent.Listener
        const see = (task: Task) =>
          Effect.sync(() => {
            lastSeen = task
            tell(task)
            if (isTerminal(task)) end(Cause.done())
          })
        let leads = false
        const hear = (event: JobEvent.JobEvent) => {
          if (event._tag !== "Polled") return listen(event)
          const { task } = event
          heard[task.reportedStatus] = (heard[task.reportedStatus] ?? 0) + 1
          return Effect.andThen(listen(event), see(task))
        }
        const context = yield* Effect.context<never>()
        channel.addEventListener("message", ({ data }: MessageEvent<Message>) => {
          if ("wanted" in data) {
            if (leads && data.wanted === taskId) for (const event of latest) post({ taskId, event })
          } else if (!leads && data.taskId === taskId) {
            keep(data.event)
            Effect.runForkWith(context)(hear(data.event))
          }
        })
        post({ wanted: taskId })

        const lastLook = Effect.gen(function* () {
          const look = yield* Effect.timeoutOption(Effect.result(client.status(taskId)), lastLookMillis)
          const errors: Record<string, number> = {}
          if (Option.isSome(look) && Result.isSuccess(look.value)) {
            const task = look.value.success
            const event: JobEvent.Polled = { _tag: "Polled", task }
            yield* tellOthers(event)
            yield* hear(event)
            if (isTerminal(task)) return
          } else if (Option.isSome(look) && Result.isFailure(look.value)) {
            errors[look.value.failure._tag] = 1
          }
          return yield* new WaitTimedOut({
            taskId,
            waitedMillis: Math.round(performance.now() - started),
            tally: { polls: 1, statuses: heard, errors },
            ...(lastSeen === undefined ? {} : { lastSeen }),
          })
        })
        yield* Effect.gen(function* () {
          leads = yield* webLock
            .hold(`${name}/${taskId}`)
            .pipe(
              Effect.as(true),
              Effect.timeoutOrElse({ duration: timeout, orElse: () => Effect.as(lastLook, false) }),
            )
          if (!leads) return
          const { grace } = options
          yield* Stream.runForEach(
            poller.watch(taskId, { ...options, timeout: left(), ...(lastSeen === undefined ? { grace } : {}) }),
            see,
          ).pipe(Effect.provideService(JobEvent.Listener, (event) => Effect.andThen(tellOthers(event), listen(event))))
        }).pipe(
          Effect.onExit((exit) =>
            Effect.sync(() => end(Exit.isSuccess(exit) ? Cause.done() : Effect.failCause(exit.cause))),
          ),
          Effect.forkScoped,
        )
        return stream
      }),
    )
  return Poller.of(watch)
})

/** The poller of a page, on the one of core; and what ends its pauses. */
export const layer: Layer.Layer<Poller.Poller, never, VoiceCloneClient> = Layer.effect(Poller.Poller, make).pipe(
  Layer.provide(Poller.Poller.layer),
  Layer.provideMerge(PauseBrowser.layer),
)
