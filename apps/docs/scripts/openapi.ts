// Writes openapi.json from the contract in packages/core; the HTTP API pages are made of it.
import { writeFileSync } from "node:fs"
import { VoiceCloneApi } from "@voiceclone/core/VoiceCloneApi"
import * as OpenApi from "effect/http-api/OpenApi"

const { info, ...contract } = OpenApi.fromApi(VoiceCloneApi)

// Paths are relative to a base URL, which is each server's own. The pages show it in examples only, hence the words.
const description = `${info.description ?? ""}

Paths are relative to a base URL: \`https://aivoiceclonefree.com/api\` at the hosted service; at your own server what
\`serve\` says, by default \`http://127.0.0.1:8787/api\`. [HTTP API](/start/http-api/) has an example of every call.`

const document = {
  ...contract,
  info: { ...info, description },
  servers: [{ url: "http://127.0.0.1:8787/api", description: "A server of your own: voiceclone serve --port 8787" }],
}
writeFileSync(new URL("../openapi.json", import.meta.url), `${JSON.stringify(document, null, 2)}\n`)
