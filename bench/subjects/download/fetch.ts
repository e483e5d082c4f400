import { createWriteStream } from "node:fs"
import { Readable } from "node:stream"
import type { ReadableStream } from "node:stream/web"
import { pipeline } from "node:stream/promises"
import { measured } from "../measured.ts"
import { address, target } from "./address.ts"

await measured(async () => {
  const { body } = await fetch(address())
  await pipeline(Readable.fromWeb(body as ReadableStream), createWriteStream(target()))
})
