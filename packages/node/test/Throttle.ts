/**
 * A slow line to a server: forwards bytes both ways, no faster than told, so that there is time to break in anywhere.
 */
import { once } from "node:events"
import * as Net from "node:net"
import { setTimeout as sleep } from "node:timers/promises"

export interface Throttle extends AsyncDisposable {
  /** The server's base URL, by the slow line. */
  readonly baseUrl: string
  /** Bytes forwarded so far, both ways together. */
  readonly forwarded: () => number
  /** Resolves when so many bytes have been forwarded, counted from the beginning. */
  readonly reaches: (bytes: number) => Promise<void>
}

/** How often a line forwards something. */
const beatMillis = 5

/** Opens a line to the server, whose port is asked for at each connection. */
export const start = async (server: () => string, bytesPerSecond: number): Promise<Throttle> => {
  const piece = Math.max(1, Math.round((bytesPerSecond * beatMillis) / 1000))
  let forwarded = 0
  const waiting = new Set<{ readonly bytes: number; readonly resolve: () => void }>()
  const sockets = new Set<Net.Socket>()

  const forward = async (from: Net.Socket, to: Net.Socket) => {
    for await (const chunk of from as AsyncIterable<Buffer>) {
      for (let offset = 0; offset < chunk.byteLength; offset += piece) {
        const part = chunk.subarray(offset, offset + piece)
        if (to.destroyed) return
        if (!to.write(part)) await Promise.race([once(to, "drain"), once(to, "close")])
        forwarded += part.byteLength
        for (const waiter of waiting) {
          if (waiter.bytes > forwarded) continue
          waiting.delete(waiter)
          waiter.resolve()
        }
        if (part.byteLength === piece) await sleep(beatMillis)
      }
    }
    to.end()
  }

  const line = Net.createServer({ allowHalfOpen: true }, (client) => {
    const { port } = new URL(server())
    const upstream = Net.connect({ host: "127.0.0.1", port: Number(port), allowHalfOpen: true })
    const cut = () => {
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on("error", cut)
      socket.on("close", () => {
        sockets.delete(socket)
        cut()
      })
    }
    forward(client, upstream).catch(cut)
    forward(upstream, client).catch(cut)
  })
  line.listen(0, "127.0.0.1")
  await once(line, "listening")
  const { port } = line.address() as Net.AddressInfo
  return {
    baseUrl: `http://127.0.0.1:${port}${new URL(server()).pathname}`,
    forwarded: () => forwarded,
    reaches: (bytes) =>
      new Promise((resolve) => {
        waiting.add({ bytes, resolve })
      }),
    [Symbol.asyncDispose]: async () => {
      line.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
