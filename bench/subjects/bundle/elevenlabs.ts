import { ElevenLabsClient } from "@elevenlabs/elevenlabs-js"

Object.assign(globalThis, { subject: ElevenLabsClient })
