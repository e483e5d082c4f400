/**
 * A download that is broken off, and how it is answered when it goes on.
 */
import * as Fault from "../../Fault.ts"
import * as Reply from "../../Reply.ts"
import * as WavFile from "../../WavFile.ts"
import { encoded, fault, half, halved, type Speech } from "./fault.ts"

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

/** The same length and the same beginning, and yet another speech: a part of it fits no part of the first. */
const otherVersion = (speech: Speech): Speech => speech.map((byte, index) => (index < 44 ? byte : byte ^ 0x55))

const longerVersion = (speech: Speech): Speech =>
  WavFile.make({ data: new Uint8Array([...otherVersion(speech).subarray(44), ...new Uint8Array(1000)]) })

/** The whole result instead of a part, as if it were one. */
const wholeAsPart = (speech: Speech): Fault.Misbehaviour => ({ answer: (right) => ({ ...right, body: speech }) })

export const resuming = {
  "reset-halfway": fault("A reset in the middle; a strong entity tag, and ranges are honoured.", (speech) => ({
    serving: { etag: "strong" },
    faults: [Fault.on("result", 1, Fault.reset({ afterSent: half(speech) }))],
  })),
  "etag-strong": fault("Cut short; a strong entity tag, and ranges are honoured.", (speech) => ({
    serving: { etag: "strong" },
    faults: [halved(speech)],
  })),
  "etag-weak": fault("Cut short; a weak entity tag, which says nothing of bytes.", (speech) => ({
    serving: { etag: "weak" },
    faults: [halved(speech)],
  })),
  "etag-absent": fault("Cut short; no validator at all.", (speech) => ({ faults: [halved(speech)] })),
  "etag-unquoted": fault("Cut short; an entity tag without its quotes, which is none.", (speech) => ({
    faults: [halved(speech), Fault.on("result", "every", Fault.headers({ etag: "abc" }))],
  })),
  "last-modified-alone": fault("Cut short; no validator but a date.", (speech) => ({
    serving: { lastModified: true },
    faults: [halved(speech)],
  })),
  "repr-digest": fault("Cut short; the digest of the whole on every answer.", (speech) => ({
    serving: { etag: "strong", reprDigest: "right" },
    faults: [halved(speech)],
  })),
  "range-ignored": fault("Cut short; ranges are answered with the whole (200).", (speech) => ({
    serving: { etag: "strong", ranges: "ignored" },
    faults: [halved(speech)],
  })),
  "206-from-zero": fault("Cut short; a range is answered with the whole as a part that starts at 0.", (speech) => ({
    faults: halvedThen(speech, {
      answer: (right) => ({
        ...right,
        headers: { ...right.headers, "content-range": `bytes 0-${speech.byteLength - 1}/${speech.byteLength}` },
        body: speech,
      }),
    }),
  })),
  "206-without-content-range": fault("Cut short; the part doesn't say which one it is.", (speech) => ({
    faults: halvedThen(speech, Fault.without("content-range")),
  })),
  "206-multipart": fault("Cut short; the part comes as multipart/byteranges.", (speech) => ({
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
  "206-short": fault("Cut short; parts have 20,000 bytes at most.", (speech) => ({
    serving: { etag: "strong", partBytes: 20_000 },
    faults: [halved(speech)],
  })),
  "206-short-without-etag": fault("Cut short; parts have 1,000 bytes at most, and no validator.", (speech) => ({
    serving: { partBytes: 1000 },
    faults: [halved(speech)],
  })),
  "206-total-unknown": fault("Cut short; the part doesn't know the size of the whole.", (speech) => ({
    serving: { etag: "strong" },
    faults: halvedThen(
      speech,
      contentRange((first, last) => `${first}-${last}/*`),
    ),
  })),
  "206-short-total-unknown": fault(
    "A streamed WAV, cut short before its size was said; parts have 60,000 bytes at most, and don't know it either.",
    (speech) => ({
      speech: WavFile.make({ data: speech.subarray(44), sizes: "zero" }),
      serving: { etag: "strong", partBytes: 60_000 },
      faults: [
        Fault.on("result", 1, Fault.cutShort(half(speech), "chunked")),
        Fault.on("result", "every", Fault.onParts(contentRange((first, last) => `${first}-${last}/*`))),
      ],
    }),
  ),
  "206-of-another-place": fault("Cut short; the part begins elsewhere than was asked.", (speech) => ({
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
  "206-with-the-whole": fault("Cut short; the part is described right, and the whole is sent.", (speech) => ({
    serving: { etag: "strong" },
    faults: halvedThen(speech, wholeAsPart(speech)),
  })),
  "206-with-more": fault(
    "Cut short; the part comes chunked, with more bytes after those that it describes.",
    (speech) => ({
      serving: { etag: "strong" },
      faults: halvedThen(speech, {
        answer: (right) => ({
          ...right,
          framing: "chunked",
          body: new Uint8Array([...right.body, ...new Uint8Array(1000).fill(7)]),
        }),
      }),
    }),
  ),
  "206-encoded": fault("Cut short; the part comes as gzip.", (speech) => ({
    serving: { etag: "strong" },
    faults: halvedThen(speech, encoded),
  })),
  "206-total-lies": fault("Cut short; the part claims another size of the whole.", (speech) => ({
    serving: { etag: "strong" },
    faults: halvedThen(
      speech,
      contentRange((first, last, total) => `${first}-${last}/${total + 1}`),
    ),
  })),
  "206-of-endless-numbers": fault(
    "Cut short; the part's Content-Range has numbers that no double can hold.",
    (speech) => ({
      serving: { etag: "strong" },
      faults: halvedThen(
        speech,
        contentRange((first) => `${first}-9007199254740993/9007199254740994`),
      ),
    }),
  ),
  "206-nonsense": fault("Cut short; the part's Content-Range contradicts itself.", (speech) => ({
    serving: { etag: "strong" },
    faults: halvedThen(
      speech,
      contentRange((first, last, total) => `${last}-${first}/${total}`),
    ),
  })),
  "416-with-content-range": fault(
    "All bytes came, but not the last chunk: what is left is nothing (416).",
    (speech) => ({
      serving: { etag: "strong" },
      faults: [Fault.on("result", 1, Fault.cutShort(speech.byteLength, "chunked"))],
    }),
  ),
  "416-without-content-range": fault("The same, and the 416 doesn't say how large the whole is.", (speech) => ({
    serving: { etag: "strong" },
    faults: [
      Fault.on("result", 1, Fault.cutShort(speech.byteLength, "chunked")),
      Fault.on("result", 2, Fault.without("content-range")),
    ],
  })),
  "416-though-more-is-left": fault("Cut short; every range is refused with 416.", (speech) => ({
    serving: { etag: "strong" },
    faults: halvedThen(speech, { answer: () => Reply.error(416) }),
  })),
  "etag-changes": fault("Cut short; the result is another one afterwards, and If-Range is honoured.", (speech) => ({
    serving: { etag: "strong" },
    speech: [otherVersion(speech), speech],
    faults: [halved(speech)],
  })),
  "etag-changes-if-range-ignored": fault("The same, and If-Range is ignored.", (speech) => ({
    serving: { etag: "strong", ifRange: "ignored" },
    speech: [otherVersion(speech), speech],
    faults: [halved(speech)],
  })),
  "etag-changes-and-is-withheld": fault("The same, and a part doesn't say which entity tag it is of.", (speech) => ({
    serving: { etag: "strong", ifRange: "ignored" },
    speech: [otherVersion(speech), speech],
    faults: halvedThen(speech, Fault.without("etag")),
  })),
  "total-changes": fault("Cut short; the result is shorter afterwards, and nothing but that tells.", (speech) => ({
    speech: [longerVersion(speech), speech],
    faults: [halved(speech)],
  })),
  "changes-silently": fault("Cut short; the result is another one of the same size, without validators.", (speech) => ({
    speech: [otherVersion(speech), speech],
    faults: [halved(speech)],
  })),
  "ten-resets": fault("Ten resets in a row, each after some bytes.", (speech) => ({
    serving: { etag: "strong" },
    faults: [
      Fault.on(
        "result",
        Array.from({ length: 10 }, (_, i) => i + 1),
        Fault.reset({ afterSent: Math.floor(speech.byteLength / 12) }),
      ),
    ],
  })),
}
