/**
 * Delivers the webhooks that are due: signed, again and again with longer and longer pauses, to public addresses only, and
 * never where a redirect leads. Of an owner's there is one at a time, so that whoever takes long over theirs keeps only
 * their own waiting.
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import type * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import type { HttpClientError } from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Semaphore from "effect/Semaphore"
import * as PublicAddress from "./PublicAddress.ts"
import { ServerConfig } from "./ServerOptions.ts"
import { StatusChanges } from "./StatusChanges.ts"
import { Tasks } from "./Tasks.ts"
import * as TaskStatus from "./TaskStatus.ts"
import * as Webhook from "./Webhook.ts"
import { type Delivery, WebhookQueue } from "./WebhookQueue.ts"

/** Pauses between attempts, those that Standard Webhooks recommends: three days in all. */
const pauses: ReadonlyArray<Duration.Duration> = [
  Duration.seconds(5),
  Duration.minutes(5),
  Duration.minutes(30),
  Duration.hours(2),
  Duration.hours(5),
  Duration.hours(10),
  Duration.hours(14),
  Duration.hours(20),
  Duration.hours(24),
]

/** How long the other side may take to answer. */
const patience = Duration.seconds(15)
/** By then, an attempt has ended, or the server that made it has. */
const lease = Duration.minutes(1)
/** How many owners at once. */
const concurrency = 32
/** At the latest then it looks again: another server may have ended a task. */
const longestRest = Duration.minutes(10)

/** For who looks into the log, why nobody answered; without the address, which may hold a token. */
const reasonOf = (error: HttpClientError | Cause.TimeoutError): string => {
  if (error._tag === "TimeoutError") return "no answer in time"
  const { reason } = error
  const { code } = (("cause" in reason && reason.cause) || {}) as { readonly code?: unknown }
  return typeof code === "string" ? code : reason._tag
}

const send = Effect.fnUntraced(function* (delivery: Delivery) {
  const { webhooksToPrivateAddresses } = yield* ServerConfig
  const tasks = yield* Tasks
  const queue = yield* WebhookQueue
  const client = yield* HttpClient.HttpClient
  const task = Option.getOrThrow(yield* tasks.find(delivery.taskId))
  const refusal = Webhook.refuse(delivery.url, webhooksToPrivateAddresses)
  if (refusal !== undefined) return { _tag: "Refused", reason: refusal } as const
  const data = yield* TaskStatus.describe(task)
  const timestamp = task.completedAt ?? (yield* DateTime.now)
  const type = task.status === "completed" ? "task.completed" : "task.failed"
  const body = Webhook.encode({ type, timestamp, data })
  const seconds = Math.floor((yield* Clock.currentTimeMillis) / 1000)
  const request = HttpClientRequest.post(delivery.url).pipe(
    HttpClientRequest.setHeaders(Webhook.sign(yield* queue.secretOf(task.owner), `msg_${task.id}`, seconds, body)),
    HttpClientRequest.bodyText(body, "application/json"),
  )
  return yield* client.execute(request).pipe(
    Effect.map(({ status }) => ({ _tag: "Answered", status }) as const),
    Effect.scoped,
    Effect.timeout(patience),
    Effect.catch((error) => Effect.succeed({ _tag: "Refused", reason: reasonOf(error) } as const)),
  )
})

const deliver = Effect.fn("WebhookSender.deliver")(
  function* (delivery: Delivery) {
    const queue = yield* WebhookQueue
    const outcome = yield* send(delivery)
    if (outcome._tag === "Answered" && outcome.status >= 200 && outcome.status < 300) {
      yield* queue.end(delivery.taskId)
      return yield* Effect.logInfo("Webhook delivered")
    }
    const reason = outcome._tag === "Answered" ? `status ${outcome.status}` : outcome.reason
    const pause = pauses[delivery.attempts - 1]
    // 410 says that nobody listens there any more.
    if (pause === undefined || (outcome._tag === "Answered" && outcome.status === 410)) {
      yield* queue.end(delivery.taskId)
      return yield* Effect.logWarning("Webhook given up").pipe(Effect.annotateLogs({ reason }))
    }
    yield* queue.postpone(delivery.taskId, pause)
    yield* Effect.logInfo("Webhook not delivered").pipe(Effect.annotateLogs({ reason, again: Duration.format(pause) }))
  },
  (effect, { attempts, taskId }) => Effect.annotateLogs(effect, { task: taskId, attempt: attempts }),
)

const client = Layer.unwrap(
  Effect.map(ServerConfig, ({ webhooksToPrivateAddresses }) =>
    NodeHttpClient.layerNodeHttpOptions(
      webhooksToPrivateAddresses ? { keepAlive: false } : { keepAlive: false, lookup: PublicAddress.lookup },
    ),
  ),
)

/** Delivers until the scope closes. An attempt that is broken off then is made again. */
export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    const queue = yield* WebhookQueue
    const changes = yield* StatusChanges
    const sending = yield* Semaphore.make(concurrency)
    /** Owners who have a delivery under way. */
    const busy = new Set<string>()
    const freed = yield* Queue.sliding<void>(1)
    const stumbled = (defect: unknown) =>
      Effect.andThen(Effect.logError("A webhook made the server stumble", defect), Effect.sleep("5 seconds"))
    const rest = (changed: Effect.Effect<void>) =>
      Effect.gen(function* () {
        // From then on nobody waits for a change in vain, so there is nothing to wait for.
        if (yield* changes.ended) return yield* Effect.never
        const due = yield* queue.untilDue(busy)
        const pause = Option.match(due, { onNone: () => longestRest, onSome: Duration.min(longestRest) })
        yield* Effect.timeoutOption(Effect.raceFirst(changed, Queue.take(freed)), pause)
      })
    const end = ({ owner }: Delivery) =>
      Effect.gen(function* () {
        busy.delete(owner)
        yield* sending.release(1)
        yield* Queue.offer(freed, undefined)
      })
    const step = Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        yield* restore(sending.take(1))
        const changed = yield* changes.subscribeAny
        const taken = yield* Effect.onError(queue.take(lease, busy), () => sending.release(1))
        yield* Option.match(taken, {
          onNone: () => Effect.andThen(sending.release(1), restore(rest(changed))),
          onSome: (delivery) => {
            busy.add(delivery.owner)
            return restore(deliver(delivery)).pipe(
              Effect.catchDefect(stumbled),
              Effect.ensuring(end(delivery)),
              Effect.forkScoped,
            )
          },
        })
      }),
    )
    yield* step.pipe(Effect.catchCause(stumbled), Effect.forever, Effect.forkScoped)
  }),
).pipe(Layer.provide(client))
