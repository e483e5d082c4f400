/**
 * The answer to `task-events`: the task's status as server-sent events, until the task has ended or the server stops.
 *
 * An event is a whole snapshot, and its id names what is in it (`pending-2`, `processing-0.25`, `completed`). So a client
 * that comes back with `Last-Event-ID` needs no history: it gets the latest snapshot, unless it has that already.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
import { type Forbidden, type NotFound, TaskStatusResponse } from "@voiceclone/core/VoiceCloneApi"
import * as Effect from "effect/Effect"
import * as Sse from "effect/encoding/Sse"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { Progress } from "./Progress.ts"
import { held, StatusChanges } from "./StatusChanges.ts"
import { owned } from "./TaskResult.ts"
import * as TaskStatus from "./TaskStatus.ts"
import type { Tasks } from "./Tasks.ts"

type Status = typeof TaskStatusResponse.Type

const toJson = Schema.encodeSync(Schema.fromJsonString(TaskStatusResponse))

const idOf = ({ progress, queue_position, status }: Status): string =>
  status === "pending"
    ? `pending-${queue_position ?? 0}`
    : status === "processing"
      ? `processing-${(progress ?? 0).toFixed(2)}`
      : status

/** A comment: it keeps proxies from giving up on a silent connection. */
const heartbeat = ":\n\n"

/** A change of status is told at once; progress and the place in the queue are looked at now and then. */
const pace = (status: Status["status"]) => (status === "processing" ? "1 second" : "10 seconds")

interface Told {
  /** The id of the last event that the client has. */
  readonly last: string | undefined
  readonly status: Status["status"] | undefined
}

const headers = { "cache-control": "no-store", "x-accel-buffering": "no" }

/** Answers with the events of the owner's task. */
export const respond = Effect.fnUntraced(function* (
  lastEventId: string | undefined,
  taskId: string,
  owner: string,
): Effect.fn.Return<HttpServerResponse.HttpServerResponse, NotFound | Forbidden, Tasks | Progress | StatusChanges> {
  const first = yield* owned(taskId, owner)
  // This status makes an EventSource stop coming back.
  if (TaskStatus.ended(first) && lastEventId === first.status) return HttpServerResponse.empty({ status: 204 })
  const context = yield* Effect.context<Tasks | Progress | StatusChanges>()
  const changes = yield* StatusChanges
  const look = Effect.flatMap(owned(taskId, owner), TaskStatus.describe)

  const next = Effect.fnUntraced(function* ({ last, status }: Told) {
    if (status === "completed" || status === "failed" || (yield* changes.ended)) return undefined
    const told = (seen: Status) => {
      const id = idOf(seen)
      const event = Sse.encoder.write({ _tag: "Event", event: "status", id, data: toJson(seen) })
      return [event, { last: id, status: seen.status }] as const
    }
    const change = yield* changes.subscribe(taskId)
    const seen = yield* look
    if (idOf(seen) !== last) return told(seen)
    yield* Effect.timeoutOption(change, pace(seen.status))
    if (yield* changes.ended) return undefined
    const later = yield* look
    return idOf(later) !== last ? told(later) : ([heartbeat, { last, status }] as const)
  }, Effect.scoped)

  const events = Stream.unfold<Told, string, NotFound | Forbidden, Tasks | Progress | StatusChanges>(
    { last: lastEventId, status: undefined },
    next,
  )
  const counted = Stream.unwrap(Effect.as(held, events))
  return HttpServerResponse.stream(Stream.encodeText(Stream.provideContext(counted, context)), {
    contentType: "text/event-stream",
    headers,
  })
})
