import { createHmac, timingSafeEqual } from "node:crypto"
import { createServer, type IncomingHttpHeaders } from "node:http"
import { text } from "node:stream/consumers"

const key = Buffer.from((process.env["WEBHOOK_SECRET"] ?? "").replace("whsec_", ""), "base64")

/** Whether the server has sent this, within the last five minutes. */
const isGenuine = (headers: IncomingHttpHeaders, body: string): boolean => {
  const { "webhook-id": id, "webhook-timestamp": time, "webhook-signature": signatures } = headers
  const expected = createHmac("sha256", key).update(`${id}.${time}.${body}`).digest()
  const isSigned = String(signatures)
    .split(" ")
    .map((signature) => Buffer.from(signature.replace("v1,", ""), "base64"))
    .some((signature) => signature.length === expected.length && timingSafeEqual(signature, expected))
  return key.length > 0 && isSigned && Math.abs(Date.now() / 1000 - Number(time)) < 300
}

const server = createServer(async (request, response) => {
  const body = await text(request) // as it came: JSON that was parsed and written again has another signature
  if (!isGenuine(request.headers, body)) return response.writeHead(401).end()
  const { type, data } = JSON.parse(body)
  console.log(type, data.task_id) // a message may come twice: go by the task's id
  return response.writeHead(204).end()
})
server.listen(Number(process.env["PORT"] ?? 8080), () => console.log("Listening"))
