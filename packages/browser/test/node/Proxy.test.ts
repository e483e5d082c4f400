/** The server between page and API, as README has it: its words are run, in front of a real server. */
import * as EmbeddedServer from "@voiceclone/server/EmbeddedServer"
import { once } from "node:events"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { assert, describe, it } from "vitest"
import type { Job } from "../page/job.ts"
import * as browser from "./browser.ts"
import * as slowServer from "./slowServer.ts"

declare const job: Job

interface Asked {
  readonly url: string
  readonly method: string
  readonly headers: Record<string, string>
  readonly body: ReadableStream | undefined
}

/** Fields of the answers that README says to hand on. */
const handedOn = async (readme: string) => {
  const [, sentence = ""] = /hands on the status, ([^]*?) of the answers/.exec(readme) ?? []
  return Array.from(sentence.matchAll(/`([^`]+)`/g), ([, name]) => name!)
}

const recipe = async (readme: string, baseUrl: string) => {
  const [, code = ""] = /```js\n(\/\/ on your server[^]*?)```/.exec(readme) ?? []
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor
  const own = code.replace("https://aivoiceclonefree.com", new URL(baseUrl).origin)
  assert.notStrictEqual(own, code)
  return new AsyncFunction("request", "key", "only", `${own}\nreturn answer`) as (
    request: Asked,
    key: string,
    only: (headers: Record<string, string>, names: ReadonlyArray<string>) => Record<string, string>,
  ) => Promise<Response>
}

const only = (headers: Record<string, string>, names: ReadonlyArray<string>) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => names.includes(name)))

describe("a server between page and API", () => {
  it("lets a visitor do whole jobs by a cookie, and sees the key alone", { timeout: 90_000 }, async () => {
    const directory = await mkdtemp(join(tmpdir(), "voiceclone-proxy-"))
    const api = await EmbeddedServer.start({ dataDirectory: directory, port: 0, engine: "fixed" })
    const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8")
    const ask = await recipe(readme, api.baseUrl)
    const fields = await handedOn(readme)
    assert.includeMembers(fields, ["content-type", "etag", "idempotency-key"])
    const files = await slowServer.bundle("job.html")
    const server = createServer((request, response) => {
      const { headers, method = "GET", url = "/" } = request
      const file = files.get(url)
      if (file !== undefined) {
        const type = url.endsWith(".html") ? "text/html" : "text/javascript"
        return void response.writeHead(200, { "content-type": type, "set-cookie": "visitor=anna; HttpOnly" }).end(file)
      }
      if (headers.cookie !== "visitor=anna") return void response.writeHead(401).end()
      const body = method === "POST" ? (Readable.toWeb(request) as ReadableStream) : undefined
      void ask({ url, method, headers: headers as Record<string, string>, body }, api.apiKey, only)
        .then(async (answer) => {
          response.writeHead(answer.status, only(Object.fromEntries(answer.headers), fields))
          await pipeline(answer.body === null ? Readable.from([]) : Readable.fromWeb(answer.body as never), response)
        })
        .catch((error: Error) => response.destroy(error))
    })
    await once(server.listen(0, "127.0.0.1"), "listening")
    const { port } = server.address() as AddressInfo
    await using chromium = await browser.start()
    try {
      const page = await chromium.context().newPage()
      await page.goto(`http://127.0.0.1:${port}/job.html`)
      const { events } = await page.evaluate(() => job.speak())
      assert.includeMembers(events, ["Submitted", "Verified", "Saved"])
      // a request may name a host of its own, which here would make aivoiceclonefree.company of the server's
      const elsewhere = {
        url: "pany://x/api/async-clone/task-status/none",
        method: "GET",
        headers: {},
        body: undefined,
      }
      assert.strictEqual((await ask(elsewhere, api.apiKey, only)).status, 404)
      await chromium.context().clearCookies()
      assert.strictEqual(await page.evaluate(() => job.failure()).then((failure) => failure?._tag), "InvalidApiKey")
    } finally {
      server.close()
      server.closeAllConnections()
      await api.close()
      await rm(directory, { recursive: true, force: true })
    }
  })
})
