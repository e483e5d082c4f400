/**
 * The Promise door with all that it needs inside, tree-shaken and minified: for pages that use nothing else of Effect.
 * Whatever bundles it can only add; nor does it need a bundler.
 *
 * It has a copy of Effect of its own, so nothing of it can be given to `VoiceCloneBrowser` or the other layers. Errors are
 * known by their `_tag`.
 *
 * @example
 * import { VoiceClone } from "@voiceclone/browser/standalone"
 */
export type { ResumeSummary } from "@voiceclone/core/CloneJob"
export type { SavedResult } from "@voiceclone/core/Download"
export type { Entry } from "@voiceclone/core/Journal"
export type { JobEvent } from "@voiceclone/core/JobEvent"
export type { Task, TaskId, TaskStatus } from "@voiceclone/core/Task"
export type { TaskError } from "@voiceclone/core/TaskError"
export type { PlaybackFailed, SavedSpeech, SavingFailed, Speech, SpeechGone } from "./Speech.ts"
export * from "./VoiceClone.ts"
export type { Options } from "./VoiceCloneBrowser.ts"
