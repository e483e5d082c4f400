import { layer } from "@voiceclone/browser/VoiceCloneBrowser"
import { run } from "@voiceclone/core/InMemory"
import { fromBlob } from "@voiceclone/core/Sample"
import { runPromise } from "effect/Effect"

Object.assign(globalThis, { subject: { layer, run, fromBlob, runPromise } })
