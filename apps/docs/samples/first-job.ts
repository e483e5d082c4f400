import { VoiceClone } from "@voiceclone/node"

await using client = new VoiceClone({
  apiKey: process.env["VOICECLONE_API_KEY"],
  baseUrl: process.env["VOICECLONE_BASE_URL"], // by default the hosted service
})

const { path, seconds } = await client.clone({
  sample: "voice.wav",
  text: "Good morning!",
  output: "speech.wav",
  signal: AbortSignal.timeout(10 * 60_000),
  onEvent: (event) => console.log(event._tag),
})
console.log(`${path}: ${seconds.toFixed(1)} s`)
