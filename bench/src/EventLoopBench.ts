/**
 * How late the server's event loop is while it makes speech and 16 clients ask for statuses, beside what
 * the same questions cost it without speech, and with a thread that does nothing but spin. "Own" is the CPU time of the
 * loop's thread between two looks: as much of the delay as our code can cause, however busy the machine is with other work.
 */
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { scratch } from "./Bundled.ts"
import { compare, type Figures, plain, root, rounds, save, table } from "./Comparison.ts"
import * as Recogniser from "./voice/Recogniser.ts"

const clients = 16
const seconds = 15
/** Milliseconds between two questions of one client. */
const pause = 100
/** A sample as large as the server takes by default, whose bytes pass through the main thread. */
const largest = 24 * 1024 * 1024

const example = fileURLToPath(new URL("../../examples/voice.wav", import.meta.url))
const sentence = "She told the government that we would open three offices before the end of the year. "

/** The example over and over. */
const repeated = (file: Buffer, bytes: number): Buffer => {
  const samples = Float32Array.from({ length: (file.length - 44) / 2 }, (_, i) => file.readInt16LE(44 + 2 * i) / 32_768)
  const long = new Float32Array(bytes / 2)
  for (let at = 0; at < long.length; at += samples.length) long.set(samples.subarray(0, long.length - at), at)
  return Recogniser.wav(long, file.readUInt32LE(24))
}

interface Api {
  readonly create: (sample: Buffer, text: string) => Promise<string>
  readonly status: (task: string) => Promise<string>
  readonly remove: (task: string) => Promise<unknown>
}

const apiOf = ({ apiKey, baseUrl }: { readonly apiKey: string; readonly baseUrl: string }): Api => {
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${baseUrl}/async-clone/${path}`, {
      ...init,
      headers: { authorization: `Bearer ${apiKey}` },
    })
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`)
    return (await response.json()) as { readonly task_id: string; readonly status: string }
  }
  return {
    create: async (sample, text) => {
      const body = new FormData()
      body.append("audio_file", new Blob([new Uint8Array(sample)]), "voice.wav")
      body.append("text", text)
      return (await ask("create-task", { method: "POST", body })).task_id
    },
    status: async (task) => (await ask(`task-status/${task}`)).status,
    remove: (task) => ask(`task/${task}`, { method: "DELETE" }),
  }
}

/** Clients that ask until they are told to stop. Gives how many answers they got, and the time the slowest percent took. */
const asking = (api: Api, tasks: ReadonlyArray<string>) => {
  const times: Array<number> = []
  const over = new AbortController()
  const client = async (number: number) => {
    for (let turn = number; !over.signal.aborted; turn++) {
      const began = performance.now()
      await api.status(tasks[turn % tasks.length]!)
      times.push(performance.now() - began)
      await sleep(pause)
    }
  }
  const all = Promise.all(Array.from({ length: clients }, (_, number) => client(number)))
  return async () => {
    over.abort()
    await all
    const sorted = times.toSorted((a, b) => a - b)
    return { answers: times.length / seconds, answer99: sorted[Math.floor(0.99 * sorted.length)]! }
  }
}

const report = async (server: ChildProcess, beside: "spin" | "rest"): Promise<Figures> => {
  const answer = once(server, "message")
  server.send(beside)
  return ((await answer) as [Figures])[0]
}

export const run = async (): Promise<void> => {
  await using files = await scratch()
  const server = fork(join(root, "servers", "speaking.ts"), [files.path("data")])
  const ended = once(server, "exit")
  try {
    const [started] = (await Promise.race([once(server, "message"), ended])) as [Parameters<typeof apiOf>[0]]
    const api = apiOf(started)
    const voice = await readFile(example)
    const short = await api.create(voice, sentence)
    while ((await api.status(short)) !== "completed") await sleep(100)

    const measure = (beside: "spin" | "rest", start: () => Promise<ReadonlyArray<string>>) => async () => {
      await report(server, beside)
      // They ask from the start: upload, decoding and the fit of the voice are a part of it.
      const tasks = [short]
      const stop = asking(api, tasks)
      tasks.push(...(await start()))
      await sleep(seconds * 1000)
      const figures = await report(server, "rest")
      const answers = await stop()
      for (const task of tasks.slice(1)) await api.remove(task)
      return { ...figures, ...answers }
    }
    const speech = async () => [
      await api.create(repeated(voice, largest), "Hello. ".repeat(3)),
      // Long enough for all the time that is measured.
      await api.create(voice, sentence.repeat(1_100)),
    ]
    const outcomes = await compare(
      "event loop",
      [
        { name: "statuses alone", run: measure("rest", () => Promise.resolve([])) },
        { name: "beside a thread that spins", run: measure("spin", () => Promise.resolve([])) },
        { name: "beside speech", run: measure("rest", speech) },
      ],
      rounds(1),
    )
    table(`How late the server's event loop is, over ${seconds} s`, outcomes, [
      plain("p50 ms", "p50", 1),
      plain("p99 ms", "p99", 1),
      plain("worst ms", "worst", 1),
      plain("own p99 ms", "own99", 1),
      plain("own worst ms", "ownWorst", 1),
      plain("loop busy %", "busy", 0, 100),
      plain("statuses a second", "answers"),
      plain("their p99 ms", "answer99", 1),
    ])
    await save("eventloop", outcomes)
  } finally {
    server.kill("SIGKILL")
    await ended
  }
}
