/**
 * The HTTP layer of browsers: `fetch`, with what it hides or leaves open put into words and order; and `XMLHttpRequest`
 * for a body whose progress is wanted (`UploadProgress`), which `fetch` tells nobody.
 *
 * Not Effect's own fetch layer: much of that streams uploads, which browsers can't do over HTTP/1.1, or at all.
 */
import { Secrets } from "@voiceclone/core/Secrets"
import { UploadProgress } from "@voiceclone/core/UploadProgress"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as HttpBody from "effect/http/HttpBody"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as tokens from "./internal/tokens.ts"
import * as xhr from "./internal/xhr.ts"

export interface Options {
  /**
   * Whether cookies are sent: for a server of yours that knows its visitors by them.
   * @default "omit"
   */
  readonly credentials?: RequestCredentials | undefined
  /**
   * Gives the token that is sent as `Authorization: Bearer`, each time that one is needed: one that a server of yours has
   * made for this visitor, and that ends soon. Where it is refused (401) it is asked for once more, and another one is
   * sent. It is kept in no file and no database; what was sent is remembered for as long as the client lives, so that no
   * error shows it where a server quotes it.
   */
  readonly token?: (() => string | Promise<string>) | undefined
}

/** An `HttpClient` that keeps no copies and follows no redirects. */
export const layer = ({
  // the key says who asks; a cookie would say it a second time, and needs a server that allows it
  credentials = "omit",
  token,
}: Options = {}): Layer.Layer<HttpClient.HttpClient> =>
  Layer.effectContext(
    Effect.sync(() => {
      const known = token === undefined ? undefined : tokens.make(token)
      const client = Context.make(HttpClient.HttpClient, make(credentials, known))
      return known === undefined ? client : Context.add(client, Secrets, known.given)
    }),
  )

const make = (credentials: RequestCredentials, known: tokens.Tokens | undefined) =>
  HttpClient.make((request, url, signal, fiber) => {
    const failed = (cause: unknown) =>
      new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause }) })
    const progress = Context.get(fiber.context, UploadProgress)
    const { method } = request
    const send = (body: Body, headers: Readonly<Record<string, string>>) =>
      Effect.tryPromise({
        try: () =>
          body !== null && progress !== undefined && xhr.isThere()
            ? xhr.send({ url, method, headers, body, signal, withCredentials: credentials === "include" }, progress)
            : fetch(url, {
                method,
                headers,
                body,
                signal,
                // a status is only true now, and a result is kept by whoever asked for it
                cache: "no-store",
                credentials,
                // a voice and a key go where they were sent, and nowhere else
                redirect: "manual",
              }),
        catch: (error) => failed(error instanceof TypeError ? new Error(reasonOf(url)) : error),
      })
    const sendBy = ({ ask }: tokens.Tokens, body: Body) => {
      const asked = Effect.tryPromise({
        try: ask,
        // nothing has left
        catch: (cause) =>
          new HttpClientError.HttpClientError({ reason: new HttpClientError.EncodeError({ request, cause }) }),
      })
      const sendWith = (token: string) => send(body, { ...request.headers, authorization: `Bearer ${token}` })
      return Effect.gen(function* () {
        const first = yield* asked
        const response = yield* sendWith(first)
        if (response.status !== 401) return response
        // it may have ended on the way
        const second = yield* asked
        if (second === first) return response
        response.body?.cancel().catch(() => {})
        return yield* sendWith(second)
      })
    }
    return Effect.mapError(toBody(request.body), failed).pipe(
      Effect.flatMap((body) => (known === undefined ? send(body, request.headers) : sendBy(known, body))),
      Effect.map((response) => HttpClientResponse.fromWeb(request, plain(response))),
    )
  })

type Body = Blob | FormData | ArrayBufferView<ArrayBuffer> | string | null

const toBody = (body: HttpBody.HttpBody): Effect.Effect<Body, unknown> => {
  switch (body._tag) {
    case "Empty":
      return Effect.succeed(null)
    case "FormData":
      return Effect.succeed(body.formData)
    case "Stream":
      return Effect.map(Stream.runCollect(body.stream), (chunks) => new Blob(chunks as Array<Uint8Array<ArrayBuffer>>))
    default:
      return Effect.succeed(body.body as ArrayBufferView<ArrayBuffer> | string)
  }
}

/** For a browser every failure is `Failed to fetch`, whatever it was. */
const reasonOf = ({ origin }: URL): string => {
  if (!navigator.onLine) return "this device is offline"
  const nothing = "nothing answers there"
  const page = globalThis.location.origin
  return origin === page
    ? nothing
    : `${nothing}, or it does not let pages of ${page} call it (CORS); a browser does not say which`
}

/** The response as any other runtime has it. */
const plain = (response: Response): Response => {
  // a browser hides where a redirect leads, its status included
  if (response.type === "opaqueredirect") {
    return new Response(null, { status: 302, headers: { location: "another address" } })
  }
  // what has no body is empty: Firefox has none for the answer to HEAD
  if (response.body === null && response.status === 200) {
    return new Response(new Uint8Array(), { status: 200, headers: response.headers })
  }
  if (!response.headers.has("content-encoding")) return response
  // it has decoded the body, so that what the head says of the encoded one is no longer true of it
  const headers = new Headers(response.headers)
  headers.delete("content-encoding")
  headers.delete("content-length")
  return new Response(response.body, { status: response.status, headers })
}
