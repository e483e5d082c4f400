/**
 * A whole job against the fake API, in one page: the client of the browser, with the fake server in the place of a
 * network.
 */
import * as DigestBrowser from "@voiceclone/browser/DigestBrowser"
import * as InMemory from "@voiceclone/core/InMemory"
import * as JobEvent from "@voiceclone/core/JobEvent"
import * as Poller from "@voiceclone/core/Poller"
import * as Sample from "@voiceclone/core/Sample"
import type { TaskError } from "@voiceclone/core/TaskError"
import * as VoiceCloneClient from "@voiceclone/core/VoiceCloneClient"
import * as FakeApi from "@voiceclone/testing/FakeApi"
import * as FakeHttpClient from "@voiceclone/testing/FakeHttpClient"
import * as Fault from "@voiceclone/testing/Fault"
import * as WavFile from "@voiceclone/testing/WavFile"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Result from "effect/Result"

/** What can go wrong with the job. */
export interface Trouble {
  readonly name: string
  readonly label: string
  readonly about: string
  readonly scenario: FakeApi.Scenario
}

const speech = WavFile.tone({ seconds: 2, frequency: 330 })
const half = Math.round(speech.byteLength / 2)

/** What a good server sends with a result. */
const serving = { etag: "strong", reprDigest: "right" } as const

export const troubles: ReadonlyArray<Trouble> = [
  {
    name: "none",
    label: "None",
    about: "A server in good health.",
    scenario: { serving },
  },
  {
    name: "reset",
    label: "Reset in mid-download",
    about: "The connection is reset when half of the result has come. Only the other half is fetched again.",
    scenario: { serving, faults: [Fault.on("result", 1, Fault.reset({ afterSent: half }))] },
  },
  {
    name: "changed",
    label: "Reset, and another result after it",
    about: "The rest would be of another file, so the whole is fetched anew.",
    scenario: {
      serving,
      speech: [WavFile.tone({ seconds: 2, frequency: 220 }), speech],
      faults: [Fault.on("result", 1, Fault.reset({ afterSent: half }))],
    },
  },
  {
    name: "429",
    label: "429, Retry-After: 2",
    about: "The server asks for fewer requests, and is asked again when it says so.",
    scenario: { serving, faults: [Fault.on("status", 1, Fault.answer(429, { headers: { "retry-after": "2" } }))] },
  },
  {
    name: "503",
    label: "503, twice",
    about: "Trouble on the way is never the job's failure.",
    scenario: { serving, faults: [Fault.on("status", [1, 2], Fault.answer(503))] },
  },
  {
    name: "lost-known",
    label: "Lost create answer; keys are kept",
    about: "The task is made and the answer lost. The server keeps Idempotency-Keys, so the call is safe to repeat.",
    scenario: { serving, idempotencyKeys: "documented", faults: [Fault.on("create", 1, Fault.reset())] },
  },
  {
    name: "lost-unknown",
    label: "Lost create answer; no keys",
    about: "The same at a server that keeps no keys. A second call might be paid twice: the client stops, and says so.",
    scenario: { serving, faults: [Fault.on("create", 1, Fault.reset())] },
  },
  {
    name: "digest",
    label: "Wrong bytes",
    about: "The result is not what its digest says. It is not given out.",
    scenario: { serving: { etag: "strong", reprDigest: "wrong" } },
  },
  {
    name: "expired",
    label: "Expired result",
    about: "The server has deleted the speech. Only you can decide to pay for another.",
    scenario: { serving, faults: [Fault.on("result", "every", Fault.answer(410))] },
  },
]

/** How a job ended. */
export type Outcome = Result.Result<InMemory.ResultInMemory, TaskError>

/** The job, and the server that it meets. */
export interface Rehearsal {
  readonly api: FakeApi.FakeApi
  /** Plays it; aborting `signal` ends it. */
  readonly play: (hear: (event: JobEvent.JobEvent) => void, signal?: AbortSignal) => Promise<Outcome>
}

export const make = ({ scenario }: Trouble): Rehearsal => {
  const api = FakeApi.make({
    speech,
    lifecycle: ["pending", { status: "processing", fields: { progress: 0.5 } }, "completed"],
    ...scenario,
  })
  const layer = Poller.Poller.layer.pipe(
    Layer.provideMerge(VoiceCloneClient.layer({ apiKey: "any", baseUrl: "https://voices.example/api" })),
    Layer.provide(FakeHttpClient.layer(api)),
    Layer.merge(DigestBrowser.layer),
  )
  const sample = Sample.fromBlob(new File([WavFile.tone()], "voice.wav", { type: "audio/wav" }))
  return {
    api,
    play: (hear, signal) =>
      InMemory.run({ sample, text: "Good morning!" }).pipe(
        Effect.provideService(JobEvent.Listener, (event) => Effect.sync(() => hear(event))),
        Effect.provide(layer),
        Effect.result,
        (job) => Effect.runPromise(job, { signal }),
      ),
  }
}
