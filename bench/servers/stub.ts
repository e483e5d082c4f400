/**
 * The API as lean as it can be, in a process of its own: results of as many bytes as the task id says, statuses that are
 * completed at the fourth look, uploads counted and thrown away, and sockets counted.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

const piece = Buffer.alloc(1024 * 1024)
for (let index = 0; index < piece.length; index++) piece[index] = (index * 2_654_435_761) >>> 24

const header = (bytes: number): Buffer => {
  const head = Buffer.alloc(44)
  head.write("RIFF", 0)
  head.writeUInt32LE(bytes - 8, 4)
  head.write("WAVEfmt ", 8)
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(1, 22)
  head.writeUInt32LE(22_050, 24)
  head.writeUInt32LE(44_100, 28)
  head.writeUInt16LE(2, 32)
  head.writeUInt16LE(16, 34)
  head.write("data", 36)
  head.writeUInt32LE(bytes - 44, 40)
  return head
}

const result = (bytes: number, response: ServerResponse): void => {
  response.writeHead(200, { "content-type": "audio/wav", "content-length": bytes, etag: `"bench-${bytes}"` })
  response.write(header(bytes))
  let left = bytes - 44
  const send = () => {
    while (left > 0) {
      const chunk = left >= piece.length ? piece : piece.subarray(0, left)
      left -= chunk.length
      if (!response.write(chunk)) return
    }
    response.off("drain", send)
    response.end()
  }
  response.on("drain", send)
  send()
}

const json = (response: ServerResponse, body: unknown): void => {
  const text = JSON.stringify(body)
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) }).end(text)
}

const upload = (request: IncomingMessage, response: ServerResponse): void => {
  const announced = Number(request.headers["content-length"] ?? -1)
  let received = 0
  request.on("data", (chunk: Buffer) => void (received += chunk.length))
  request.on("end", () =>
    received === announced || announced === -1
      ? json(response, { task_id: "task", received, announced })
      : response.writeHead(400).end(),
  )
}

let sockets = 0
let mostSockets = 0
const looks = new Map<string, number>()

const server = createServer((request, response) => {
  const [, , , call = "", id = ""] = (request.url ?? "").split("/")
  if (call === "task-result") return result(Number(id), response)
  if (call === "create-task") return upload(request, response)
  if (call === "task-status") {
    const seen = (looks.get(id) ?? 0) + 1
    looks.set(id, seen)
    return json(response, { task_id: id, status: seen < 4 ? "processing" : "completed" })
  }
  json(response, { sockets: mostSockets })
  mostSockets = 0
  looks.clear()
})
server.on("connection", (socket) => {
  mostSockets = Math.max(mostSockets, ++sockets)
  socket.once("close", () => sockets--)
})
server.keepAliveTimeout = 60_000
server.listen({ port: 0, host: "127.0.0.1", backlog: 16_384 }, () =>
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`),
)
