/**
 * The client of one server for pages: who may call it, and what a page finds out before it sends a voice.
 */
import * as JobEvent from "@voiceclone/core/JobEvent"
import { TaskId } from "@voiceclone/core/Task"
import type { ConnectionFailed, InvalidApiKey, InvalidInput, StatusError } from "@voiceclone/core/TaskError"
import * as VoiceCloneClient from "@voiceclone/core/VoiceCloneClient"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as HttpClientBrowser from "./HttpClientBrowser.ts"
import * as caller from "./internal/caller.ts"

/**
 * The client's options, and who the caller is: by a `token`, by cookies (`credentials`), or, with
 * `allowApiKeyInBrowser`, by an `apiKey`.
 */
export interface Options extends Omit<VoiceCloneClient.Options, "apiKey">, HttpClientBrowser.Options {
  /** The key sent as `Authorization: Bearer`. Needs {@link Options.allowApiKeyInBrowser}. */
  readonly apiKey?: VoiceCloneClient.Options["apiKey"]
  /**
   * Says that this page may hold the API key. Whoever opens a page can read every key in it, so let it be the
   * visitor's own, or one for a server that only the visitor reaches.
   * @default false
   */
  readonly allowApiKeyInBrowser?: boolean | undefined
}

/** The client of one server. Fails with `InvalidInput` for options that cannot work. */
export const layer = (options: Options): Layer.Layer<VoiceCloneClient.VoiceCloneClient, InvalidInput> =>
  caller.layer(VoiceCloneClient.VoiceCloneClient, options, make)

const make = Effect.fnUntraced(function* (options: VoiceCloneClient.Options) {
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

/** No task has this id. */
const noTask = TaskId("00000000-0000-0000-0000-000000000000")

/**
 * Sees, before the call that costs money, that the server answers by itself, lets this page call it and knows the key. A
 * browser tells none of that apart from an upload that broke off, so that each would end as `CreateOutcomeUnknown`; and
 * what tells how much has been sent follows redirects.
 */
const reach = (client: VoiceCloneClient.VoiceCloneClient["Service"]) =>
  Effect.catchIf(Effect.asVoid(client.status(noTask)), isOtherwise, () => Effect.void)

/** Any answer but these says that the server can be called. */
const isOtherwise = (error: StatusError): error is Exclude<StatusError, ConnectionFailed | InvalidApiKey> =>
  error._tag !== "ConnectionFailed" &&
  error._tag !== "InvalidApiKey" &&
  !(error._tag === "UnexpectedResponse" && error.status === 302)
