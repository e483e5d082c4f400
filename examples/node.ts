// The whole job with Promises. VOICECLONE_API_KEY and VOICECLONE_BASE_URL name the server.
import { VoiceClone } from "@voiceclone/node"

await using client = new VoiceClone({
  apiKey: process.env["VOICECLONE_API_KEY"],
  baseUrl: process.env["VOICECLONE_BASE_URL"],
})

const { path, seconds } = await client.clone({
  sample: "voice.wav",
  text: "Good morning!",
  output: "speech.wav",
  onEvent: (event) => console.log(event._tag),
})
console.log(`${path}: ${seconds.toFixed(1)} s`)
