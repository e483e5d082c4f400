/**
 * The voice-cloning client for Node.js.
 *
 * `VoiceClone` is for programs written with Promises; `VoiceCloneNode.layer` for those written with Effect.
 */
export type { ResumeSummary } from "@voiceclone/core/CloneJob"
export type { SavedResult } from "@voiceclone/core/Download"
export type { Entry } from "@voiceclone/core/Journal"
export type { JobEvent } from "@voiceclone/core/JobEvent"
export { type Task, TaskId, type TaskStatus } from "@voiceclone/core/Task"
export * as TaskError from "@voiceclone/core/TaskError"
export * from "./VoiceClone.ts"
export * as VoiceCloneNode from "./VoiceCloneNode.ts"
