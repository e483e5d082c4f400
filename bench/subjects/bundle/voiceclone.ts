export { VoiceClone } from "@voiceclone/browser"
