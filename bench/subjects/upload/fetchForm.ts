import { openAsBlob } from "node:fs"
import { argument, measured } from "../measured.ts"
import { address, expectCreated } from "./address.ts"

await measured(async () => {
  const form = new FormData()
  form.append("text", "Hello!")
  form.append("audio_file", await openAsBlob(argument(1)), "voice.wav")
  const response = await fetch(address(), { method: "POST", body: form })
  expectCreated(await response.json())
})
