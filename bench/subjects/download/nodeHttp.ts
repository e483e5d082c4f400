import { once } from "node:events"
import { createWriteStream } from "node:fs"
import { get, type IncomingMessage } from "node:http"
import { pipeline } from "node:stream/promises"
import { measured } from "../measured.ts"
import { address, target } from "./address.ts"

await measured(async () => {
  const [response] = (await once(get(address(), { agent: false }), "response")) as [IncomingMessage]
  await pipeline(response, createWriteStream(target()))
})
