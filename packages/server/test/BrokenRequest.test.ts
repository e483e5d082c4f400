import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { connect } from "node:net"
import * as ServerProcess from "./ServerProcess.ts"
import { call, temporary } from "./TestServer.ts"

describe("BrokenRequest", { timeout: 60_000 }, () => {
  it.live("ends no server: clients with a wrong key go away while their uploads are refused", () =>
    Effect.gen(function* () {
      const { baseUrl, child } = yield* ServerProcess.start({ dataDirectory: yield* temporary })
      const port = Number(new URL(baseUrl).port)
      const head = (method: string, headers: string) =>
        `${method} /api/async-clone/create-task HTTP/1.1\r\nHost: a\r\n${headers}\r\n`
      const type = "Content-Type: multipart/form-data; boundary=B\r\n"
      const requests = `${head("PUT", "")}${head("POST", `${type}Content-Length: 9000\r\nAuthorization: Bearer wrong\r\n`)}--B\r\n${"x".repeat(4000)}`
      const goAway = (index: number) =>
        Effect.callback<void>((resume) => {
          const socket = connect(port, "127.0.0.1").on("error", () => {})
          socket.on("close", () => resume(Effect.void))
          socket.write(requests)
          // in the middle of something, which is another each time
          setTimeout(() => (index % 2 === 0 ? socket.destroy() : socket.resetAndDestroy()), Math.random() * 8)
        })
      yield* Effect.forEach(Array.from({ length: 1000 }).keys(), goAway, { concurrency: 8, discard: true })
      assert.strictEqual((yield* call(`${baseUrl}/health`)).status, 200)
      assert.isNull(child.exitCode)
    }).pipe(Effect.scoped),
  )
})
