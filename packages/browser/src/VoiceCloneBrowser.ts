/**
 * The layers of browsers, for programs written with Effect.
 */
import * as JobEvent from "@voiceclone/core/JobEvent"
import type { Digest } from "@voiceclone/core/Digest"
import * as Poller from "@voiceclone/core/Poller"
import { TaskId } from "@voiceclone/core/Task"
import { InvalidInput } from "@voiceclone/core/TaskError"
import * as VoiceCloneClient from "@voiceclone/core/VoiceCloneClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as DigestBrowser from "./DigestBrowser.ts"
import * as HttpClientBrowser from "./HttpClientBrowser.ts"

/** The client's options, and the consent that a page needs. */
export interface Options extends VoiceCloneClient.Options {
  /**
   * Says that this page may hold the API key. Whoever opens a page can read every key in it, so let it be the
   * visitor's own, or one for a server that only the visitor reaches.
   * @default false
   */
  readonly allowApiKeyInBrowser?: boolean | undefined
}

/** Everything that a job without a filesystem needs. */
export type Services = VoiceCloneClient.VoiceCloneClient | Poller.Poller | Digest

/**
 * Everything that a job without a filesystem needs, for one server. Fails with `InvalidInput` for options that cannot
 * work.
 *
 * A browser streams no upload: a sample is collected in memory first, unless it has a `blob`.
 *
 * @example
 * import * as InMemory from "@voiceclone/core/InMemory"
 * import * as Sample from "@voiceclone/core/Sample"
 * import * as VoiceCloneBrowser from "@voiceclone/browser/VoiceCloneBrowser"
 * import * as Effect from "effect/Effect"
 *
 * const program = (file: File) => InMemory.run({ sample: Sample.fromBlob(file), text: "Hello!" })
 *
 * program(file).pipe(
 *   Effect.provide(VoiceCloneBrowser.layer({ apiKey, allowApiKeyInBrowser: true })),
 *   Effect.runPromise,
 * )
 */
export const layer = (options: Options): Layer.Layer<Services, InvalidInput> =>
  Poller.Poller.layer.pipe(
    Layer.provideMerge(Layer.effect(VoiceCloneClient.VoiceCloneClient, make(options))),
    Layer.provide(HttpClientBrowser.layer),
    Layer.merge(DigestBrowser.layer),
  )

const make = Effect.fnUntraced(function* (options: Options) {
  if (options.allowApiKeyInBrowser !== true && isInPage()) {
    return yield* new InvalidInput({
      input: "options",
      reason: "Whoever opens this page can read the API key in it",
      nextStep:
        "Call a server of your own that adds the key; or, where the key is the visitor's own, set allowApiKeyInBrowser: true.",
    })
  }
  const client = yield* VoiceCloneClient.make(options)
  return {
    ...client,
    // a preference needs the server's leave to be sent by a page (CORS), which most servers don't give
    status: (taskId) => client.status(taskId),
    create: (request) =>
      reach(client).pipe(
        Effect.andThen(JobEvent.emit({ _tag: "Uploading", sentBytes: 0, totalBytes: request.sample.size })),
        Effect.andThen(client.create(request)),
      ),
  } satisfies VoiceCloneClient.VoiceCloneClient["Service"]
})

/** A page, or a worker of one. */
const isInPage = (): boolean => "document" in globalThis || "WorkerNavigator" in globalThis

/** No task has this id. */
const noTask = TaskId("00000000-0000-0000-0000-000000000000")

/**
 * Sees, before the call that costs money, that the server answers, lets this page call it and knows the key. A browser
 * tells none of that apart from an upload that broke off, so that each would end as `CreateOutcomeUnknown`.
 */
const reach = (client: VoiceCloneClient.VoiceCloneClient["Service"]) =>
  Effect.catchIf(
    Effect.asVoid(client.status(noTask)),
    (error) => error._tag !== "ConnectionFailed" && error._tag !== "InvalidApiKey",
    () => Effect.void,
  )
