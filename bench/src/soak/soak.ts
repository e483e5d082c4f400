/**
 * `npm run test:soak`: whether a job, once paid for, is never lost, never paid twice and never saved wrong.
 *
 * The command does a batch at the server while both are killed over and over, and the wire between them breaks, stalls and
 * lies. Then all is well again, and it ends the batch. The same batch in peace, at another server, says what each file has to be.
 *
 * `SOAK_JOBS` (400); `SOAK_MINUTES` of chaos at most (10); `SOAK_DATABASE_URL`, an empty database of a PostgreSQL: then there are two
 * servers, and one of them is up most of the time.
 */
import { createHash } from "node:crypto"
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import * as Child from "../Child.ts"
import { note, say } from "../Comparison.ts"
import * as Served from "../Served.ts"
import * as FlakyWire from "./FlakyWire.ts"
import * as Mortal from "./Mortal.ts"

const minutes = Number(process.env["SOAK_MINUTES"] ?? 10)
const count = Number(process.env["SOAK_JOBS"] ?? 400)
const databaseUrl = process.env["SOAK_DATABASE_URL"]

const command = fileURLToPath(new URL("../../../packages/cli/dist/voiceclone.cjs", import.meta.url))
const voice = fileURLToPath(new URL("../../../examples/voice.wav", import.meta.url))
const directory = mkdtempSync(join(tmpdir(), "voiceclone-soak-"))
const rows = join(directory, "jobs.jsonl")
const key = "the-soak-s-own"

const one = <A>(choices: ReadonlyArray<A>): A => choices[Math.floor(Math.random() * choices.length)]!

const between = (least: number, most: number): number => least + Math.random() * (most - least)

const words =
  "river stone morning quiet window garden letter yellow winter silver people forest bottle paper simple corner".split(
    " ",
  )

/** Every seventh text is long enough to be in work when a server dies. */
const textOf = (index: number): string => {
  const length = between(5, index % 7 === 0 ? 500 : 40)
  return `Job ${index}: ${Array.from({ length }, () => one(words)).join(" ")}.`
}

/** Servers with what is theirs, and a user with a journal and outputs. */
const placeOf = async (name: string, database: string | undefined) => {
  const at = (file: string) => join(directory, `${name}-${file}`)
  // nothing of whoever runs this: their DATABASE_URL, say, would have these tasks
  const environment = {
    PATH: process.env["PATH"],
    VOICECLONE_SERVER_KEYS: `soak:${key}`,
    VOICECLONE_API_KEY: key,
    HOME: at("home"),
    XDG_STATE_HOME: at("state"),
    ...(database === undefined ? {} : { DATABASE_URL: database }),
  }
  const ports = await Promise.all(Array.from({ length: database === undefined ? 1 : 2 }, Served.freePort))
  const baseUrl = (port: number) => `http://127.0.0.1:${port}/api`
  const api = (port: number) => ["--json", "--base-url", baseUrl(port)]
  return {
    ports,
    output: at("output"),
    servers: ports.map((port) =>
      Mortal.make([command, "serve", "--port", `${port}`, "--data", at("data")], at("server.log"), environment),
    ),
    batch: (port: number) =>
      Mortal.make([command, "batch", rows, "--output", at("output"), ...api(port)], at("batch.log"), environment),
    /** How many tasks the server has, by status. */
    tasks: async (): Promise<Readonly<Record<string, number>>> => {
      // it may just have been started
      while (!(await fetch(`${baseUrl(ports[0]!)}/health`).then(Boolean, () => false))) await sleep(100)
      const lines = await Child.output(process.execPath, [command, "list", "--server", ...api(ports[0]!)], {
        environment,
      })
      const counts: Record<string, number> = {}
      for (const line of lines.trim().split("\n")) {
        const { status } = JSON.parse(line) as { readonly status?: string }
        if (status !== undefined) counts[status] = (counts[status] ?? 0) + 1
      }
      return counts
    },
  }
}
type Place = Awaited<ReturnType<typeof placeOf>>

/** Runs the batch until it says that all is done, three times at most; gives what it said last. */
const finish = async (batch: Mortal.Mortal): Promise<Mortal.End> => {
  for (let runs = 1; ; runs++) {
    batch.start()
    const end = await batch.ended()
    if (end === 0 || runs === 3) return end
  }
}

const digests = (place: Place): ReadonlyMap<string, string> =>
  new Map(
    readdirSync(place.output)
      .filter((file) => file.endsWith(".wav"))
      .map((file) => [
        file,
        createHash("sha256")
          .update(readFileSync(join(place.output, file)))
          .digest("hex"),
      ]),
  )

const stop = async ({ servers }: Place) => {
  for (const server of servers) server.kill("SIGTERM")
  await Promise.all(servers.map((server) => server.ended()))
}

const chaos = async ({ servers }: Place, batch: Mortal.Mortal) => {
  let until = Date.now() + minutes * 60_000
  const ends: Record<string, number> = {}
  let killed = 0
  const killServers = async () => {
    while (Date.now() < until) {
      await sleep(between(3000, 20_000))
      const server = one(servers)
      // one that is asked to stop gives its work back
      server.kill(Math.random() < 0.75 ? "SIGKILL" : "SIGTERM")
      killed++
      await server.ended()
      await sleep(between(0, 4000))
      server.start()
    }
  }
  const killBatches = async () => {
    while (Date.now() < until) {
      batch.start()
      const kill = setTimeout(() => batch.kill(Math.random() < 0.8 ? "SIGKILL" : "SIGINT"), between(2000, 20_000))
      const end = await batch.ended()
      clearTimeout(kill)
      ends[end] = (ends[end] ?? 0) + 1
      if (end === 0) until = 0
      await sleep(between(0, 500))
    }
  }
  await Promise.all([killServers(), killBatches()])
  return { killed, ends }
}

await Child.output("turbo", ["run", "build", "--filter=voiceclone"])
writeFileSync(
  rows,
  Array.from({ length: count }, (_, index) =>
    JSON.stringify({ sample: voice, text: textOf(index), output: `${index}.wav` }),
  ).join("\n"),
)

note(`${count} jobs in peace (all is in ${directory})`)
const peace = await placeOf("peace", undefined)
for (const server of peace.servers) server.start()
const inPeace = await finish(peace.batch(peace.ports[0]!))
await stop(peace)
if (inPeace !== 0) throw new Error(`In peace the batch ends with ${inPeace}`)
const wanted = digests(peace)

note(`the same in chaos, for ${minutes} minutes at most`)
const place = await placeOf("chaos", databaseUrl)
using wire = await FlakyWire.open(place.ports)
for (const server of place.servers) server.start()
const batch = place.batch(wire.port)
const { ends, killed } = await chaos(place, batch)

note("and to its end")
wire.mend()
const end = await finish(batch)
const tasks = await place.tasks()
const saved = digests(place)
await stop(place)

const faults = [
  ...(end === 0 ? [] : [`the batch ends with ${end}`]),
  ...(tasks["completed"] === count && Object.keys(tasks).length === 1
    ? []
    : [`${count} jobs have other tasks than as many completed ones`]),
  ...Array.from(wanted).flatMap(([file, digest]) =>
    saved.get(file) === digest ? [] : [`${file} is ${saved.has(file) ? "another" : "lost"}`],
  ),
]
const { connections, harmed } = wire.told()
say(`servers: killed or stopped ${killed} times`)
say(`wire: ${harmed} of ${connections} connections harmed`)
say(`batch, by how it ended: ${JSON.stringify(ends)}`)
say(`tasks: ${JSON.stringify(tasks)}`)
say(
  `files: ${saved.size}, kept aside as corrupt: ${readdirSync(place.output).filter((file) => file.includes(".corrupt")).length}`,
)
for (const fault of faults) note(`error: ${fault}`)
if (faults.length > 0) process.exitCode = 1
else rmSync(directory, { recursive: true })
