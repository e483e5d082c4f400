/**
 * A call about one task.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Result from "effect/Result"
import { fromWire, type Task, type TaskId } from "../Task.ts"
import type { StatusOptions, TaskCalls } from "../TaskCalls.ts"
import { AccessDenied, CallNotOffered, TaskNotFound, UnexpectedResponse } from "../TaskError.ts"
import * as answer from "./answer.ts"
import type { Connection } from "./connection.ts"

// half a surrogate pair, which a server can put into JSON, cannot stand in a URL
export const path = (call: string, taskId: TaskId) =>
  `/async-clone/${call}/${encodeURIComponent(taskId.replace(/\p{Surrogate}/gu, "\ufffd"))}`

/** Fails with what an answer means that has no task in it. */
export const failure = Effect.fnUntraced(function* (
  { detail, failure, text }: Pick<Connection, "detail" | "failure" | "text">,
  taskId: TaskId,
  response: HttpClientResponse.HttpClientResponse,
) {
  const reason = detail(yield* text(response))
  switch (response.status) {
    case 403:
      return yield* new AccessDenied({ taskId, detail: reason })
    case 404:
      return yield* new TaskNotFound({ taskId, detail: reason })
    default:
      return yield* failure(response, reason)
  }
})

export const make = (connection: Connection): TaskCalls["Service"] => {
  const { answerTimeout, detail, get, getLean, redact, text } = connection
  const readTask = (taskId: TaskId, wire: unknown) => fromWire(taskId, wire, redact)

  // made by the thousands, so it does without a scope
  const status = Effect.fn("VoiceCloneClient.status")(function* (taskId: TaskId, { waitSeconds }: StatusOptions = {}) {
    const headers = waitSeconds === undefined ? {} : { prefer: `wait=${waitSeconds}` }
    const request = HttpClientRequest.get(path("task-status", taskId), { acceptJson: true, headers })
    const timeout = Duration.toMillis(answerTimeout) + 1000 * (waitSeconds ?? 0)
    const response = yield* getLean(request, timeout)
    if (response.status !== 200) return yield* failure(connection, taskId, response)
    const body = yield* text(response)
    const task = Result.flatMap(
      Result.fromOption(answer.json(body), () => `the body is not JSON but ${detail(body)}`),
      (wire) => readTask(taskId, wire),
    )
    if (Result.isFailure(task)) return yield* new UnexpectedResponse({ status: 200, reason: task.failure })
    // a server that holds its answers paces us by that
    const held = response.headers["preference-applied"]?.includes("wait") === true ? { retryAfterMillis: 0 } : {}
    return { ...task.success, ...held, ...(yield* answer.retryAfter(response)) } satisfies Task
  })

  const cancel = Effect.fn("VoiceCloneClient.cancel")(function* (taskId: TaskId) {
    const response = yield* get(HttpClientRequest.delete(path("task", taskId), { acceptJson: true }))
    const { status: code } = response
    if (code === 405 || code === 501) return yield* new CallNotOffered({ call: "cancel", status: code })
    if (code === 404) {
      // that the path is unknown, or the task: the call that every server has tells which
      yield* status(taskId)
      return yield* new CallNotOffered({ call: "cancel", status: code })
    }
    if (code < 200 || code > 299) return yield* failure(connection, taskId, response)
    const task = Result.flatMap(
      Result.fromOption(answer.json(yield* text(response)), () => ""),
      (wire) => readTask(taskId, wire),
    )
    // whatever it says, it has done it
    return Result.isSuccess(task) ? task.success : yield* status(taskId)
  }, Effect.scoped)

  return { status, cancel }
}
