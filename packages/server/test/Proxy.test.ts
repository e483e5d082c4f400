/**
 * The server behind the proxies of the documentation, with their own configurations, where they are installed.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { get } from "node:http"
import { type AddressInfo, createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Server } from "../src/Server.ts"
import { anna, call, create, eventually, sample, serve, stubResult, temporary, until } from "./TestServer.ts"

const page = readFileSync(new URL("../../../apps/docs/src/content/docs/guides/proxy.mdx", import.meta.url), "utf8")
const block = (title: string): string => page.split(`title="${title}"\n`)[1]!.split("\n```")[0]!

/** A configuration, with what differs here put in its place; each has to be there. */
const adapted = (configuration: string, places: ReadonlyArray<readonly [from: string, to: string]>): string =>
  places.reduce((text, [from, to]) => {
    assert.include(text, from)
    return text.replaceAll(from, to)
  }, configuration)

const freePort = Effect.promise(async () => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  server.close()
  return port
})

interface Proxy {
  readonly command: string
  readonly args: (configuration: string, directory: string) => ReadonlyArray<string>
  readonly configuration: (port: number, server: number, directory: string) => string
}

const proxies: Readonly<Record<string, Proxy>> = {
  nginx: {
    command: "nginx",
    args: (configuration, directory) => ["-p", directory, "-c", configuration],
    configuration: (port, server, directory) =>
      `daemon off; worker_processes 1; pid ${directory}/pid; error_log ${directory}/log;
      events {}
      http {
        access_log off;
        ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${directory}/${name};`).join(" ")}
        ${adapted(block("nginx.conf"), [
          ["listen 443 ssl", `listen 127.0.0.1:${port}`],
          ["127.0.0.1:8787", `127.0.0.1:${server}`],
        ])}
      }`,
  },
  Caddy: {
    command: "caddy",
    args: (configuration) => ["run", "--adapter", "caddyfile", "--config", configuration],
    configuration: (port, server) =>
      `{
        admin off
        auto_https off
      }
      ${adapted(block("Caddyfile"), [
        ["voices.example.com {", `http://127.0.0.1:${port} {`],
        ["127.0.0.1:8787", `127.0.0.1:${server}`],
      ])}`,
  },
}

const started = ({ args, command, configuration }: Proxy, server: number) =>
  Effect.gen(function* () {
    const port = yield* freePort
    const directory = mkdtempSync(join(tmpdir(), "voiceclone-proxy-"))
    const file = join(directory, "configuration")
    writeFileSync(file, configuration(port, server, directory))
    const child = spawn(command, args(file, directory), {
      stdio: "ignore",
      env: { ...process.env, XDG_DATA_HOME: directory, XDG_CONFIG_HOME: directory },
    })
    yield* Effect.addFinalizer(() =>
      Effect.promise(async () => {
        const closed = once(child, "close")
        // not SIGKILL, after which the worker of nginx would live on
        child.kill("SIGTERM")
        if (child.exitCode === null) await closed
        rmSync(directory, { recursive: true, force: true })
      }),
    )
    yield* eventually(
      "the proxy to listen",
      Effect.promise(() =>
        fetch(`http://127.0.0.1:${port}/`).then(
          () => true,
          () => false,
        ),
      ),
    )
    return port
  })

/** What comes of an event stream within the time of its first event. */
const firstEvent = (url: string) =>
  Effect.promise(
    () =>
      new Promise<string>((resolve, reject) => {
        const request = get(url, { headers: { authorization: `Bearer ${anna}` }, agent: false }, (response) =>
          response.once("data", (chunk: Buffer) => {
            request.destroy()
            resolve(chunk.toString())
          }),
        )
        request.on("error", reject)
      }),
  )

const isInstalled = ({ command }: Proxy): boolean => spawnSync(command, ["-v"]).error === undefined

describe("Behind", () => {
  for (const [name, proxy] of Object.entries(proxies)) {
    it.live.runIf(isInstalled(proxy))(`${name}, as the documentation has it`, () =>
      Effect.gen(function* () {
        const dataDirectory = yield* temporary
        yield* Effect.gen(function* () {
          const { port: behind } = yield* Server
          const port = yield* started(proxy, behind)
          const baseUrl = `http://127.0.0.1:${port}/api`

          const id = yield* create(baseUrl, "Hello.")
          yield* until(baseUrl, id, "completed")
          const result = yield* call(`${baseUrl}/async-clone/task-result/${id}`)
          assert.deepStrictEqual(result.body, stubResult)
          assert.match(result.headers.etag ?? "", /^"[^"]+"$/u)
          const part = yield* call(`${baseUrl}/async-clone/task-result/${id}`, {
            headers: { range: "bytes=8-11", "if-range": result.headers.etag ?? "", "accept-encoding": "gzip" },
          })
          assert.deepStrictEqual([part.status, part.body.toString()], [206, "WAVE"])
          assert.strictEqual(part.headers["repr-digest"], result.headers["repr-digest"])

          // One that waits: its event comes at once, and its status is held.
          const waiting = yield* create(baseUrl, "wait")
          assert.match(yield* firstEvent(`${baseUrl}/async-clone/task-events/${waiting}`), /^id: /u)
          const held = yield* call(`${baseUrl}/async-clone/task-status/${waiting}`, { headers: { prefer: "wait=1" } })
          assert.strictEqual(held.headers["preference-applied"], "wait=1")

          // As large an upload as there may be goes through.
          const large = new FormData()
          large.append(
            "audio_file",
            new Blob([new Uint8Array(sample), new Uint8Array(26_000_000 - sample.length)]),
            "voice.wav",
          )
          large.append("text", "Hello.")
          const accepted = yield* call(`${baseUrl}/async-clone/create-task`, { method: "POST", body: large })
          assert.strictEqual(accepted.status, 200, accepted.body.toString())

          // Metrics are not for the world.
          const metrics = yield* call(`http://127.0.0.1:${port}/metrics`, { headers: { host: "localhost" } })
          assert.notInclude(metrics.body.toString(), "voiceclone_")
        }).pipe(Effect.provide(serve({ dataDirectory })))
      }),
    )
  }
})
