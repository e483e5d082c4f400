/**
 * Load from a process of its own: bare sockets, so that the client is never what limits the server.
 */
import { connect } from "node:net"

const [, , kind = "", port = "", request = "", amount = ""] = process.argv

const head = /\r\ncontent-length: (\d+)\r\n/iu

/** Asks on so many connections, over and over, and counts the answers of a time. */
const repeated = async (connections: number, milliseconds: number): Promise<number> => {
  let answers = 0
  let stopped = false
  const one = () =>
    new Promise<void>((resolve, reject) => {
      const socket = connect(Number(port), "127.0.0.1", () => socket.write(request))
      let expected = 0
      let seen = 0
      socket.setNoDelay(true)
      socket.on("data", (chunk: Buffer) => {
        if (expected === 0) {
          const text = chunk.toString("latin1")
          if (!text.startsWith("HTTP/1.1 200")) return reject(new Error(text.slice(0, 200)))
          const length = head.exec(text)
          const end = text.indexOf("\r\n\r\n")
          if (length === null || end < 0)
            return reject(new Error("An answer's head came in pieces, or without a length"))
          expected = end + 4 + Number(length[1])
        }
        seen += chunk.length
        if (seen < expected) return
        // Every answer is as long as the first.
        seen = 0
        answers++
        if (stopped) return resolve(void socket.destroy())
        socket.write(request)
      })
      socket.on("error", reject)
    })
  const all = Promise.all(Array.from({ length: connections }, one))
  setTimeout(() => (stopped = true), milliseconds)
  await all
  return answers
}

/** Reads one answer to its end and throws it away. */
const whole = (): Promise<number> =>
  new Promise((resolve, reject) => {
    let bytes = 0
    const socket = connect(
      {
        port: Number(port),
        host: "127.0.0.1",
        onread: { buffer: Buffer.allocUnsafe(1024 * 1024), callback: (size) => ((bytes += size), true) },
      },
      () => socket.write(request),
    )
    socket.on("close", () => resolve(bytes))
    socket.on("error", reject)
  })

/** Asks on so many connections at once, and says when all stand; the answers are not waited for. */
const held = async (count: number): Promise<void> => {
  for (let begun = 0; begun < count; begun += 100) {
    await Promise.all(
      Array.from({ length: Math.min(100, count - begun) }, () => {
        return new Promise<void>((resolve, reject) => {
          const socket = connect(Number(port), "127.0.0.1", () => socket.write(request, () => resolve()))
          socket.on("data", () => {})
          socket.on("error", reject)
        })
      }),
    )
  }
}

const began = performance.now()
if (kind === "repeated") {
  const answers = await repeated(64, Number(amount))
  process.stdout.write(`${JSON.stringify({ answers, wall: performance.now() - began })}\n`)
} else if (kind === "whole") {
  const bytes = await whole()
  process.stdout.write(`${JSON.stringify({ bytes, wall: performance.now() - began })}\n`)
} else {
  await held(Number(amount))
  process.stdout.write("{}\n")
}
