/**
 * What servers, proxies and networks were seen to do, by name: each one a scenario to play.
 */
import type { Scenario } from "./FakeApi.ts"
import * as Fault from "./Fault.ts"
import { gzip } from "./internal/gzip.ts"
import * as Reply from "./Reply.ts"
import * as WavFile from "./WavFile.ts"

export interface NamedFault {
  /** What happens, in one sentence. */
  readonly about: string
  /** Which part of a job it is about: a download that is broken off and goes on, the body of a result, or any call. */
  readonly room: "resuming" | "body" | "api"
  /** The scenario, made from the right result. */
  readonly scenario: (speech: Uint8Array<ArrayBuffer>) => Scenario
}

type Speech = Uint8Array<ArrayBuffer>

const resuming = (about: string, scenario: NamedFault["scenario"]): NamedFault => ({
  about,
  room: "resuming",
  scenario,
})
const body = (about: string, scenario: NamedFault["scenario"]): NamedFault => ({ about, room: "body", scenario })
const api = (about: string, scenario: NamedFault["scenario"]): NamedFault => ({ about, room: "api", scenario })

/** The first answer breaks off in the middle. */
const halved = (speech: Speech) => Fault.on("result", 1, Fault.cutShort(half(speech)))
const half = (speech: Speech) => Math.floor(speech.byteLength / 2)

/** The first answer breaks off in the middle, and every part after it goes wrong so. */
const halvedThen = (speech: Speech, misbehaviour: Fault.Misbehaviour) => [
  halved(speech),
  Fault.on("result", "every", Fault.onParts(misbehaviour)),
]

const contentRange = (change: (first: number, last: number, total: number) => string): Fault.Misbehaviour => ({
  answer: (right) => {
    const [, first, last, total] = /(\d+)-(\d+)\/(\d+)/.exec(right.headers["content-range"] ?? "") ?? []
    const field = change(Number(first), Number(last), Number(total))
    return { ...right, headers: { ...right.headers, "content-range": `bytes ${field}` } }
  },
})

const encoded: Fault.Misbehaviour = {
  answer: (right) => ({ ...right, headers: { ...right.headers, "content-encoding": "gzip" }, body: gzip(right.body) }),
}

/** The same length and the same beginning, and yet another speech: a part of it fits no part of the first. */
const otherVersion = (speech: Speech): Speech => speech.map((byte, index) => (index < 44 ? byte : byte ^ 0x55))

const longerVersion = (speech: Speech): Speech =>
  WavFile.make({ data: new Uint8Array([...otherVersion(speech).subarray(44), ...new Uint8Array(1000)]) })

const withSizes = (speech: Speech, sizes: "zero" | "largest") => WavFile.make({ data: speech.subarray(44), sizes })

/** The whole result instead of a part, as if it were one. */
const wholeAsPart = (speech: Speech): Fault.Misbehaviour => ({ answer: (right) => ({ ...right, body: speech }) })

const everyCall = (misbehaviour: Fault.Misbehaviour): ReadonlyArray<Fault.Fault> =>
  (["create", "status", "result"] as const).map((call) => Fault.on(call, "every", misbehaviour))

const refused = (status: number, about: string) =>
  api(about, () => ({ faults: everyCall(Fault.answer(status)), lifecycle: ["completed"] }))

const retryAfter = (about: string, field: () => string) =>
  api(`The first status answer is 429 with Retry-After ${about}.`, () => ({
    faults: [Fault.on("status", 1, Fault.answer(429, { headers: { "retry-after": field() } }))],
  }))

const wav = { "content-type": "audio/wav" }

/** Every fault. */
export const named = {
  "reset-halfway": resuming("A reset in the middle; a strong entity tag, and ranges are honoured.", (speech) => ({
    serving: { etag: "strong" },
    faults: [Fault.on("result", 1, Fault.reset({ afterSent: half(speech) }))],
  })),
  "etag-strong": resuming("Cut short; a strong entity tag, and ranges are honoured.", (speech) => ({
    serving: { etag: "strong" },
    faults: [halved(speech)],
  })),
  "etag-weak": resuming("Cut short; a weak entity tag, which says nothing of bytes.", (speech) => ({
    serving: { etag: "weak" },
    faults: [halved(speech)],
  })),
  "etag-absent": resuming("Cut short; no validator at all.", (speech) => ({ faults: [halved(speech)] })),
  "last-modified-alone": resuming("Cut short; no validator but a date.", (speech) => ({
    serving: { lastModified: true },
    faults: [halved(speech)],
  })),
  "repr-digest": resuming("Cut short; the digest of the whole on every answer.", (speech) => ({
    serving: { etag: "strong", reprDigest: "right" },
    faults: [halved(speech)],
  })),
  "range-ignored": resuming("Cut short; ranges are answered with the whole (200).", (speech) => ({
    serving: { etag: "strong", ranges: "ignored" },
    faults: [halved(speech)],
  })),
  "206-from-zero": resuming("Cut short; a range is answered with the whole as a part that starts at 0.", (speech) => ({
    faults: halvedThen(speech, {
      answer: (right) => ({
        ...right,
        headers: { ...right.headers, "content-range": `bytes 0-${speech.byteLength - 1}/${speech.byteLength}` },
        body: speech,
      }),
    }),
  })),
  "206-without-content-range": resuming("Cut short; the part doesn't say which one it is.", (speech) => ({
    faults: halvedThen(speech, Fault.without("content-range")),
  })),
  "206-multipart": resuming("Cut short; the part comes as multipart/byteranges.", (speech) => ({
    serving: { etag: "strong" },
    faults: halvedThen(speech, {
      answer: (right) => {
        const { "content-range": range, ...headers } = right.headers
        const head = `--part\r\ncontent-type: audio/wav\r\ncontent-range: ${range}\r\n\r\n`
        const utf8 = new TextEncoder()
        const body = new Uint8Array([...utf8.encode(head), ...right.body, ...utf8.encode("\r\n--part--\r\n")])
        return { ...right, headers: { ...headers, "content-type": "multipart/byteranges; boundary=part" }, body }
      },
    }),
  })),
  "206-short": resuming("Cut short; parts have 20,000 bytes at most.", (speech) => ({
    serving: { etag: "strong", partBytes: 20_000 },
    faults: [halved(speech)],
  })),
  "206-short-without-etag": resuming("Cut short; parts have 1,000 bytes at most, and no validator.", (speech) => ({
    serving: { partBytes: 1000 },
    faults: [halved(speech)],
  })),
  "206-total-unknown": resuming("Cut short; the part doesn't know the size of the whole.", (speech) => ({
    serving: { etag: "strong" },
    faults: halvedThen(
      speech,
      contentRange((first, last) => `${first}-${last}/*`),
    ),
  })),
  "206-of-another-place": resuming("Cut short; the part begins elsewhere than was asked.", (speech) => ({
    serving: { etag: "strong" },
    faults: halvedThen(speech, {
      answer: (right) => {
        const start = speech.byteLength - right.body.byteLength + 1000
        const field = `bytes ${start}-${speech.byteLength - 1}/${speech.byteLength}`
        return {
          ...right,
          headers: { ...right.headers, "content-range": field },
          body: speech.subarray(start),
        }
      },
    }),
  })),
  "206-with-the-whole": resuming("Cut short; the part is described right, and the whole is sent.", (speech) => ({
    serving: { etag: "strong" },
    faults: halvedThen(speech, wholeAsPart(speech)),
  })),
  "206-encoded": resuming("Cut short; the part comes as gzip.", (speech) => ({
    serving: { etag: "strong" },
    faults: halvedThen(speech, encoded),
  })),
  "206-total-lies": resuming("Cut short; the part claims another size of the whole.", (speech) => ({
    serving: { etag: "strong" },
    faults: halvedThen(
      speech,
      contentRange((first, last, total) => `${first}-${last}/${total + 1}`),
    ),
  })),
  "206-nonsense": resuming("Cut short; the part's Content-Range contradicts itself.", (speech) => ({
    serving: { etag: "strong" },
    faults: halvedThen(
      speech,
      contentRange((first, last, total) => `${last}-${first}/${total}`),
    ),
  })),
  "416-with-content-range": resuming(
    "All bytes came, but not the last chunk: what is left is nothing (416).",
    (speech) => ({
      serving: { etag: "strong" },
      faults: [Fault.on("result", 1, Fault.cutShort(speech.byteLength, "chunked"))],
    }),
  ),
  "416-without-content-range": resuming("The same, and the 416 doesn't say how large the whole is.", (speech) => ({
    serving: { etag: "strong" },
    faults: [
      Fault.on("result", 1, Fault.cutShort(speech.byteLength, "chunked")),
      Fault.on("result", 2, Fault.without("content-range")),
    ],
  })),
  "416-though-more-is-left": resuming("Cut short; every range is refused with 416.", (speech) => ({
    serving: { etag: "strong" },
    faults: halvedThen(speech, { answer: () => Reply.error(416) }),
  })),
  "etag-changes": resuming("Cut short; the result is another one afterwards, and If-Range is honoured.", (speech) => ({
    serving: { etag: "strong" },
    speech: [otherVersion(speech), speech],
    faults: [halved(speech)],
  })),
  "etag-changes-if-range-ignored": resuming("The same, and If-Range is ignored.", (speech) => ({
    serving: { etag: "strong", ifRange: "ignored" },
    speech: [otherVersion(speech), speech],
    faults: [halved(speech)],
  })),
  "total-changes": resuming("Cut short; the result is shorter afterwards, and nothing but that tells.", (speech) => ({
    speech: [longerVersion(speech), speech],
    faults: [halved(speech)],
  })),
  "changes-silently": resuming(
    "Cut short; the result is another one of the same size, without validators.",
    (speech) => ({
      speech: [otherVersion(speech), speech],
      faults: [halved(speech)],
    }),
  ),
  "ten-resets": resuming("Ten resets in a row, each after some bytes.", (speech) => ({
    serving: { etag: "strong" },
    faults: [
      Fault.on(
        "result",
        Array.from({ length: 10 }, (_, i) => i + 1),
        Fault.reset({ afterSent: Math.floor(speech.byteLength / 12) }),
      ),
    ],
  })),

  "short-body": body("Content-Length is right, and the connection is closed early.", (speech) => ({
    faults: [halved(speech)],
  })),
  "content-length-too-large": body("Content-Length promises more than there is, once.", () => ({
    faults: [Fault.on("result", 1, Fault.contentLengthOff(1000))],
  })),
  "content-length-too-small": body("Content-Length ends the body too early, once.", () => ({
    faults: [Fault.on("result", 1, Fault.contentLengthOff(-1000))],
  })),
  "content-length-always-too-small": body("Content-Length ends the body too early, every time.", () => ({
    faults: [Fault.on("result", "every", Fault.contentLengthOff(-1000))],
  })),
  "chunked-without-end": body("Chunks, and the last one never comes.", (speech) => ({
    faults: [Fault.on("result", 1, Fault.cutShort(half(speech), "chunked"))],
  })),
  "close-delimited": body("Only the close tells the body's end.", () => ({
    faults: [Fault.on("result", "every", Fault.framing("close"))],
  })),
  "close-delimited-cut-short": body("Only the close tells the body's end, and it comes too early.", (speech) => ({
    faults: [Fault.on("result", 1, Fault.cutShort(half(speech), "close"))],
  })),
  gzip: body("The body comes as gzip, though identity was asked for.", () => ({
    faults: [Fault.on("result", "every", encoded)],
  })),
  "extra-bytes": body("More bytes come than Content-Length announces.", () => ({
    faults: [
      Fault.on("result", 1, {
        answer: (right) => ({
          ...right,
          contentLength: right.body.byteLength,
          body: new Uint8Array([...right.body, 1, 2, 3]),
        }),
      }),
    ],
  })),
  "extra-bytes-announced": body("The body is longer than the WAV file in it.", () => ({
    faults: [
      Fault.on("result", "every", {
        answer: (right) => ({ ...right, body: new Uint8Array([...right.body, 1, 2, 3]) }),
      }),
    ],
  })),
  "empty-200": body("200 with nothing in it.", () => ({
    faults: [Fault.on("result", "every", Fault.answer(200, { headers: wav, body: "" }))],
  })),
  "empty-200-chunked": body("200 with nothing in it, once, and without Content-Length.", () => ({
    faults: [Fault.on("result", 1, Fault.cutShort(0, "close"))],
  })),
  "html-200": body("A sign-in page with status 200.", () => ({ faults: [Fault.on("result", "every", Fault.html())] })),
  "json-200": body("JSON with status 200.", () => ({
    faults: [
      Fault.on(
        "result",
        "every",
        Fault.answer(200, { headers: { "content-type": "application/json" }, body: '{"detail":"queued"}' }),
      ),
    ],
  })),
  "riff-size-0": body("A streamed WAV: its header says 0, and Content-Length proves the end.", (speech) => ({
    speech: withSizes(speech, "zero"),
  })),
  "riff-size-largest": body(
    "A streamed WAV: its header says 0xFFFFFFFF, and Content-Length proves the end.",
    (speech) => ({
      speech: withSizes(speech, "largest"),
    }),
  ),
  "riff-size-0-unproven": body("A streamed WAV whose end nothing proves.", (speech) => ({
    speech: withSizes(speech, "zero"),
    faults: [Fault.on("result", "every", Fault.framing("close"))],
  })),
  "repr-digest-wrong": body("The digest is that of something else.", () => ({ serving: { reprDigest: "wrong" } })),
  "stalled-head": body("No answer comes, once.", () => ({ faults: [Fault.on("result", 1, Fault.stall())] })),
  "stalled-body": body("The body stops in the middle, once, and the connection stays open.", (speech) => ({
    serving: { etag: "strong" },
    faults: [Fault.on("result", 1, Fault.stall({ afterSent: half(speech) }))],
  })),
  "closed-while-held-back": body("A large body is closed early, while its reader is busy.", () => {
    const speech = WavFile.tone({ seconds: 60 })
    return { speech, serving: { etag: "strong" }, faults: [Fault.on("result", 1, Fault.cutShort(half(speech)))] }
  }),

  "401": refused(401, "The key is not accepted."),
  "403": refused(403, "The task belongs to someone else."),
  "404": refused(404, "There is no such task."),
  "410": refused(410, "The result has expired."),
  "422": refused(422, "The request is refused."),
  "409": api("The result is not ready, though the status says so, twice.", () => ({
    lifecycle: ["completed"],
    faults: [Fault.on("result", [1, 2], Fault.answer(409))],
  })),
  "404-after-create": api("The server doesn't know the task at first.", () => ({
    faults: [Fault.on("status", [1, 2], Fault.answer(404))],
  })),
  "retry-after-seconds": retryAfter("in seconds", () => "2"),
  "retry-after-date": retryAfter("as a date", () => new Date(Date.now() + 2000).toUTCString()),
  "retry-after-past": retryAfter("in the past", () => "Thu, 01 Jan 1970 00:00:00 GMT"),
  "retry-after-negative": retryAfter("below zero", () => "-5"),
  "retry-after-fraction": retryAfter("as a fraction", () => "1.5"),
  "retry-after-garbage": retryAfter("that is neither number nor date", () => "soon"),
  "retry-after-centuries": retryAfter("in centuries", () => "9999999999"),
  "create-broken-off": api("The upload is reset before its end.", () => ({
    faults: [Fault.on("create", 1, Fault.reset({ afterReceived: 200 }))],
  })),
  "create-unanswered": api("The task is created, and the answer lost.", () => ({
    faults: [Fault.on("create", 1, Fault.reset())],
  })),
  "create-unanswered-documented": api("The same, at a server whose description has Idempotency-Key.", () => ({
    idempotencyKeys: "documented",
    faults: [Fault.on("create", 1, Fault.reset())],
  })),
  "create-unanswered-then-down": api("The same, and then the server is down for good.", () => ({
    idempotencyKeys: "documented",
    faults: [
      Fault.on("create", 1, Fault.reset()),
      Fault.on("create", [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], Fault.answer(503)),
    ],
  })),
  "create-bad-gateway": api("The task is created, and a proxy answers 502.", () => ({
    faults: [Fault.on("create", 1, { answer: () => Reply.error(502, "Bad Gateway") })],
  })),
  "openapi-stalled": api("The answer to create is lost, and the server's description never ends.", () => ({
    idempotencyKeys: "documented",
    faults: [Fault.on("create", 1, Fault.reset()), Fault.on("openapi", "every", Fault.stall({ afterSent: 10 }))],
  })),
  "held-answers": api("Status answers are held for 3 seconds (Prefer: wait).", () => ({ holds: "3 seconds" })),
  "status-bad-json": api("Half a JSON text as status, twice.", () => ({
    faults: [Fault.on("status", [1, 2], Fault.answer(200, { body: '{"status":"comple' }))],
  })),
  "status-html": api("A web page as status, twice.", () => ({ faults: [Fault.on("status", [1, 2], Fault.html())] })),
  "status-missing": api("JSON without a status, twice.", () => ({
    faults: [Fault.on("status", [1, 2], Fault.answer(200, { body: "{}" }))],
  })),
  "status-never-one": api("JSON without a status, every time.", () => ({
    faults: [Fault.on("status", "every", Fault.answer(200, { body: "{}" }))],
  })),
  "status-unknown": api("A status that no one knows, for a while.", () => ({
    lifecycle: ["queued", "warming_up", "completed"],
  })),
  "redirect-elsewhere": api(
    "Every call is redirected to another origin: the same port, by the name localhost.",
    () => ({
      faults: everyCall({
        answer: (_, { headers, path }) => {
          const port = /:(\d+)$/.exec(headers["host"] ?? "")?.[0] ?? ""
          return Reply.make(307, { location: `http://localhost${port}${path}` }, "")
        },
      }),
    }),
  ),
  "storm-of-5xx": api(
    "Each call is answered 503, 500, 502 and 504 first; a create only 503, with Retry-After.",
    () => ({
      faults: [
        Fault.on("create", [1, 2], Fault.answer(503, { headers: { "retry-after": "1" } })),
        ...([503, 500, 502, 504] as const).flatMap((status, i) => [
          Fault.on("status", i + 1, Fault.answer(status, { body: "<html></html>" })),
          Fault.on("result", i + 1, Fault.answer(status, { body: "" })),
        ]),
      ],
    }),
  ),
} satisfies Record<string, NamedFault>

export type Name = keyof typeof named

/** The name of every fault, or of those of one room. */
export const names = (room?: NamedFault["room"]): ReadonlyArray<Name> =>
  (Object.keys(named) as Array<Name>).filter((name) => room === undefined || named[name].room === room)

/**
 * A scenario in which the fault happens. What else is given is kept; the faults add up.
 *
 * @example
 * const api = FakeApi.make(NamedFault.scenario("206-from-zero", { lifecycle: ["completed"] }))
 */
export const scenario = (
  name: Name,
  { speech = WavFile.tone(), faults = [], ...rest }: Omit<Scenario, "speech"> & { readonly speech?: Speech } = {},
): Scenario => {
  const one = named[name].scenario(speech)
  return { speech, ...rest, ...one, faults: [...(one.faults ?? []), ...faults] }
}
