import { openAsBlob } from "node:fs"
import { Agent, FormData } from "undici"
import { argument, measured } from "../measured.ts"
import { address, expectCreated } from "./address.ts"

await measured(async () => {
  const agent = new Agent()
  const form = new FormData()
  form.append("text", "Hello!")
  form.append("audio_file", await openAsBlob(argument(1)), "voice.wav")
  const { origin, pathname } = new URL(address())
  const { body } = await agent.request({ origin, path: pathname, method: "POST", body: form })
  expectCreated(await body.json())
  await agent.close()
})
