/**
 * A server may answer before it has the whole upload, and an answer may be under way when we are told to stop: whatever
 * comes first, the journal says what is true at the end.
 */
import { assert, describe, it } from "@effect/vitest"
import type { JobEvent } from "@voiceclone/core/JobEvent"
import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { VoiceClone } from "../src/VoiceClone.ts"
import * as Scratch from "./Scratch.ts"

/** A server that answers create calls so, and a client of it. */
const between = async (answer: (request: IncomingMessage, response: ServerResponse) => void) => {
  const server = createServer((request, response) => {
    if (request.method === "POST") return answer(request, response)
    response.writeHead(404).end("{}")
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  const scratch = await Scratch.open()
  const { port } = server.address() as AddressInfo
  const client = new VoiceClone({
    apiKey: "key-of-a-test",
    baseUrl: `http://127.0.0.1:${port}/api`,
    journal: scratch.journal,
  })
  return {
    client,
    entries: scratch.entries,
    [Symbol.asyncDispose]: async () => {
      await client.close()
      server.closeAllConnections()
      server.close()
      await scratch[Symbol.asyncDispose]()
    },
  }
}

const sample = new Uint8Array(200_000).fill(7)

describe("An answer to a create call", () => {
  it("that comes before the end of the upload loses no task", async () => {
    let made = 0
    await using party = await between((_, response) => response.end(JSON.stringify({ task_id: `task-${++made}` })))
    for (let i = 0; i < 30; i++) {
      assert.strictEqual(await party.client.create({ sample, text: `Hello ${i}` }), `task-${i + 1}`)
    }
    const entries = await party.entries()
    assert.sameMembers(
      entries.map(({ state, taskId }) => `${state} ${taskId}`),
      Array.from({ length: 30 }, (_, i) => `submitted task-${i + 1}`),
    )
  })

  it("that refuses it before the end of the upload leaves nothing in doubt", async () => {
    await using party = await between((_, response) =>
      response.writeHead(401, { "content-type": "application/json" }).end(`{"detail":"Invalid or missing API key"}`),
    )
    for (let i = 0; i < 30; i++) {
      const error = await party.client.create({ sample, text: `Hello ${i}` }).catch((error: unknown) => error)
      assert.propertyVal(error, "_tag", "InvalidApiKey")
    }
    assert.deepStrictEqual(await party.entries(), [])
  })

  it("that has begun is heard to its end, though we are told to stop", async () => {
    const stop = new AbortController()
    const events: Array<JobEvent> = []
    await using party = await between((request, response) => {
      request.resume().on("end", () => {
        const body = JSON.stringify({ task_id: "task-77" })
        response.writeHead(200, { "content-length": body.length }).write(body.slice(0, 4))
        setTimeout(() => stop.abort(), 100)
        setTimeout(() => response.end(body.slice(4)), 300)
      })
    })
    const { signal } = stop
    const onEvent = (event: JobEvent) => void events.push(event)
    const outcome = await party.client
      .create({ sample, text: "Hello", signal, onEvent })
      .catch((error: unknown) => error)
    assert.instanceOf(outcome, Error)
    const entries = await party.entries()
    assert.deepStrictEqual(
      entries.map(({ state, taskId }) => `${state} ${taskId}`),
      ["submitted task-77"],
    )
    assert.isTrue(events.some((event) => event._tag === "Submitted" && event.taskId === "task-77"))
  })
})
