/**
 * A page and the API it calls, at one address: the result comes slowly enough to be broken off anywhere, and what is asked
 * for is written down.
 */
import * as WavFile from "@voiceclone/testing/WavFile"
import { createHash } from "node:crypto"
import { once } from "node:events"
import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { build } from "vite"

const root = fileURLToPath(new URL("../page/", import.meta.url))

/** The files of a page, by their paths. */
type Bundle = ReadonlyMap<string, string | Uint8Array>

/** With what is named by `elsewhere` left to be loaded from those paths. */
export const bundle = async (page: string, elsewhere: Readonly<Record<string, string>> = {}): Promise<Bundle> => {
  const built = await build({
    root,
    configFile: false,
    logLevel: "silent",
    plugins: [
      {
        name: "elsewhere",
        enforce: "pre",
        resolveId: (id) => (id in elsewhere ? { id: elsewhere[id]!, external: true } : undefined),
      },
    ],
    resolve: { conditions: ["@voiceclone/source", "browser", "import", "default"] },
    build: { write: false, target: "es2023", rolldownOptions: { input: `${root}${page}` } },
  })
  const outputs = Array.isArray(built) ? built : [built]
  const files = outputs.flatMap((output) => ("output" in output ? output.output : []))
  return new Map(files.map((file) => [`/${file.fileName}`, file.type === "chunk" ? file.code : file.source]))
}

const types: Record<string, string> = { html: "text/html", js: "text/javascript", css: "text/css" }

/** What a result's bytes are sent in, and the pause after each piece. */
const pieceBytes = 32 * 1024
const pauseMillis = 20

export const start = async (page: string, files: Bundle) => {
  const result = WavFile.make({ data: Uint8Array.from({ length: 6_000_000 }, (_, at) => (at * at) >> 7) })
  const etag = '"one"'
  const creates: Array<string> = []
  const ranges: Array<string | undefined> = []
  const polls: Array<string> = []
  const settings = { isSlow: true, status: "completed", answersPolls: true, isBusy: false }

  const sendResult = async (response: ServerResponse, range: string | undefined) => {
    ranges.push(range)
    const first = Number(/^bytes=(\d+)-/.exec(range ?? "")?.[1] ?? 0)
    const part = result.subarray(first)
    response.writeHead(first === 0 ? 200 : 206, {
      "content-type": "audio/wav",
      "content-length": part.byteLength,
      etag,
      ...(first === 0 ? {} : { "content-range": `bytes ${first}-${result.byteLength - 1}/${result.byteLength}` }),
    })
    for (let at = 0; at < part.byteLength && !response.destroyed; at += pieceBytes) {
      response.write(part.subarray(at, at + pieceBytes))
      if (settings.isSlow) await sleep(pauseMillis)
    }
    response.end()
  }

  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost")
    const json = (value: unknown, status = 200) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value))
    const file = files.get(pathname)
    if (file !== undefined) {
      const type = types[pathname.slice(pathname.lastIndexOf(".") + 1)] ?? "application/octet-stream"
      return void response.writeHead(200, { "content-type": type }).end(file)
    }
    if (pathname.endsWith("/create-task")) {
      creates.push(String(request.headers["idempotency-key"]))
      request.resume()
      return void request.on("end", () => json({ task_id: `task-${creates.length}` }))
    }
    if (pathname.includes("/task-status/task-")) {
      polls.push(pathname.slice(pathname.lastIndexOf("/") + 1))
      if (settings.isBusy) return void json({ detail: "Busy" }, 503)
      return void (settings.answersPolls && json({ status: settings.status }))
    }
    if (pathname.includes("/task-result/task-")) return void sendResult(response, request.headers.range)
    json({ detail: "Not found" }, 404)
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/${page}`,
    sha256: createHash("sha256").update(result).digest("hex"),
    /** The idempotency keys of the create calls that came. */
    creates,
    /** The tasks whose status was asked for, each time. */
    polls,
    /** The ranges of the result that were asked for. */
    ranges,
    settings,
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
