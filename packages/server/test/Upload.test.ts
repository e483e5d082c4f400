import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { once } from "node:events"
import { request } from "node:http"
import { connect } from "node:net"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { Server } from "../src/Server.ts"
import { anna, call, eventually, files, form, holds, sample, serve, temporary, until } from "./TestServer.ts"

const Small = Layer.unwrap(
  Effect.map(temporary, (dataDirectory) => serve({ dataDirectory, limits: { sampleBytes: 100_000, textLength: 50 } })),
)

const fields = (entries: ReadonlyArray<[string, string | Blob]>): FormData => {
  const form = new FormData()
  for (const [name, value] of entries) {
    if (typeof value === "string") form.append(name, value)
    else form.append(name, value, "voice.wav")
  }
  return form
}

const file = (bytes: Uint8Array | string) => new Blob([typeof bytes === "string" ? bytes : new Uint8Array(bytes)])

const refused: ReadonlyArray<readonly [what: string, body: FormData, status: number, detail: string]> = [
  ["no sample", fields([["text", "Hello."]]), 422, "audio_file is missing"],
  [
    "a sample that is a field",
    fields([
      ["text", "Hello."],
      ["audio_file", "x"],
    ]),
    422,
    "audio_file is not a file",
  ],
  ["an empty sample", form("Hello.", new Uint8Array(0)), 422, "The sample is empty: no bytes arrived."],
  [
    "two samples",
    fields([
      ["audio_file", file(sample)],
      ["audio_file", file(sample)],
    ]),
    422,
    "audio_file is given twice",
  ],
  ["no text", form(undefined), 422, "text is missing"],
  ["an empty text", form(""), 422, "text is empty"],
  ["a blank text", form(" \n\t "), 422, "text is empty"],
  [
    "a text that the engine cannot speak",
    form("Привет, мир"),
    422,
    "The text has “Привет” in Cyrillic script; this engine speaks English in Latin script only.",
  ],
  [
    "a text that is a file",
    fields([
      ["text", file("Hello.")],
      ["audio_file", file(sample)],
    ]),
    422,
    "text is a file; send it as a plain field",
  ],
  [
    "two texts",
    fields([
      ["text", "a"],
      ["text", "b"],
      ["audio_file", file(sample)],
    ]),
    422,
    "text is given twice",
  ],
  [
    "a transcript that is a file",
    fields([
      ["text", "Hello."],
      ["transcript", file("Hello.")],
      ["audio_file", file(sample)],
    ]),
    422,
    "transcript is a file; send it as a plain field",
  ],
  [
    "two transcripts",
    fields([
      ["text", "Hello."],
      ["transcript", "a"],
      ["transcript", "b"],
      ["audio_file", file(sample)],
    ]),
    422,
    "transcript is given twice",
  ],
  ["a text with a NUL", form("Hello\0there."), 422, "text has a NUL character: leave it out"],
  [
    "a transcript with a NUL",
    fields([
      ["text", "Hello."],
      ["transcript", "Hello\0there."],
      ["audio_file", file(sample)],
    ]),
    422,
    "transcript has a NUL character: leave it out",
  ],
  ["a long text", form("Hi" + "😀".repeat(49)), 422, "The text is longer than 50 characters"],
  [
    "a text far too long",
    form("x".repeat(10_000)),
    422,
    "The text is longer than 50 characters, or audio_file is sent as a field, without a file name",
  ],
  [
    "a text in another encoding than UTF-8",
    fields([
      ["audio_file", file(sample)],
      ["text", "Gr\ufffd\ufffde."],
    ]),
    422,
    "text has lost characters (U+FFFD) to a wrong encoding: send it as UTF-8",
  ],
  [
    "a large field that is not asked for",
    fields([
      ["text", "Hello."],
      ["language", "x".repeat(10_000)],
    ]),
    413,
    "A field of the form is too large",
  ],
  [
    "a large sample",
    form("Hello.", Buffer.concat([sample, Buffer.alloc(90_000)])),
    413,
    "The voice sample is larger than 0.1 MiB",
  ],
  ["a sample far too large", form("Hello.", Buffer.alloc(5_000_000)), 413, "The voice sample is larger than 0.1 MiB"],
  [
    "a sample that is text",
    form("Hello.", Buffer.from("I am no audio.")),
    415,
    "The sample is text; accepted are wav, mp3, m4a, ogg, flac and webm.",
  ],
]

/** A connection, to say what no client would say. */
const conversation = Effect.fnUntraced(function* (port: number) {
  const socket = yield* Effect.acquireRelease(
    Effect.sync(() => connect(port, "127.0.0.1")),
    (socket) => Effect.sync(() => socket.destroy()),
  )
  let text = ""
  socket.on("data", (bytes) => (text += bytes.toString()))
  socket.on("error", () => {})
  const event = (name: string) => Effect.promise(() => once(socket, name))
  return {
    send: (...pieces: ReadonlyArray<string | Uint8Array>) => pieces.forEach((piece) => socket.write(piece)),
    heard: event("data"),
    ended: event("end"),
    text: () => text,
    answer: () => ({
      status: Number(/^HTTP\/1\.1 (\d+)/u.exec(text)?.[1]),
      connection: /\r\nconnection: (.*)\r\n/iu.exec(text)?.[1],
      json: JSON.parse(text.slice(text.indexOf("\r\n\r\n"))) as unknown,
    }),
  }
})

layer(Small, { excludeTestServices: true })("Upload", (it) => {
  const create = (baseUrl: string) => `${baseUrl}/async-clone/create-task`
  const nothingLeft = Server.use(({ dataDirectory }) =>
    Effect.sync(() => assert.deepStrictEqual(files(dataDirectory, "samples"), [])),
  )

  it.effect.each(refused)("refuses %s and keeps nothing", ([, body, status, detail]) =>
    Effect.gen(function* () {
      const { baseUrl } = yield* Server
      const answer = yield* call(create(baseUrl), { method: "POST", body })
      assert.deepStrictEqual([answer.status, answer.json], [status, { detail }])
      yield* nothingLeft
    }),
  )

  it.effect("takes a text of just the length, counted in characters", () =>
    Effect.gen(function* () {
      const { baseUrl } = yield* Server
      const answer = yield* call(create(baseUrl), { method: "POST", body: form("𝐚𝐛".repeat(25)) })
      assert.strictEqual(answer.status, 200)
      yield* until(baseUrl, answer.json.task_id, "completed")
      yield* Server.use(({ dataDirectory }) => holds(dataDirectory, "samples"))
    }),
  )

  it.effect("answers a client without a key that sends its whole body before it listens", () =>
    Effect.gen(function* () {
      const { baseUrl } = yield* Server
      const body = form("Hello.", Buffer.alloc(8_000_000))
      const answer = yield* call(create(baseUrl), { method: "POST", body, key: "wrong" })
      assert.strictEqual(answer.status, 401)
    }),
  )

  it.effect("refuses at once what says that it is too large, and is heard by those who send all the same", () =>
    Effect.gen(function* () {
      const { port } = yield* Server
      const head = (length: number, ...more: ReadonlyArray<string>) =>
        [
          "POST /api/async-clone/create-task HTTP/1.1",
          "Host: a",
          `Content-Length: ${length}`,
          `Authorization: Bearer ${anna}`,
          "Content-Type: multipart/form-data; boundary=x",
          ...more,
          "",
          "",
        ].join("\r\n")
      const tooLarge = { detail: "The voice sample is larger than 0.1 MiB" }

      // not even asked for its body
      const asking = yield* conversation(port)
      asking.send(head(10_000_000_000, "Expect: 100-continue"))
      yield* asking.ended
      assert.deepStrictEqual(asking.answer(), { status: 413, connection: "close", json: tooLarge })

      // answered before its body has come, and read on until it has
      const sending = yield* conversation(port)
      const body = Buffer.alloc(30_000_000)
      sending.send(head(body.length), body.subarray(0, 1000))
      yield* sending.heard
      assert.deepStrictEqual(sending.answer(), { status: 413, connection: "keep-alive", json: tooLarge })
      sending.send(body.subarray(1000), head(5, "Expect: nonsense"))
      yield* sending.ended
      assert.match(sending.text(), /\}HTTP\/1\.1 417 [^]*\r\n\r\n\{"detail":"Expectation Failed"\}$/u)

      // what may be of the right size is asked for
      const small = yield* conversation(port)
      small.send(head(1000, "Expect: 100-continue"))
      yield* small.heard
      assert.strictEqual(small.text(), "HTTP/1.1 100 Continue\r\n\r\n")
    }).pipe(Effect.scoped),
  )

  it.effect("keeps nothing of a form whose task the database refuses", () =>
    Effect.gen(function* () {
      const { baseUrl, dataDirectory } = yield* Server
      const database = new DatabaseSync(join(dataDirectory, "tasks.sqlite"))
      database.exec(`create trigger refuse before insert on tasks when new.text = 'refused'
        begin select raise(abort, 'refused'); end`)
      database.close()
      const answer = yield* call(create(baseUrl), { method: "POST", body: form("refused") })
      // sure that there is no task, so that a client may repeat it
      assert.deepStrictEqual([answer.status, answer.headers["retry-after"]], [503, "5"])
      yield* nothingLeft
    }),
  )

  it.effect("keeps nothing of a form that is cut off, or whose client goes away", () =>
    Effect.gen(function* () {
      const { baseUrl } = yield* Server
      const encoded = new Response(form("Hello."))
      const whole = Buffer.from(yield* Effect.promise(() => encoded.arrayBuffer()))
      const half = whole.subarray(0, whole.length / 2)
      const headers = {
        authorization: `Bearer ${anna}`,
        "content-type": encoded.headers.get("content-type") ?? "",
      }
      const cut = yield* call(create(baseUrl), { method: "POST", headers, body: half })
      assert.deepStrictEqual([cut.status, cut.json], [422, { detail: "The form is not valid multipart/form-data" }])
      yield* nothingLeft

      const { dataDirectory } = yield* Server
      const upload = request(create(baseUrl), {
        method: "POST",
        headers: { ...headers, "content-length": String(whole.length) },
      })
      upload.on("error", () => {})
      upload.write(half)
      yield* eventually(
        "the upload to begin",
        Effect.sync(() => files(dataDirectory, "samples").length === 1),
      )
      upload.destroy()
      yield* holds(dataDirectory, "samples")
    }),
  )
})
