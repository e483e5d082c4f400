/**
 * The voice-cloning client for browsers.
 *
 * `VoiceClone` is for programs written with Promises; `VoiceCloneBrowser.layer` for those written with Effect.
 */
export type { ResumeSummary } from "@voiceclone/core/CloneJob"
export type { SavedResult } from "@voiceclone/core/Download"
export type { Entry } from "@voiceclone/core/Journal"
export type { JobEvent } from "@voiceclone/core/JobEvent"
export { type Task, TaskId, type TaskStatus } from "@voiceclone/core/Task"
export * as TaskError from "@voiceclone/core/TaskError"
export { PlaybackFailed, type SavedSpeech, SavingFailed, type Speech, SpeechGone } from "./Speech.ts"
export * from "./VoiceClone.ts"
export * as VoiceCloneBrowser from "./VoiceCloneBrowser.ts"
