/**
 * The answer to `task-events`: the task's status as server-sent events, until the task has ended or the server stops.
 *
 * An event is a whole snapshot, and its id names what is in it (`pending-2`, `processing-0.25`, `completed`). So a client
 * that comes back with `Last-Event-ID` needs no history: it gets the latest snapshot, unless it has that already.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
import { type Forbidden, type NotFound, TaskStatusResponse } from "@voiceclone/core/VoiceCloneApi"
import * as Duration from "effect/Duration"
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

/**
 * A change of status is told at once, and progress when it is announced. The place in the queue is looked at when as much
 * time has passed without either; HTML has a comment come "every 15 seconds or so".
 */
const longestSilence = Duration.seconds(15)

interface Told {
  /** The id of the last event that the client has. */
  readonly last: string | undefined
  readonly status: Status["status"] | undefined
}

interface Events {
  readonly first: Told
  /** The text of the next event, and what has been told with it; none once the task has ended, or the server stops. */
  readonly next: (
    told: Told,
  ) => Effect.Effect<readonly [string, Told] | undefined, NotFound | Forbidden, Tasks | Progress | StatusChanges>
}

/** What goes with all of them. */
export const headers = { "cache-control": "no-store", "x-accel-buffering": "no" }
export const contentType = "text/event-stream"

/** The events of the owner's task, one after the other; none where the client has the last of them. */
export const begin = Effect.fnUntraced(function* (
  lastEventId: string | undefined,
  taskId: string,
  owner: string,
): Effect.fn.Return<Events | undefined, NotFound | Forbidden, Tasks | StatusChanges> {
  const known = yield* owned(taskId, owner)
  if (TaskStatus.ended(known) && lastEventId === known.status) return undefined
  const changes = yield* StatusChanges
  const look = Effect.flatMap(owned(taskId, owner), TaskStatus.describe)

  /** The task once it is another than was told, or as it is after a while. */
  const later = Effect.fnUntraced(function* (last: string | undefined) {
    const change = yield* changes.subscribe(taskId, { progress: true, within: longestSilence })
    const seen = yield* look
    if (idOf(seen) !== last) return seen
    yield* change
    return yield* look
  }, Effect.scoped)

  const next = Effect.fnUntraced(function* (told: Told) {
    if (told.status === "completed" || told.status === "failed") return undefined
    if (yield* changes.ended) return undefined
    const seen = yield* later(told.last)
    const id = idOf(seen)
    if (id === told.last) return [heartbeat, told] as const
    const event = Sse.encoder.write({ _tag: "Event", event: "status", id, data: toJson(seen) })
    return [event, { last: id, status: seen.status }] as const
  })
  return { first: { last: lastEventId, status: undefined }, next }
})

/** Answers with the events of the owner's task. */
export const respond = Effect.fnUntraced(function* (
  lastEventId: string | undefined,
  taskId: string,
  owner: string,
): Effect.fn.Return<HttpServerResponse.HttpServerResponse, NotFound | Forbidden, Tasks | Progress | StatusChanges> {
  const events = yield* begin(lastEventId, taskId, owner)
  // This status makes an EventSource stop coming back.
  if (events === undefined) return HttpServerResponse.empty({ status: 204 })
  const context = yield* Effect.context<Tasks | Progress | StatusChanges>()
  const counted = Stream.unwrap(Effect.as(held, Stream.unfold(events.first, events.next)))
  return HttpServerResponse.stream(Stream.encodeText(Stream.provideContext(counted, context)), { contentType, headers })
})
