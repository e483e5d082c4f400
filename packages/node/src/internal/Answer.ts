/**
 * An answer of undici's as Effect's `HttpClientResponse`, whose body is read as it comes.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Cookies from "effect/http/Cookies"
import * as Headers from "effect/http/Headers"
import * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import * as UrlParams from "effect/http/UrlParams"
import * as Inspectable from "effect/Inspectable"
import * as Option from "effect/Option"
import { pipeArguments } from "effect/Pipeable"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { Dispatcher } from "undici"

/** Bytes that may wait for whoever reads them; then the server has to. */
const mostWaiting = 256 * 1024

/** How a body ended. */
export type End = "whole" | { readonly cause: unknown }

/** What has come of a body and was not read yet. */
export class Body {
  private chunks: Array<Uint8Array> = []
  private waiting = 0
  private end: End | undefined
  private wake: (() => void) | undefined
  private readonly controller: Dispatcher.DispatchController

  constructor(controller: Dispatcher.DispatchController) {
    this.controller = controller
  }

  push(chunk: Uint8Array): void {
    this.chunks.push(chunk)
    this.waiting += chunk.byteLength
    if (this.waiting >= mostWaiting) this.controller.pause()
    this.wake?.()
  }

  close(end: End): void {
    this.end = end
    this.wake?.()
  }

  /** Breaks the connection, unless the whole body has come. */
  readonly leave = Effect.sync(() => {
    if (this.end === undefined) this.controller.abort(new Error("The body was left before its end"))
  })

  private readonly arrival = Effect.callback<void>((resume) => {
    const sleep = () => void (this.wake = undefined)
    this.wake = () => {
      sleep()
      resume(Effect.void)
    }
    return Effect.sync(sleep)
  })

  /** All that has come since the last time. Fails with the cause of a break, or with `Done` at the end. */
  readonly pull: Effect.Effect<readonly [Uint8Array, ...Array<Uint8Array>], { readonly cause: unknown } | Cause.Done> =
    Effect.suspend(() => {
      const [first, ...rest] = this.chunks
      if (first !== undefined) {
        const wasFull = this.waiting >= mostWaiting
        this.chunks = []
        this.waiting = 0
        if (wasFull) this.controller.resume()
        return Effect.succeed([first, ...rest])
      }
      if (this.end === undefined) return Effect.andThen(this.arrival, this.pull)
      return this.end === "whole" ? Cause.done() : Effect.fail(this.end)
    })

  /** Everything, in one piece. */
  readonly whole: Effect.Effect<Buffer<ArrayBuffer>, { readonly cause: unknown }> = Effect.suspend(() => {
    const parts: Array<Uint8Array> = []
    const rest: Effect.Effect<never, { readonly cause: unknown } | Cause.Done> = Effect.flatMap(this.pull, (chunks) => {
      parts.push(...chunks)
      return rest
    })
    return Effect.catchIf(rest, Cause.isDone, () => Effect.succeed(Buffer.concat(parts)))
  }).pipe(Effect.onInterrupt(() => this.leave))
}

export class Answer extends Inspectable.Class implements HttpClientResponse.HttpClientResponse {
  readonly [HttpIncomingMessage.TypeId]: typeof HttpIncomingMessage.TypeId = HttpIncomingMessage.TypeId
  readonly [HttpClientResponse.TypeId]: typeof HttpClientResponse.TypeId = HttpClientResponse.TypeId
  readonly remoteAddress: Option.Option<string> = Option.none()
  readonly request: HttpClientRequest.HttpClientRequest
  readonly url: string
  readonly status: number
  readonly headers: Headers.Headers
  private readonly body: Body
  private readonly setCookie: string | ReadonlyArray<string>

  constructor(
    request: HttpClientRequest.HttpClientRequest,
    url: URL,
    status: number,
    headers: Readonly<Record<string, string | Array<string> | undefined>>,
    body: Body,
  ) {
    super()
    this.request = request
    this.url = url.href.slice(0, url.href.length - url.hash.length)
    this.status = status
    this.headers = Headers.fromInput(headers)
    this.setCookie = headers["set-cookie"] ?? []
    this.body = body
  }

  private broken(cause: unknown): HttpClientError.HttpClientError {
    return new HttpClientError.HttpClientError({
      reason: new HttpClientError.DecodeError({ request: this.request, response: this, cause }),
    })
  }

  get cookies(): Cookies.Cookies {
    return Cookies.fromSetCookie(this.setCookie)
  }

  get stream(): Stream.Stream<Uint8Array, HttpClientError.HttpClientError> {
    const pull = Effect.mapError(this.body.pull, (error) => (Cause.isDone(error) ? error : this.broken(error.cause)))
    return Stream.ensuring(Stream.fromPull(Effect.succeed(pull)), this.body.leave)
  }

  private get bytes(): Effect.Effect<Buffer<ArrayBuffer>, HttpClientError.HttpClientError> {
    return Effect.mapError(this.body.whole, ({ cause }) => this.broken(cause))
  }

  get arrayBuffer(): Effect.Effect<ArrayBuffer, HttpClientError.HttpClientError> {
    return Effect.map(this.bytes, ({ buffer, byteLength, byteOffset }) =>
      buffer.slice(byteOffset, byteOffset + byteLength),
    )
  }

  get text(): Effect.Effect<string, HttpClientError.HttpClientError> {
    return Effect.map(this.bytes, (bytes) => new TextDecoder().decode(bytes))
  }

  get json(): Effect.Effect<Schema.Json, HttpClientError.HttpClientError> {
    return Effect.flatMap(this.text, (text) =>
      Effect.try({
        try: () => (text === "" ? null : (JSON.parse(text) as Schema.Json)),
        catch: (cause) => this.broken(cause),
      }),
    )
  }

  get urlParamsBody(): Effect.Effect<UrlParams.UrlParams, HttpClientError.HttpClientError> {
    return Effect.map(this.text, (text) => UrlParams.fromInput(new URLSearchParams(text)))
  }

  get formData(): Effect.Effect<FormData, HttpClientError.HttpClientError> {
    return Effect.flatMap(this.bytes, (bytes) =>
      Effect.tryPromise({
        try: () => new Response(bytes, { headers: this.headers }).formData(),
        catch: (cause) => this.broken(cause),
      }),
    )
  }

  get upgrade(): Effect.Effect<never, HttpClientError.HttpClientError> {
    const reason = new HttpClientError.StatusCodeError({
      request: this.request,
      response: this,
      description: "this client upgrades no connections",
    })
    return Effect.fail(new HttpClientError.HttpClientError({ reason }))
  }

  toJSON(): unknown {
    return HttpIncomingMessage.inspect(this, {
      _id: "HttpClientResponse",
      request: this.request.toJSON(),
      status: this.status,
    })
  }

  pipe() {
    // oxlint-disable-next-line prefer-rest-params
    return pipeArguments(this, arguments)
  }
}
