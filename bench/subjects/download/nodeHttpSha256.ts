import { createHash } from "node:crypto"
import { once } from "node:events"
import { createWriteStream } from "node:fs"
import { get, type IncomingMessage } from "node:http"
import { pipeline } from "node:stream/promises"
import { measured } from "../measured.ts"
import { address, target } from "./address.ts"

await measured(async () => {
  const [response] = (await once(get(address(), { agent: false }), "response")) as [IncomingMessage]
  const hash = createHash("sha256")
  await pipeline(
    response,
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk)
        yield chunk
      }
    },
    createWriteStream(target()),
  )
  hash.digest("hex")
})
