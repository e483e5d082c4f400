// Writes openapi.json from the contract in packages/core; the HTTP API pages are made of it.
import { writeFileSync } from "node:fs"
import { VoiceCloneApi } from "@voiceclone/core/VoiceCloneApi"
import * as OpenApi from "effect/http-api/OpenApi"

const document = {
  ...OpenApi.fromApi(VoiceCloneApi),
  // Paths are relative to a base URL, which is each server's own.
  servers: [{ url: "http://127.0.0.1:8787/api", description: "A server of your own: voiceclone serve --port 8787" }],
}
writeFileSync(new URL("../openapi.json", import.meta.url), `${JSON.stringify(document, null, 2)}\n`)
