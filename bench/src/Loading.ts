/**
 * What a page loads of a program, and when: counted at a server, as a browser asks for it.
 */
import { readFile, readdir } from "node:fs/promises"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { chromium } from "playwright"

/** Bytes of script, gzipped, up to an event. */
export interface Loaded {
  /** Before anything is called. */
  readonly page: number
  /** For the first answer to a status call. */
  readonly call: number
  /** For waiting, too. */
  readonly wait: number
  /** For whole jobs, too. */
  readonly job: number
}

const gzipped = (code: Uint8Array): number => gzipSync(code, { level: 9 }).byteLength

/** All of a program. */
export const whole = async (directory: string): Promise<number> => {
  const names = await readdir(directory, { recursive: true })
  const scripts = names.filter((name) => name.endsWith(".js"))
  const sizes = await Promise.all(scripts.map(async (name) => gzipped(await readFile(join(directory, name)))))
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** The members of the client that are called here: it comes from the page, under whatever name it was bundled. */
interface Client {
  readonly status: (id: string) => Promise<unknown>
  readonly wait: (id: string) => Promise<unknown>
  readonly jobs: () => Promise<unknown>
}

declare const subject: new (options: object) => Client

/** Loads the program in Chromium, and has its `VoiceClone` do more and more. */
export const inSteps = async (directory: string): Promise<Loaded> => {
  let bytes = 0
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost")
    const answer = (type: string, body: string | Uint8Array) => response.setHeader("content-type", type).end(body)
    if (pathname === "/") return void answer("text/html", `<script type="module" src="/main.js"></script>`)
    if (pathname.startsWith("/api/")) return void answer("application/json", `{"status":"completed"}`)
    readFile(join(directory, ...pathname.split("/"))).then(
      (code) => {
        bytes += gzipped(code)
        answer("text/javascript", code)
      },
      () => response.writeHead(404).end(),
    )
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  const browser = await chromium.launch({
    ...(process.env["CHROMIUM_PATH"] === undefined ? {} : { executablePath: process.env["CHROMIUM_PATH"] }),
    args: ["--disable-gpu"],
    chromiumSandbox: false,
  })
  try {
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, { waitUntil: "load" })
    const loaded = { page: bytes }
    const client = await page.evaluateHandle(
      () => new subject({ baseUrl: "/api", credentials: "same-origin", journal: false, files: false }),
    )
    await client.evaluate((client) => client.status("task"))
    const call = bytes
    await client.evaluate((client) => client.wait("task"))
    const wait = bytes
    await client.evaluate((client) => client.jobs())
    return { ...loaded, call, wait, job: bytes }
  } finally {
    await browser.close()
    server.close()
    server.closeAllConnections()
  }
}
