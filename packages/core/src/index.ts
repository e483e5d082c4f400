/**
 * The voice-cloning task lifecycle as typed Effects. Prefer the modules themselves (`@voiceclone/core/Poller`): some
 * bundlers cannot leave out what a barrel re-exports.
 */
export * as CloneJob from "./CloneJob.ts"
export * as Download from "./Download.ts"
export * as JobEvent from "./JobEvent.ts"
export * as Poller from "./Poller.ts"
export * as RetryAfter from "./RetryAfter.ts"
export * as RetryPolicy from "./RetryPolicy.ts"
export * as Sample from "./Sample.ts"
export * as Task from "./Task.ts"
export * as TaskError from "./TaskError.ts"
export * as VoiceClone from "./VoiceClone.ts"
export * as VoiceCloneApi from "./VoiceCloneApi.ts"
export * as VoiceCloneClient from "./VoiceCloneClient.ts"
export * as Wav from "./Wav.ts"
