/**
 * The layers of browsers, for programs written with Effect.
 */
import type { Poller } from "@voiceclone/core/Poller"
import type { InvalidInput } from "@voiceclone/core/TaskError"
import type { VoiceCloneClient } from "@voiceclone/core/VoiceCloneClient"
import * as Layer from "effect/Layer"
import * as ClientBrowser from "./ClientBrowser.ts"
import * as jobs from "./internal/jobs.ts"
import * as PollerBrowser from "./PollerBrowser.ts"

/** The client's options, and where jobs and their results are kept. */
export interface Options extends ClientBrowser.Options, jobs.Options {}

/** Everything a job needs, and the filesystem that it saves to. */
export type Services = VoiceCloneClient | Poller | jobs.Services

/**
 * Everything a job needs, for one server. Fails with `InvalidInput` for options that cannot work.
 *
 * A browser streams no upload: a sample is collected in memory first, unless it has a `blob`.
 *
 * @example
 * import { CloneJob } from "@voiceclone/core/CloneJob"
 * import * as Sample from "@voiceclone/core/Sample"
 * import * as VoiceCloneBrowser from "@voiceclone/browser/VoiceCloneBrowser"
 * import * as Effect from "effect/Effect"
 *
 * const program = (file: File) =>
 *   CloneJob.use((job) => job.run({ sample: Sample.fromBlob(file), text: "Hello!", output: "hello.wav" }))
 *
 * program(file).pipe(Effect.provide(VoiceCloneBrowser.layer({ token })), Effect.runPromise)
 */
export const layer = (options: Options): Layer.Layer<Services, InvalidInput> =>
  jobs.layer(options).pipe(Layer.provideMerge(PollerBrowser.layer), Layer.provideMerge(ClientBrowser.layer(options)))
