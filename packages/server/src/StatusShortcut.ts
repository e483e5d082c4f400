/**
 * Answers what is asked most, and held longest, before the router does: `task-status` and `task-events`, by the same services
 * and in the same words, for less than half the CPU, and two thirds of the memory. Whatever is unusual about a request, or about the answer to it, is
 * left to the router.
 */
import { type Forbidden, type NotFound, TaskStatusResponse } from "@voiceclone/core/VoiceCloneApi"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as References from "effect/References"
import * as Schema from "effect/Schema"
import type { IncomingHttpHeaders, IncomingMessage, Server as NodeServer, ServerResponse } from "node:http"
import { ApiKeys } from "./ApiKeys.ts"
import { Progress } from "./Progress.ts"
import * as RequestId from "./RequestId.ts"
import { RequestRate } from "./RequestRate.ts"
import * as RequestRecord from "./RequestRecord.ts"
import type { Watch } from "./RequestWatch.ts"
import { held, type StatusChanges } from "./StatusChanges.ts"
import * as TaskEvents from "./TaskEvents.ts"
import { forOwner } from "./TaskResult.ts"
import * as TaskStatus from "./TaskStatus.ts"
import { type TaskRecord, Tasks } from "./Tasks.ts"

const path = /^\/api\/async-clone\/task-(status|events)\/([\w-]+)$/u
const bearer = /^Bearer ([\x21-\x7e]+)$/u
/** As `Route` has them. */
const routes = { status: "/api/async-clone/task-status/:task_id", events: "/api/async-clone/task-events/:task_id" }
/** Whether the headers ask for more than where the task stands, or when that changes. */
const isUnusual = (headers: IncomingHttpHeaders): boolean =>
  headers.origin !== undefined || headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined

const encode = Schema.encodeSync(Schema.toCodecJson(TaskStatusResponse))

/** The headers as Node takes them without looking at each: names and values by turns. */
interface Answer {
  readonly text: string
  readonly headers: ReadonlyArray<string>
}

const answerWith = (body: typeof TaskStatusResponse.Type, headers: Readonly<Record<string, string>>): Answer => {
  const text = JSON.stringify(encode(body))
  const described = {
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(text)),
    ...headers,
  }
  return { text, headers: Object.entries(described).flat() }
}

/** What has been said of a task, and how far it was then: until that changes, it is said again. */
const last = new WeakMap<TaskRecord, { readonly share: number | undefined; readonly answer: Answer }>()

/** Whether nothing is left to be run. */
const hasEnded = <A, E, R>(self: Effect.Effect<A, E, R>): self is Exit.Exit<A, E> => Exit.isExit(self)

const send = (response: ServerResponse, id: string, { headers, text }: Answer): void =>
  void response.writeHead(200, [...headers, RequestId.header, id]).end(text)

/** Sends events as they come. Whoever is slow to take them gets the next when there is room for it. */
const follow = Effect.fnUntraced(function* (
  response: ServerResponse,
  id: string,
  ...task: Parameters<typeof TaskEvents.begin>
) {
  const events = yield* TaskEvents.begin(...task)
  if (events === undefined) return void response.writeHead(204, [RequestId.header, id]).end()
  yield* held
  response.writeHead(200, { "content-type": TaskEvents.contentType, ...TaskEvents.headers, [RequestId.header]: id })
  response.flushHeaders()
  for (let next = yield* events.next(events.first); next !== undefined; next = yield* events.next(next[1])) {
    if (!response.write(next[0])) {
      yield* Effect.callback<void>((resume) => void response.once("drain", () => resume(Effect.void)))
    }
  }
  response.end()
}, Effect.scoped)

/** What is the router's to say. */
const left = Effect.fail("left to the router" as const)

/** Puts itself before what else listens to the server's requests; not where each of them is traced. */
export const install = Effect.fnUntraced(function* (
  server: NodeServer,
  watch: Watch,
): Effect.fn.Return<void, never, ApiKeys | RequestRate | Tasks | Progress | StatusChanges> {
  if (yield* References.TracerEnabled) return
  const keys = yield* ApiKeys
  const rate = yield* RequestRate
  const tasks = yield* Tasks
  const progress = yield* Progress
  const run = Effect.runForkWith(yield* Effect.context<Tasks | Progress | StatusChanges>())

  // Most of the time all is known, and there is nothing to run: hence each step at once where it can be.
  const answerOf = (task: TaskRecord): Effect.Effect<Answer, never, Tasks | Progress> =>
    Effect.flatMapEager(task.status === "processing" ? progress.of(task.id) : Effect.undefined, (share) => {
      const known = last.get(task)
      if (known !== undefined && known.share === share) return Effect.succeed(known.answer)
      return Effect.map(TaskStatus.tell(task), ({ body, headers }) => {
        const answer = answerWith(body, headers)
        // Those before it in the queue end without its changing.
        if (task.status !== "pending") last.set(task, { share, answer })
        return answer
      })
    })

  /** What there is to say, if anything is to be said at once; for the holder of the key. */
  const answer = (key: string, taskId: string, isHeld: boolean) =>
    Effect.flatMapEager(keys.holderOf(key), (holder) => {
      if (Option.isNone(holder)) return left
      const { keyId, owner } = holder.value
      return Effect.flatMapEager(tasks.find(taskId), (found) =>
        Effect.flatMapEager(forOwner(found, owner), (task) =>
          Effect.flatMapEager(isHeld ? Effect.undefined : answerOf(task), (said) =>
            // last, as the router counts what is left to it
            Effect.flatMapEager(rate.take(owner), (wait) =>
              Option.isSome(wait) ? left : Effect.succeed({ said, keyId, owner }),
            ),
          ),
        ),
      )
    })

  /** Says whether it takes the request. It may still give it back. */
  const take = (request: IncomingMessage, response: ServerResponse, giveBack: () => void): boolean => {
    const { headers, method, url = "" } = request
    if (method !== "GET" || isUnusual(headers)) return false
    const [, kind, taskId] = path.exec(url) ?? []
    const key = bearer.exec(headers.authorization ?? "")?.[1]
    if (taskId === undefined || key === undefined) return false
    const began = performance.now()
    const prefer = headers["prefer"] as string | undefined
    const respond = ({ keyId, owner, said }: Effect.Success<ReturnType<typeof answer>>): true => {
      const id = RequestId.of(headers)
      const record = RequestRecord.of(request)
      record.id = id
      record.keyId = keyId
      record.route = kind === "status" ? routes.status : routes.events
      watch(request, response, began)
      if (said !== undefined) send(response, id, said)
      else if (kind === "status") {
        const status = TaskStatus.respond(prefer, taskId, owner)
        hold(Effect.map(status, ({ body, headers }) => send(response, id, answerWith(body, headers))))
      } else {
        hold(follow(response, id, headers["last-event-id"] as string | undefined, taskId, owner))
      }
      return true
    }
    const hold = (answer: Effect.Effect<void, NotFound | Forbidden, Tasks | Progress | StatusChanges>) => {
      // gone while the database was asked
      if (response.closed) return
      const held = run(answer)
      response.on("close", () => held.interruptUnsafe())
      held.addObserver((exit) => {
        if (Exit.isSuccess(exit) || response.closed) return
        if (response.headersSent) response.destroy()
        else giveBack()
      })
    }
    const ready = answer(key, taskId, kind === "events" || prefer !== undefined)
    if (hasEnded(ready)) return Exit.isSuccess(ready) && respond(ready.value)
    run(ready).addObserver((exit) => (Exit.isSuccess(exit) ? respond(exit.value) : giveBack()))
    return true
  }

  // Node lets no listener keep an event from the next.
  const emit = server.emit.bind(server) as (event: string, ...args: ReadonlyArray<unknown>) => boolean
  server.emit = (event: string, ...args: ReadonlyArray<unknown>) => {
    const [request, response] = args as [IncomingMessage, ServerResponse]
    return (event === "request" && take(request, response, () => emit(event, ...args))) || emit(event, ...args)
  }
})
