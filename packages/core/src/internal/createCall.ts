/**
 * The call that costs money, and what its answer, or its silence, means for whether there is a task.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as HttpBody from "effect/http/HttpBody"
import type * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as JobEvent from "../JobEvent.ts"
import * as RandomId from "../RandomId.ts"
import { TaskId } from "../Task.ts"
import {
  AccessDenied,
  CreateOutcomeUnknown,
  InvalidInput,
  type JournalFailed,
  type SampleUnreadable,
} from "../TaskError.ts"
import { UploadProgress } from "../UploadProgress.ts"
import type { CreateRequest } from "../VoiceCloneClient.ts"
import * as answer from "./answer.ts"
import { type Connection, spell } from "./connection.ts"
import * as multipart from "./multipart.ts"
import * as openApi from "./openApi.ts"
import { checkText } from "./text.ts"
import * as transport from "./transport.ts"

/** How long an answer to a create call may still take when we are told to stop in the midst of it. */
const lastWords = "3 seconds"

export const make = (connection: Connection) => {
  const { answerTimeout, createTimeout, detail, failed, failure, get, redact, send, text } = connection
  const create = Effect.fn("VoiceCloneClient.create")(function* (request: CreateRequest) {
    const { sample } = request
    yield* checkText(request.text)
    if (sample.size === 0) {
      return yield* new InvalidInput({
        input: "sample",
        reason: `The voice sample ${sample.name} is empty`,
        nextStep: "Give an audio file of a person speaking, 10 seconds or more.",
      })
    }
    // how much of a blob was sent only the runtime knows, so all of it may have been
    let handedOver = sample.blob !== undefined
    let broken: SampleUnreadable | JournalFailed | undefined
    // the last byte leaves in a fiber of the transport's, which may be late: it waits for us, or we for it
    let isOver = false
    let leaving: Effect.Effect<void> = Effect.void
    const leave = Effect.suspend(() => {
      if (isOver) return Effect.never
      const left = Deferred.makeUnsafe<void>()
      leaving = Deferred.await(left)
      return (request.onSent ?? Effect.void).pipe(
        Effect.andThen(Effect.sync(() => void (handedOver = true))),
        Effect.ensuring(Deferred.succeed(left, undefined)),
        Effect.uninterruptible,
      )
    })
    const finish = Effect.suspend(() => {
      isOver = true
      return leaving
    })
    const meter = JobEvent.meter((sentBytes) => ({ _tag: "Uploading", sentBytes, totalBytes: sample.size }))
    // the body is pulled by the transport, in a fiber that doesn't know who listens here
    const listener = yield* JobEvent.Listener
    const heard = Effect.provideService(JobEvent.Listener, listener)
    const body =
      sample.blob === undefined
        ? yield* multipart.body(sample, request.text, {
            onChunk: (bytes) => heard(meter.count(bytes)),
            onEnd: Effect.andThen(leave, heard(meter.finish)),
            onError: (error) => Effect.sync(() => void (broken = error)),
          })
        : formData(sample.blob, sample.name, request.text)
    const unknown = (reason: string, error?: HttpClientError.HttpClientError) =>
      new CreateOutcomeUnknown({ reason: redact(reason), cause: error?.reason.cause })
    // of a body that the runtime sends by itself nobody sees the last byte leave
    if (sample.blob !== undefined) yield* request.onSent ?? Effect.void
    const idempotencyKey = request.idempotencyKey ?? RandomId.make()
    const sent = send(
      HttpClientRequest.post("/async-clone/create-task", { headers: { "idempotency-key": idempotencyKey } }).pipe(
        HttpClientRequest.setBody(body),
      ),
      createTimeout,
    ).pipe(
      // a form is sent by the runtime itself
      Effect.provideService(
        UploadProgress,
        sample.blob === undefined
          ? undefined
          : (sent, total) =>
              // the frame comes before the sample
              heard(meter.reach(Math.max(0, sent - Math.max(0, total - sample.size)))),
      ),
      Effect.mapError((error) => {
        if (broken !== undefined) return broken
        if (error === "timeout") {
          const waited = spell(createTimeout)
          return handedOver ? unknown(`no answer within ${waited}`) : failed(`the upload was not done within ${waited}`)
        }
        // a request whose last bytes were never asked for cannot have been understood
        const reason = transport.reasonOf(error)
        return !handedOver || transport.isUnsent(error) ? failed(reason, error) : unknown(reason, error)
      }),
    )
    const judge = Effect.fnUntraced(function* (
      response: HttpClientResponse.HttpClientResponse,
      restore: <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>,
    ) {
      if (response.headers["idempotency-key"] === idempotencyKey) hasAcknowledged = true
      const reading = yield* Effect.forkChild(text(response))
      const read = yield* Effect.exit(restore(Fiber.join(reading)))
      // told to stop, with the id of what was paid for on its way
      const received = Exit.isSuccess(read)
        ? read.value
        : Option.getOrElse(yield* Effect.timeoutOption(Fiber.join(reading), lastWords), () => "")
      yield* finish
      if (response.status >= 200 && response.status < 300) {
        const created = Option.getOrUndefined(answer.json(received))
        const taskId = Predicate.hasProperty(created, "task_id") ? created.task_id : undefined
        if (Predicate.isString(taskId) && taskId !== "") {
          yield* request.onCreated?.(TaskId(taskId)) ?? Effect.void
          return TaskId(taskId)
        }
        return yield* unknown(`the server answered ${response.status} without a task id (${detail(received)})`)
      }
      const reason = detail(received)
      if (response.status === 403) return yield* new AccessDenied({ detail: reason })
      // where to look for what was made, as an answer to a form sends browsers
      if (response.status === 302 || response.status === 303) {
        return yield* unknown(`the server answered ${response.status} (${reason})`)
      }
      // a server that is busy says so in its own words, and when to come again; any other 5xx may come from a proxy that
      // lost a server at work, and of those some say when to come again too
      const isBusy =
        response.status === 503 && response.headers["retry-after"] !== undefined && answer.isOfApi(received)
      if (response.status >= 500 && !isBusy && handedOver) {
        return yield* unknown(`the server answered ${response.status} (${reason})`)
      }
      return yield* failure(response, reason)
    })
    // an answer that has begun names what was paid for
    return yield* Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(restore(sent), (response) => judge(response, restore)),
    ).pipe(Effect.scoped, Effect.ensuring(finish))
  })

  let hasAcknowledged = false
  const honoursIdempotencyKeys = Effect.suspend(() =>
    hasAcknowledged
      ? Effect.succeed(true)
      : get(HttpClientRequest.get("/openapi.json", { acceptJson: true })).pipe(
          Effect.flatMap((response) =>
            response.status === 429 || response.status >= 500
              ? failure(response, "its OpenAPI document was asked for")
              : Effect.map(answer.text(response, answerTimeout, openApi.maximumBytes), (document) => {
                  const promised = Option.exists(answer.json(document), openApi.declaresIdempotencyKey)
                  return (hasAcknowledged ||= response.status === 200 && promised)
                }),
          ),
          Effect.scoped,
        ),
  )

  return { create, honoursIdempotencyKeys }
}

const formData = (blob: Blob, name: string, text: string): HttpBody.HttpBody => {
  const form = new FormData()
  form.append("text", text)
  form.append("audio_file", blob, name)
  return HttpBody.formData(form)
}
