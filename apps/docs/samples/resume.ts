import { VoiceClone } from "@voiceclone/node"

await using client = new VoiceClone({
  apiKey: process.env["VOICECLONE_API_KEY"],
  baseUrl: process.env["VOICECLONE_BASE_URL"],
})

const { saved, failed } = await client.resumeAll({ timeout: "30 minutes" })
console.log(`${saved.length} saved, ${failed.length} not`)
