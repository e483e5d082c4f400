import { assert, describe, it } from "@effect/vitest"
import { answer, ask } from "./runtimes/contract.ts"

describe("The contract as a web handler", () => {
  // `npm run test:runtimes` asks for the same on Bun, Deno and workerd.
  it("answers without a server", async () => {
    assert.deepStrictEqual(await ask(answer), [
      ["create", 200, "string"],
      ["status", 200, "completed", "noise 1", "string"],
      ["result", 200, 44_144, true, "audio/wav"],
      ["range", 206, "WAVE", "bytes 8-11/44144"],
      ["list", 200, 1],
      ["wrong key", 401, { detail: "Invalid or missing API key" }],
      ["unknown task", 404, { detail: "Task not found or result not available" }],
      ["wrong method", 405, { detail: "Method PUT is not allowed here; allowed: POST" }],
      ["no form", 415, { detail: "The body must be multipart/form-data" }],
      ["unknown path", 404, { detail: "Not Found" }],
      ["health", 200, { status: "ok" }],
      ["ready", 200, { status: "ok" }],
      ["openapi", 200, "3.1.0", 9],
    ])
  })
})
