/**
 * What leaves a client: all that was asked for, and nothing else.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Stream from "effect/Stream"
import { ensure } from "../../Conformance.ts"
import { bodyStream, type HttpCase, isTyped, isWhole } from "./HttpCase.ts"
import { bodyOf } from "./script.ts"

const type = "application/octet-stream"

export const requests: ReadonlyArray<HttpCase> = [
  {
    name: "sends the fields that it is given, whatever their spelling",
    check: Effect.fnUntraced(function* ({ client, exchange, lacks }) {
      const fields = {
        Authorization: "Bearer sk-0123/+=",
        Range: "bytes=5-",
        "If-Range": '"strong"',
        "Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324",
        Prefer: "wait=30",
        "X-MIXED-case": "of any kind; with=parameters, and more",
        ...(lacks.includes("accept-encoding") ? {} : { "Accept-Encoding": "identity" }),
      }
      const { seen, url } = exchange()
      yield* client.execute(HttpClientRequest.get(url, { headers: fields }))
      const { headers, method } = yield* seen()
      yield* ensure(method === "GET", `the method is ${method}`)
      for (const [name, value] of Object.entries(fields)) {
        const came = headers[name.toLowerCase()]
        yield* ensure(came === value, `${name} came as ${came}`)
      }
    }),
  },
  {
    name: "sends a large field",
    check: Effect.fnUntraced(function* ({ client, exchange }) {
      const large = "k".repeat(10_000)
      const { seen, url } = exchange()
      yield* client.execute(HttpClientRequest.get(url, { headers: { authorization: large } }))
      const { headers } = yield* seen()
      yield* ensure(headers["authorization"] === large, `${headers["authorization"]?.length} characters came`)
    }),
  },
  {
    name: "adds no tracing headers",
    check: Effect.fnUntraced(function* ({ client, exchange }) {
      const { seen, url } = exchange()
      yield* client.execute(HttpClientRequest.get(url))
      const { headers } = yield* seen()
      const tracing = Object.keys(headers).filter((name) => /^(traceparent|tracestate|baggage|b3|x-b3-.*)$/.test(name))
      yield* ensure(tracing.length === 0, `it adds ${tracing.join()}`)
    }),
  },
  {
    name: "keeps no cookies",
    check: Effect.fnUntraced(function* ({ client, exchange, get }) {
      yield* isWhole(yield* get({ headers: { "set-cookie": "session=1; Path=/" } }), 0)
      const { seen, url } = exchange()
      yield* client.execute(HttpClientRequest.get(url))
      const { headers } = yield* seen()
      yield* ensure(headers["cookie"] === undefined, `it sends ${headers["cookie"]}`)
    }),
  },
  {
    name: "sends a body of bytes",
    check: Effect.fnUntraced(function* ({ client, exchange }) {
      const { seen, url } = exchange()
      const request = HttpClientRequest.post(url).pipe(HttpClientRequest.bodyUint8Array(bodyOf(70_000), type))
      yield* client.execute(request)
      const { headers, isRight, method, receivedBytes } = yield* seen()
      yield* ensure(method === "POST", `the method is ${method}`)
      yield* ensure(receivedBytes === 70_000 && isRight, `${receivedBytes} bytes came, or other ones`)
      yield* ensure(headers["content-type"] === type, `its type is ${headers["content-type"]}`)
      yield* ensure(headers["content-length"] === "70000", `its length is ${headers["content-length"]}`)
    }),
  },
  {
    name: "sends a stream as it comes, with the length that was announced",
    check: Effect.fnUntraced(function* ({ client, exchange }) {
      const { seen, url } = exchange()
      const body = HttpBody.stream(bodyStream(300_000, 1, 7, 100_000, 65_536), type, 300_000)
      yield* client.execute(HttpClientRequest.post(url).pipe(HttpClientRequest.setBody(body)))
      const { headers, isRight, receivedBytes } = yield* seen()
      yield* ensure(receivedBytes === 300_000, `${receivedBytes} bytes came`)
      yield* ensure(isRight, "other bytes came, or in another order")
      yield* ensure(headers["content-length"] === "300000", `its length is ${headers["content-length"]}`)
      yield* ensure(headers["transfer-encoding"] === undefined, `it is ${headers["transfer-encoding"]}`)
      yield* ensure(headers["content-type"] === type, `its type is ${headers["content-type"]}`)
    }),
  },
  {
    name: "sends a form with a file",
    check: Effect.fnUntraced(function* ({ client, exchange }) {
      const form = new FormData()
      form.append("text", "Hello, “world”!\r\n--")
      form.append("audio_file", new File([bodyOf(70_000)], 'a "voice".wav', { type: "audio/wav" }))
      const { seen, url } = exchange()
      yield* client.execute(HttpClientRequest.post(url).pipe(HttpClientRequest.bodyFormData(form)))
      const came = (yield* seen()).form
      yield* ensure(came?.["text"] === "Hello, “world”!\r\n--", `the text came as ${came?.["text"]}`)
      const file = came?.["audio_file"]
      yield* ensure(file === 'a "voice".wav audio/wav 70000', `the file came as ${file}`)
    }),
  },
  {
    name: "takes a stream no faster than the server takes the body",
    needs: "streamed uploads",
    check: Effect.fnUntraced(function* ({ client, exchange, unreadBytes }) {
      let takenBytes = 0
      const chunk = bodyOf(65_536)
      const total = Math.ceil((2 * unreadBytes) / chunk.byteLength) * chunk.byteLength
      const stream = Stream.range(1, total / chunk.byteLength).pipe(
        Stream.rechunk(1),
        Stream.map(() => {
          takenBytes += chunk.byteLength
          return chunk
        }),
      )
      const { release, seen, url } = exchange({ takesBytes: 100_000 })
      const request = HttpClientRequest.post(url).pipe(HttpClientRequest.setBody(HttpBody.stream(stream, type, total)))
      const sending = yield* Effect.forkScoped(client.execute(request))
      yield* seen("still")
      yield* ensure(takenBytes <= unreadBytes, `it took ${takenBytes} bytes, and the server next to none`)
      yield* release
      yield* Fiber.join(sending)
      const { receivedBytes } = yield* seen("ended")
      yield* ensure(receivedBytes === total, `${receivedBytes} bytes of ${total} came in the end`)
    }),
  },
  {
    name: "sends no whole request where its body breaks",
    check: Effect.fnUntraced(function* ({ client, exchange }) {
      const { log, url } = exchange()
      const stream = Stream.concat(bodyStream(100_000, 50_000), Stream.fail(new Error("the disk is gone")))
      const request = HttpClientRequest.post(url).pipe(
        HttpClientRequest.setBody(HttpBody.stream(stream, type, 200_000)),
      )
      yield* isTyped("sending it", yield* Effect.exit(Effect.scoped(client.execute(request))))
      const { requests } = yield* log()
      yield* ensure(!requests.some(({ isWhole }) => isWhole), "the server takes it for whole")
    }),
  },
  {
    name: "sends a POST once, though its connection dies of it",
    needs: "single sends",
    check: Effect.fnUntraced(function* ({ client, exchange, get }) {
      // a connection that has served before is one that clients are tempted to blame
      for (const _ of [1, 2]) yield* isWhole(yield* get({ bytes: 10 }), 10)
      const { log, url } = exchange({ breakOff: { how: "reset", at: "head" } })
      const request = HttpClientRequest.post(url).pipe(HttpClientRequest.bodyUint8Array(bodyOf(1000), type))
      yield* isTyped("sending it", yield* Effect.exit(Effect.scoped(client.execute(request))))
      const { requests } = yield* log("still")
      yield* ensure(requests.length === 1, `it was sent ${requests.length} times`)
    }),
  },
]
