/**
 * The same as Fastify does it, with a schema for the answer. Arguments: the JSON of a status; the file.
 */
import { createReadStream, statSync } from "node:fs"
import type { AddressInfo } from "node:net"
import Fastify from "fastify"
import { argument, ready } from "./listening.ts"

const status = JSON.parse(argument(0)) as Readonly<Record<string, unknown>>
const file = argument(1)
const size = file === "" ? 0 : statSync(file).size

const properties = Object.fromEntries(
  Object.entries(status).map(([name, value]) => [name, { type: value === null ? "null" : typeof value }]),
)
const app = Fastify({ keepAliveTimeout: 75_000 })
app.get(
  "/api/async-clone/task-status/:id",
  { schema: { response: { 200: { type: "object", properties } } } },
  () => status,
)
app.get("/api/async-clone/task-result/:id", (_, reply) =>
  reply
    .header("content-type", "audio/wav")
    .header("content-length", size)
    .send(createReadStream(file, { highWaterMark: 1024 * 1024 })),
)
await app.listen({ port: 0, host: "127.0.0.1", backlog: 16_384 })
ready({ port: (app.server.address() as AddressInfo).port })
