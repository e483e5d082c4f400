export { layer } from "@voiceclone/browser/VoiceCloneBrowser"
export { run } from "@voiceclone/core/InMemory"
export { fromBlob } from "@voiceclone/core/Sample"
export { runPromise } from "effect/Effect"
