/** What a hand that counts the bytes itself writes: streamed, and with a Content-Length. */
import { once } from "node:events"
import { createReadStream } from "node:fs"
import { stat } from "node:fs/promises"
import { type IncomingMessage, request } from "node:http"
import { json } from "node:stream/consumers"
import { pipeline } from "node:stream/promises"
import { argument, measured } from "../measured.ts"
import { address, expectCreated } from "./address.ts"

await measured(async () => {
  const file = argument(1)
  const boundary = "bench-5f1d9c7a3b"
  const head = Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; name="text"\r\n\r\nHello!\r\n` +
      `--${boundary}\r\nContent-Disposition: form-data; name="audio_file"; filename="voice.wav"\r\n` +
      "Content-Type: audio/wav\r\n\r\n",
  )
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`)
  const { size } = await stat(file)
  const outgoing = request(address(), {
    method: "POST",
    agent: false,
    headers: {
      "content-type": `multipart/form-data; boundary=${boundary}`,
      "content-length": head.length + size + tail.length,
    },
  })
  const answered = once(outgoing, "response") as Promise<[IncomingMessage]>
  outgoing.write(head)
  await pipeline(createReadStream(file), outgoing, { end: false })
  outgoing.end(tail)
  const [response] = await answered
  expectCreated(await json(response))
})
