/**
 * What a page loads of a program, and when: counted at a server, as a browser asks for it.
 */
import { execFileSync } from "node:child_process"
import { readFile, readdir } from "node:fs/promises"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"
import { chromium } from "playwright"
import { root } from "./Comparison.ts"

/** Prints the path of a Chromium, and installs one where there is none. */
const finder = fileURLToPath(new URL("../../scripts/chromium.mjs", import.meta.url))

/** Bytes of script, gzipped, up to an event. */
export interface Loaded {
  /** Before anything is called. */
  readonly page: number
  /** For the first answer to a status call. */
  readonly call: number
  /** For waiting, too. */
  readonly wait: number
  /** For what other clients do: to create a task, wait for it, and have its result in memory, verified. */
  readonly memory: number
  /** For whole jobs in place of that: journalled, resumed, saved in files. */
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
  readonly submit: (task: { readonly sample: Blob; readonly text: string }) => Promise<string>
  readonly receive: (id: string) => Promise<{ readonly blob: Blob }>
  readonly clone: (job: { readonly sample: Blob; readonly text: string }) => Promise<{ readonly blob: Blob }>
}

declare const subject: new (options: object) => Client

type Step = keyof Loaded

const speech = await readFile(join(root, "..", "examples", "voice.wav"))

/** What the API says to each call. */
const answerOf = (path: string): readonly [type: string, body: string | Uint8Array] =>
  path.includes("/task-result/")
    ? ["audio/wav", speech]
    : [
        "application/json",
        JSON.stringify(path.endsWith("/create-task") ? { task_id: "task" } : { status: "completed" }),
      ]

/** Loads the program in Chromium, and has its `VoiceClone` do more and more. */
export const inSteps = async (directory: string): Promise<Loaded> => {
  let bytes = 0
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost")
    const answer = (type: string, body: string | Uint8Array) => response.setHeader("content-type", type).end(body)
    if (pathname === "/") return void answer("text/html", `<script type="module" src="/main.js"></script>`)
    if (pathname.startsWith("/api/")) {
      request.resume().on("end", () => answer(...answerOf(pathname)))
      return
    }
    readFile(join(directory, ...pathname.split("/"))).then(
      (code) => {
        bytes += gzipped(code)
        answer("text/javascript", code)
      },
      () => response.writeHead(404).end(),
    )
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  const { port } = server.address() as AddressInfo
  const browser = await chromium.launch({
    executablePath: execFileSync(process.execPath, [finder], { encoding: "utf8" }).trim(),
    args: ["--disable-gpu"],
    chromiumSandbox: false,
  })
  /** Takes the steps in a page of their own, and says what was loaded after each. */
  const visit = async (...steps: ReadonlyArray<Step>): Promise<ReadonlyArray<number>> => {
    // nothing is in its cache, and nothing in its journal
    const context = await browser.newContext()
    bytes = 0
    const page = await context.newPage()
    await page.goto(`http://127.0.0.1:${port}/`, { waitUntil: "load" })
    const loaded: Array<number> = []
    for (const step of steps) {
      const size = await page.evaluate(async (step) => {
        const client = new subject({ baseUrl: "/api", credentials: "same-origin" })
        const order = { sample: new Blob([new Uint8Array(1000)], { type: "audio/wav" }), text: "Hello!" }
        if (step === "call") await client.status("task")
        else if (step === "wait") await client.wait("task")
        else if (step === "memory") {
          const id = await client.submit(order)
          await client.wait(id)
          return (await client.receive(id)).blob.size
        } else if (step === "job") return (await client.clone(order)).blob.size
        return undefined
      }, step)
      if (size !== undefined && size !== speech.byteLength) throw new Error(`${step}: ${size} bytes came`)
      loaded.push(bytes)
    }
    await context.close()
    return loaded
  }
  try {
    const [page = 0, call = 0, wait = 0, memory = 0] = await visit("page", "call", "wait", "memory")
    const [job = 0] = await visit("job")
    return { page, call, wait, memory, job }
  } finally {
    await browser.close()
    server.close()
    server.closeAllConnections()
  }
}
