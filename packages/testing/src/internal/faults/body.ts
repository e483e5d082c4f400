/**
 * Results that are not what they claim to be, or don't come to their end.
 */
import * as Fault from "../../Fault.ts"
import * as WavFile from "../../WavFile.ts"
import { encoded, fault, half, halved, type Speech } from "./fault.ts"

const withSizes = (speech: Speech, sizes: "zero" | "largest") => WavFile.make({ data: speech.subarray(44), sizes })

const wav = { "content-type": "audio/wav" }

export const body = {
  "short-body": fault("Content-Length is right, and the connection is closed early.", (speech) => ({
    faults: [halved(speech)],
  })),
  "content-length-too-large": fault("Content-Length promises more than there is, once.", () => ({
    faults: [Fault.on("result", 1, Fault.contentLengthOff(1000))],
  })),
  "content-length-too-small": fault("Content-Length ends the body too early, once.", () => ({
    faults: [Fault.on("result", 1, Fault.contentLengthOff(-1000))],
  })),
  "content-length-always-too-small": fault("Content-Length ends the body too early, every time.", () => ({
    faults: [Fault.on("result", "every", Fault.contentLengthOff(-1000))],
  })),
  "chunked-without-end": fault("Chunks, and the last one never comes.", (speech) => ({
    faults: [Fault.on("result", 1, Fault.cutShort(half(speech), "chunked"))],
  })),
  "close-delimited": fault("Only the close tells the body's end.", () => ({
    faults: [Fault.on("result", "every", Fault.framing("close"))],
  })),
  "close-delimited-cut-short": fault("Only the close tells the body's end, and it comes too early.", (speech) => ({
    faults: [Fault.on("result", 1, Fault.cutShort(half(speech), "close"))],
  })),
  gzip: fault("The body comes as gzip, though identity was asked for.", () => ({
    faults: [Fault.on("result", "every", encoded)],
  })),
  "extra-bytes": fault("More bytes come than Content-Length announces.", () => ({
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
  "extra-bytes-announced": fault("The body is longer than the WAV file in it.", () => ({
    faults: [
      Fault.on("result", "every", {
        answer: (right) => ({ ...right, body: new Uint8Array([...right.body, 1, 2, 3]) }),
      }),
    ],
  })),
  "empty-200": fault("200 with nothing in it.", () => ({
    faults: [Fault.on("result", "every", Fault.answer(200, { headers: wav, body: "" }))],
  })),
  "empty-200-chunked": fault("200 with nothing in it, once, and without Content-Length.", () => ({
    faults: [Fault.on("result", 1, Fault.cutShort(0, "close"))],
  })),
  "html-200": fault("A sign-in page with status 200.", () => ({ faults: [Fault.on("result", "every", Fault.html())] })),
  "json-200": fault("JSON with status 200.", () => ({
    faults: [
      Fault.on(
        "result",
        "every",
        Fault.answer(200, { headers: { "content-type": "application/json" }, body: '{"detail":"queued"}' }),
      ),
    ],
  })),
  "riff-size-0": fault("A streamed WAV: its header says 0, and Content-Length proves the end.", (speech) => ({
    speech: withSizes(speech, "zero"),
  })),
  "riff-size-largest": fault(
    "A streamed WAV: its header says 0xFFFFFFFF, and Content-Length proves the end.",
    (speech) => ({
      speech: withSizes(speech, "largest"),
    }),
  ),
  "riff-size-0-unproven": fault("A streamed WAV whose end nothing proves.", (speech) => ({
    speech: withSizes(speech, "zero"),
    faults: [Fault.on("result", "every", Fault.framing("close"))],
  })),
  "repr-digest-wrong": fault("The digest is that of something else.", () => ({ serving: { reprDigest: "wrong" } })),
  "stalled-head": fault("No answer comes, once.", () => ({ faults: [Fault.on("result", 1, Fault.stall())] })),
  "stalled-body": fault("The body stops in the middle, once, and the connection stays open.", (speech) => ({
    serving: { etag: "strong" },
    faults: [Fault.on("result", 1, Fault.stall({ afterSent: half(speech) }))],
  })),
  "closed-while-held-back": fault("A large body is closed early, while its reader is busy.", () => {
    const speech = WavFile.tone({ seconds: 60 })
    return { speech, serving: { etag: "strong" }, faults: [Fault.on("result", 1, Fault.cutShort(half(speech)))] }
  }),
}
