import { VoiceClone } from "@voiceclone/browser"

Object.assign(globalThis, { subject: VoiceClone })
