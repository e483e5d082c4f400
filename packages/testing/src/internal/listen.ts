/**
 * A server on a free port of the loopback interface, with an eye on its sockets.
 */
import { once } from "node:events"
import * as Http from "node:http"
import type { AddressInfo, Socket } from "node:net"

export interface Listening {
  /** E.g. `http://127.0.0.1:49152`. */
  readonly origin: string
  readonly connections: { readonly open: number; readonly most: number }
  /** Closes the port and every connection. */
  readonly close: () => Promise<void>
}

export const listen = async (onRequest: Http.RequestListener): Promise<Listening> => {
  const sockets = new Set<Socket>()
  /** A socket that could not be reset, because its client was leaving, never tells that it is closed. */
  const open = () => {
    for (const socket of sockets) if (socket.destroyed) sockets.delete(socket)
    return sockets.size
  }
  let most = 0
  const server = Http.createServer(onRequest)
  server.on("connection", (socket) => {
    sockets.add(socket)
    most = Math.max(most, open())
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    connections: {
      get open() {
        return open()
      },
      get most() {
        return most
      },
    },
    close: async () => {
      if (!server.listening) return
      const closed = once(server, "close")
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
