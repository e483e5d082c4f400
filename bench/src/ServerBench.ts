/**
 * The server beside node:http, Fastify and nginx: statuses, results, and what waiting clients, sleeping tasks, and large
 * bodies take of its memory.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { createInterface } from "node:readline"
import * as Bundled from "./Bundled.ts"
import * as Child from "./Child.ts"
import {
  compare,
  type Figures,
  note,
  type Outcome,
  plain,
  ratio,
  root,
  rounds,
  save,
  type Subject,
  table,
} from "./Comparison.ts"
import * as Served from "./Served.ts"

const base = "node:http"
const ours = "voiceclone"
const mebibyte = 1024 * 1024

const load = join(root, "src", "Load.ts")
const get = (path: string, headers: ReadonlyArray<string> = []) =>
  ["GET " + path + " HTTP/1.1", "Host: bench", "Authorization: Bearer vc_bench", ...headers, "", ""].join("\r\n")
const statusPath = (id: string) => `/api/async-clone/task-status/${id}`
const resultPath = (id: string) => `/api/async-clone/task-result/${id}`

/** A sample of so many bytes that is a WAV file as far as anyone looks. */
const wav = (bytes: number): Buffer => {
  const sample = Buffer.alloc(bytes, 1)
  sample.write("RIFF", 0)
  sample.writeUInt32LE(bytes - 8, 4)
  sample.write("WAVEfmt ", 8)
  sample.writeUInt32LE(16, 16)
  sample.writeUInt16LE(1, 20)
  sample.writeUInt16LE(1, 22)
  sample.writeUInt32LE(48_000, 24)
  sample.writeUInt32LE(96_000, 28)
  sample.writeUInt16LE(2, 32)
  sample.writeUInt16LE(16, 34)
  sample.write("data", 36)
  sample.writeUInt32LE(bytes - 44, 40)
  return sample
}

const authorization = { authorization: "Bearer vc_bench" }

const create = async (port: number, text: string, sample = wav(200_044)): Promise<string> => {
  const form = new FormData()
  form.append("audio_file", new Blob([new Uint8Array(sample)]), "voice.wav")
  form.append("text", text)
  const url = `http://127.0.0.1:${port}/api/async-clone/create-task`
  const answer = await fetch(url, { method: "POST", body: form, headers: authorization })
  if (answer.status !== 200) throw new Error(`create: ${answer.status} ${await answer.text()}`)
  return ((await answer.json()) as { readonly task_id: string }).task_id
}

const statusOf = async (port: number, id: string, wait = ""): Promise<Record<string, unknown>> => {
  const answer = await fetch(`http://127.0.0.1:${port}${statusPath(id)}`, {
    headers: { ...authorization, ...(wait === "" ? {} : { prefer: wait }) },
  })
  return (await answer.json()) as Record<string, unknown>
}

const completed = async (port: number, text: string): Promise<string> => {
  const id = await create(port, text)
  for (;;) {
    const { status } = await statusOf(port, id, "wait=60")
    if (status === "completed") return id
    if (status === "failed") throw new Error("The task has failed")
  }
}

/** One run of the load, and what it cost the server. */
const loaded = async (served: Served.Served, kind: string, request: string, amount: number): Promise<Figures> => {
  const before = served.cpu()
  const figures = JSON.parse(
    (await Child.output(process.execPath, [load, kind, String(served.port), request, String(amount)])).trim(),
  ) as Figures
  return { ...figures, cpu: served.cpu() - before, rss: served.peak() }
}

type Files = Awaited<ReturnType<typeof Bundled.scratch>>

/** Ours, with a data directory of its own, and as `deploy/` runs it. */
const voiceclone = async (files: Files, level: string, unbundled?: string) => {
  const file = unbundled ?? (await Bundled.server("voiceclone"))
  const directory = files.path(`data-${Math.random().toString(36).slice(2)}`)
  return Served.node(file, [directory, level], files.path("server.log"), "--max-semi-space-size=4")
}

const statuses = async (files: Files) => {
  await using ready = await voiceclone(files, "info")
  await using wordy = await voiceclone(files, "debug")
  await using loose = await voiceclone(files, "info", Served.script("voiceclone"))
  const ids = new Map<Served.Served, string>()
  for (const served of [ready, wordy, loose]) ids.set(served, await completed(served.port, "44100"))
  const body = JSON.stringify(await statusOf(ready.port, ids.get(ready)!))
  const inWork = await create(ready.port, "wait")
  await using plainHttp = await Served.node(Served.script("nodeHttp"), [body], files.path("server.log"))
  await using fastify = await Served.node(Served.script("fastify"), [body], files.path("server.log"))
  const place = files.path("nginx-status")
  const document = join(place, "www", statusPath("task"))
  mkdirSync(dirname(document), { recursive: true })
  writeFileSync(document, body)
  await using nginx = await Served.nginx(place)

  const seconds = Number(process.env["BENCH_SECONDS"] ?? 1)
  const subject = (name: string, served: Served.Served, id = "task"): Subject => ({
    name,
    run: async () => {
      const {
        answers = 0,
        cpu = 0,
        wall = 1,
        rss = 0,
      } = await loaded(served, "repeated", get(statusPath(id)), seconds * 1000)
      return { rate: (answers / wall) * 1000, each: (cpu * 1000) / answers, rss }
    },
  })
  // a virtual machine gives more in one second than in the next: many short rounds, by turns
  const times = rounds(25)
  const outcomes = await compare(
    "status",
    [
      subject(base, plainHttp),
      subject(ours, ready, ids.get(ready)),
      subject("voiceclone, of a task in work", ready, inWork),
      subject("voiceclone, a log line each", wordy, ids.get(wordy)),
      subject("voiceclone, not bundled", loose, ids.get(loose)),
      subject("Fastify", fastify),
      subject("nginx, a file", nginx),
    ],
    times,
  )
  table(`Status answers, 64 connections, ${seconds} s (median of ${times})`, outcomes, [
    plain("requests/s", "rate"),
    ratio("rate ×", "rate", outcomes, base),
    plain("CPU µs each", "each", 1),
    ratio("CPU ×", "each", outcomes, base),
    plain("peak MB", "rss", 0, 1e-6),
  ])
  return outcomes
}

const results = async (files: Files) => {
  const all: Array<{ readonly megabytes: number; readonly outcomes: ReadonlyArray<Outcome> }> = []
  for (const megabytes of [10, 512, 2048]) {
    const bytes = megabytes * mebibyte
    const place = files.path(`nginx-${megabytes}`)
    const file = join(place, "www", resultPath("task"))
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, "")
    const { truncate } = await import("node:fs/promises")
    await truncate(file, bytes)
    await using served = await voiceclone(files, "info")
    const id = await completed(served.port, String(bytes - 44))
    await using plainHttp = await Served.node(Served.script("nodeHttp"), ["{}", file], files.path("server.log"))
    await using fastify = await Served.node(Served.script("fastify"), ["{}", file], files.path("server.log"))
    await using nginx = await Served.nginx(place)
    const subject = (name: string, of: Served.Served, id = "task"): Subject => ({
      name,
      run: async () => {
        const request = get(resultPath(id), ["Connection: close"])
        const figures = await loaded(of, "whole", request, 0)
        if ((figures["bytes"] ?? 0) < bytes) throw new Error(`${figures["bytes"]} bytes of ${bytes}`)
        return { ...figures, rate: bytes / (figures["wall"] ?? 1) / 1000 }
      },
    })
    const times = rounds(megabytes > 1000 ? 3 : 5)
    const outcomes = await compare(
      `result of ${megabytes} MiB`,
      [subject(base, plainHttp), subject(ours, served, id), subject("Fastify", fastify), subject("nginx", nginx)],
      times,
    )
    table(`Result of ${megabytes} MiB (median of ${times})`, outcomes, [
      plain("MB/s", "rate"),
      ratio("rate ×", "rate", outcomes, base),
      plain("CPU ms", "cpu"),
      ratio("CPU ×", "cpu", outcomes, base),
      plain("peak MB", "rss", 0, 1e-6),
    ])
    all.push({ megabytes, outcomes })
  }
  return all
}

/** Clients that are held, by what holds them. */
/** Long enough for followers of events to have been told several times, each 15 s, that nothing has changed. */
const heldSeconds = 50

const waiting = (files: Files, count: number): ReadonlyArray<Subject> => {
  const subject = (name: string, request: (id: string) => string, busy = 0): Subject => ({
    name,
    run: async () => {
      await using served = await voiceclone(files, "warn")
      for (let i = 0; i < busy; i++) await create(served.port, "wait")
      const id = await create(served.port, "wait")
      await statusOf(served.port, id)
      const before = await served.memory()
      const child = Child.adopt(
        spawn(process.execPath, [load, "held", String(served.port), request(id), String(count)], {
          stdio: ["ignore", "pipe", "inherit"],
        }),
      )
      await once(createInterface(child.stdout), "line")
      await new Promise((resolve) => setTimeout(resolve, heldSeconds * 1000))
      const after = await served.memory()
      child.kill("SIGKILL")
      const heap = after.heapUsed + after.external - before.heapUsed - before.external
      return { heap: heap / count, rss: (after.rss - before.rss) / count }
    },
  })
  const events = (id: string) => get(`/api/async-clone/task-events/${id}`)
  return [
    subject("Prefer: wait=60", (id) => get(statusPath(id), ["Prefer: wait=60"])),
    subject("task-events, of a task in work", events),
    subject("task-events, of one in the queue", events, 4),
  ]
}

const sleeping = async (files: Files, count: number): Promise<Figures> => {
  await using served = await voiceclone(files, "warn")
  const sample = wav(4044)
  await completed(served.port, "200")
  const before = await served.memory()
  const began = performance.now()
  let left = count
  const one = async () => {
    while (left-- > 0) await create(served.port, "200", sample)
  }
  await Promise.all(Array.from({ length: 16 }, one))
  await completed(served.port, "200")
  const wall = performance.now() - began
  const after = await served.memory()
  return { heap: after.heapUsed - before.heapUsed, rss: after.rss - before.rss, rate: (count / wall) * 1000 }
}

const uploads = async (files: Files, megabytes: number): Promise<Figures> => {
  await using served = await voiceclone(files, "warn")
  const sample = wav(megabytes * mebibyte)
  const before = served.cpu()
  const began = performance.now()
  for (let i = 0; i < 3; i++) await create(served.port, "200", sample)
  return { wall: (performance.now() - began) / 3, cpu: (served.cpu() - before) / 3, rss: served.peak() }
}

export const run = async (): Promise<void> => {
  await using files = await Bundled.scratch()
  const status = await statuses(files)
  const result = await results(files)

  const clients = 2000
  const held = await compare("waiting clients", waiting(files, clients), rounds(1))
  table(`${clients} waiting clients, after ${heldSeconds} s`, held, [
    plain("heap kB each", "heap", 1, 1e-3),
    plain("resident kB each", "rss", 1, 1e-3),
  ])

  const tasks = Number(process.env["BENCH_TASKS"] ?? 10_000)
  const kept = await compare("tasks", [{ name: `${tasks} completed tasks`, run: () => sleeping(files, tasks) }], 1)
  table("Tasks that wait for the end of their retention", kept, [
    plain("heap MB", "heap", 2, 1e-6),
    plain("resident MB", "rss", 1, 1e-6),
    plain("tasks/s", "rate"),
  ])

  const sizes = [1, 10, 25, 100, 250]
  const uploaded = await compare(
    "uploads",
    sizes.map((size) => ({ name: `${size} MiB`, run: () => uploads(files, size) })),
    rounds(1),
  )
  table("Uploads, three one after the other", uploaded, [
    plain("wall ms each", "wall"),
    plain("CPU ms each", "cpu"),
    plain("peak MB", "rss", 0, 1e-6),
  ])
  await save("server", { status, result, held, kept, uploaded })
  note("done")
}
