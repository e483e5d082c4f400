import { VoiceClone } from "@voiceclone/node"

await using client = new VoiceClone({
  apiKey: process.env["VOICECLONE_API_KEY"],
  baseUrl: process.env["VOICECLONE_BASE_URL"],
})

try {
  await client.clone({ sample: "voice.wav", text: "Good morning!", output: "speech.wav" })
} catch (error) {
  if (!(error instanceof Error && "nextStep" in error)) throw error
  console.error(`${error.name}: ${error.message}`)
  console.error(error.nextStep)
  process.exitCode = 1
}
