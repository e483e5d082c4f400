/**
 * What all servers here have in common: a free port, which they print, and an answer to who asks for their memory.
 */
import type { Server } from "node:http"
import type { AddressInfo } from "node:net"

/** The arguments that the bench gave. */
export const argument = (index: number): string => process.argv[index + 2] ?? ""

/** Prints what has to be known of the server, as a line of JSON. */
export const ready = (facts: Readonly<Record<string, string | number>>): void => {
  process.stdout.write(`${JSON.stringify(facts)}\n`)
  // After each line, the memory that is in use once the garbage is collected.
  process.stdin.on("data", () => {
    for (let i = 0; i < 3; i++) globalThis.gc?.()
    setTimeout(() => {
      globalThis.gc?.()
      process.stdout.write(`${JSON.stringify(process.memoryUsage())}\n`)
    }, 200)
  })
}

/** Listens on a free port of the loopback. */
export const listening = (server: Server): void => {
  server.keepAliveTimeout = 75_000
  server.listen({ port: 0, host: "127.0.0.1", backlog: 16_384 }, () =>
    ready({ port: (server.address() as AddressInfo).port }),
  )
}
