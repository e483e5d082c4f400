import { createHmac, timingSafeEqual } from "node:crypto"
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http"
import { text } from "node:stream/consumers"

const key = Buffer.from((process.env["WEBHOOK_SECRET"] ?? "").replace("whsec_", ""), "base64")

/** Whether the server has sent this, within the last five minutes. */
const isGenuine = (headers: IncomingHttpHeaders, body: string): boolean => {
  const { "webhook-id": id, "webhook-timestamp": time, "webhook-signature": signatures } = headers
  const expected = createHmac("sha256", key).update([id, time, body].join(".")).digest()
  const isSigned = String(signatures)
    .split(" ")
    .map((signature) => Buffer.from(signature.replace("v1,", ""), "base64"))
    .some((signature) => signature.length === expected.length && timingSafeEqual(signature, expected))
  return key.length > 0 && isSigned && Math.abs(Date.now() / 1000 - Number(time)) < 300
}

const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  // a message has some hundred bytes, and says how many
  if (!(Number(request.headers["content-length"]) < 100_000)) return void response.writeHead(413).end()
  const body = await text(request) // as it came: JSON that was parsed and written again has another signature
  if (!isGenuine(request.headers, body)) return void response.writeHead(401).end()
  const { type, data } = JSON.parse(body)
  console.log(type, data.task_id) // a message may come twice: go by the task's id
  response.writeHead(204).end()
}

const server = createServer((request, response) => {
  receive(request, response).catch(() => response.destroy())
})
server.listen(Number(process.env["PORT"] ?? 8080), () => console.log("Listening"))
