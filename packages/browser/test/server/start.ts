/**
 * Servers for the browser's tests, in a process of their own: two real ones, one that every page may call and one that
 * only pages of another origin may; one that redirects and compresses, which it says or hides; one that quotes tokens; and that of the suite for
 * HTTP clients. Says where they are as one line of JSON, and ends with its standard input.
 */
import * as EmbeddedServer from "@voiceclone/server/EmbeddedServer"
import * as HttpClientConformanceServer from "@voiceclone/testing/HttpClientConformanceServer"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"

const directory = mkdtempSync(join(tmpdir(), "voiceclone-browser-"))

const start = async (name: string, allowedOrigins: ReadonlyArray<string> = []) => {
  const server = await EmbeddedServer.start({ dataDirectory: join(directory, name), port: 0, allowedOrigins })
  return { ...server, access: { baseUrl: server.baseUrl, apiKey: server.apiKey } }
}

const open = await start("open")
const foreign = await start("foreign", ["https://elsewhere.example"])

const voice = gzipSync(readFileSync(new URL("../../../../examples/voice.wav", import.meta.url)))
const twisted = createServer(({ method, url }, response) => {
  response.setHeader("access-control-allow-origin", "*")
  response.setHeader("access-control-allow-headers", "authorization")
  // a page is shown the length of the compressed body all the same
  if (url?.startsWith("/hiding") !== true) response.setHeader("access-control-expose-headers", "content-encoding")
  if (method === "OPTIONS") response.writeHead(204).end()
  else if (url?.includes("task-result") === true) {
    const fields = { "content-type": "audio/wav", "content-encoding": "gzip", "content-length": voice.byteLength }
    response.writeHead(200, fields).end(voice)
  } else response.writeHead(302, { location: "https://elsewhere.example/" }).end()
})
await once(twisted.listen(0, "127.0.0.1"), "listening")
const { port } = twisted.address() as AddressInfo

/** Quotes what it has been sent for tokens, the last one first, in ways in which servers write. */
const sent: Array<string> = []
const quoter = createServer(({ headers, method }, response) => {
  response.setHeader("access-control-allow-origin", "*")
  response.setHeader("access-control-allow-headers", "authorization")
  if (method === "OPTIONS") return void response.writeHead(204).end()
  sent.unshift(headers.authorization?.replace("Bearer ", "") ?? "")
  const words = sent.flatMap((token) => [token, encodeURIComponent(token), token.replaceAll("&", "&amp;")]).join(" ")
  const [status, body] = [
    [403, JSON.stringify({ detail: `Not your task: ${words}` }).replaceAll("/", "\\/")],
    [500, `<title>Refused: ${words}</title>`],
    [422, JSON.stringify({ detail: [{ loc: ["header", sent[0]], msg: words }] })],
  ][sent.length % 3] as [number, string]
  response.writeHead(status).end(body)
})
await once(quoter.listen(0, "127.0.0.1"), "listening")

const { close, ...conformance } = await HttpClientConformanceServer.start()

const servers = {
  open: open.access,
  foreign: foreign.access,
  twisted: { baseUrl: `http://127.0.0.1:${port}/api`, apiKey: "key" },
  hiding: { baseUrl: `http://127.0.0.1:${port}/hiding`, apiKey: "key" },
  quoting: { baseUrl: `http://127.0.0.1:${(quoter.address() as AddressInfo).port}/api` },
  conformance,
}
process.stdout.write(`${JSON.stringify(servers)}\n`)

process.stdin.resume()
await once(process.stdin, "end")
for (const server of [twisted, quoter]) {
  server.close()
  server.closeAllConnections()
}
await Promise.all([open.close(), foreign.close(), close()])
rmSync(directory, { recursive: true, force: true })
