import { VoiceClone } from "@voiceclone/node"

await using client = new VoiceClone({
  apiKey: process.env["VOICECLONE_API_KEY"],
  baseUrl: process.env["VOICECLONE_BASE_URL"],
})

const rows = ["Good morning!", "Good evening!"].map((text, index) => ({
  sample: "voice.wav",
  text,
  output: `speech-${index + 1}.wav`,
}))

for await (const outcome of client.batch(rows)) {
  console.log(rows[outcome.index]?.output, outcome._tag)
}
