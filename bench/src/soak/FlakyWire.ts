/**
 * A TCP proxy that is as bad as the worst wire: connections are reset, closed, half closed or fall silent after some
 * bytes, and a few answers come with a bit turned.
 */
import { once } from "node:events"
import { type AddressInfo, connect, createServer, type Socket } from "node:net"

/** What a tenth of the connections suffer, once so many bytes have come one way. */
const faults: ReadonlyArray<(near: Socket, far: Socket) => void> = [
  (near, far) => {
    near.resetAndDestroy()
    far.destroy()
  },
  (near, far) => {
    near.destroy()
    far.destroy()
  },
  (near, far) => {
    near.end()
    far.end()
  },
  (near, far) => {
    near.pause()
    far.pause()
    setTimeout(() => {
      near.destroy()
      far.destroy()
    }, 3000)
  },
]

/** Turns a bit of what is too large to be the head of an answer, and may be sound. */
const turnBit = (bytes: Buffer): Buffer => {
  if (bytes.length > 8000) bytes[4000 + Math.floor(Math.random() * 3000)]! ^= 1 << Math.floor(Math.random() * 8)
  return bytes
}

/** A wire to the servers at these ports, in turn. */
export const open = async (ports: ReadonlyArray<number>) => {
  let isGood = false
  let connections = 0
  let harmed = 0
  const proxy = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ port: ports[connections++ % ports.length]!, host: "127.0.0.1", allowHalfOpen: true })
    near.on("error", () => far.destroy())
    // the server is dead
    far.on("error", () => near.destroy())
    near.pipe(far)
    if (isGood) return void far.pipe(near)
    const luck = Math.random()
    if (luck < 0.05) {
      harmed++
      far.on("data", (bytes: Buffer) => near.write(turnBit(bytes))).on("end", () => near.end())
      return
    }
    far.pipe(near)
    if (luck > 0.15) return
    harmed++
    const harm = faults[Math.floor(Math.random() * faults.length)]!
    let left = Math.random() * (Math.random() < 0.5 ? 2000 : 300_000)
    const side = Math.random() < 0.5 ? near : far
    side.on("data", function count(bytes: Buffer) {
      left -= bytes.length
      if (left > 0) return
      side.off("data", count)
      harm(near, far)
    })
  }).listen(0, "127.0.0.1")
  await once(proxy, "listening")
  return {
    port: (proxy.address() as AddressInfo).port,
    /** From now on it harms no connection. */
    mend: () => void (isGood = true),
    told: () => ({ connections, harmed }),
    [Symbol.dispose]: () => void proxy.close(),
  }
}
