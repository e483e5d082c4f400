import { VoiceClone } from "@voiceclone/browser/standalone"

Object.assign(globalThis, { subject: VoiceClone })
