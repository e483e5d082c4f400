/**
 * Kills jobs by SIGKILL, hundreds of times, and the server now and then, and counts what came of it.
 *
 *     node --conditions=@voiceclone/source packages/node/soak/kill.ts --kills 300 [--seed 1]
 *
 * First a short job is killed at every single step of its work on files, in three ways, at a server that knows no
 * idempotency keys. Then jobs with real speech are killed at random, again and again, over a slow line to the real
 * server, which is killed too. Ends with 1 where a task was paid for twice, or a target was ever anything but absent or
 * exact.
 */
import * as FakeApi from "@voiceclone/testing/FakeApi"
import * as FakeServer from "@voiceclone/testing/FakeServer"
import * as SeededRandom from "@voiceclone/testing/SeededRandom"
import * as WavFile from "@voiceclone/testing/WavFile"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { DatabaseSync } from "node:sqlite"
import { fileURLToPath } from "node:url"
import { setTimeout as sleep } from "node:timers/promises"
import { parseArgs } from "node:util"
import { anyMoment, harass } from "../test/Harassment.ts"
import * as JobProcess from "../test/JobProcess.ts"
import * as Scratch from "../test/Scratch.ts"
import * as Throttle from "../test/Throttle.ts"

const { values } = parseArgs({
  options: { kills: { type: "string", default: "300" }, seed: { type: "string", default: "1" } },
})
const wanted = Number(values.kills)
const random = SeededRandom.make(Number(values.seed))

const faults: Array<string> = []
const blame = (fault: string) => {
  faults.push(fault)
  console.error(`FAULT: ${fault}`)
}
const tagOf = (outcome: JobProcess.Outcome) => (outcome._tag === "Error" ? outcome.error._tag : outcome._tag)

/** A short job, killed at every step. */
const everyStep = async () => {
  const speech = WavFile.tone({ seconds: 0.2 })
  const exact = Scratch.sha256(speech)
  let kills = 0
  let unknown = 0
  for (const moment of ["before", "after", "torn"] as const) {
    for (let step = 1; ; step++) {
      await using scratch = await Scratch.open()
      const api = FakeApi.make({ speech, lifecycle: ["completed"] })
      await using server = await FakeServer.start(api)
      const killed = await JobProcess.run(scratch.clone(server, { death: { step, moment } }))
      if (killed._tag !== "Killed") break
      kills++
      const where = `${moment} step ${step}`
      if (!["absent", exact].includes(await Scratch.digestOf(scratch.output))) blame(`${where}: a torn target`)
      const [entry] = await scratch.entries()
      const outcome = await JobProcess.run(scratch.clone(server))
      if (api.tasks.length > 1) blame(`${where}: ${api.tasks.length} tasks`)
      if (entry?.state === "sent") {
        unknown++
        if (tagOf(outcome) !== "CreateOutcomeUnknown") blame(`${where}: ${tagOf(outcome)} though it was sent`)
      } else if (outcome._tag !== "Result" || (await Scratch.digestOf(scratch.output)) !== exact) {
        blame(`${where}: ${JSON.stringify(outcome)}`)
      }
    }
  }
  console.log(`every step: ${kills} kills, of which ${unknown} left the outcome of the create call unknown`)
}

/** A server that can be killed, and comes back on its data. */
const startServer = async (dataDirectory: string) => {
  let child: ChildProcess | undefined
  let known = { baseUrl: "", apiKey: "" }
  const start = async () => {
    const program = fileURLToPath(new URL("server.ts", import.meta.url))
    const started = spawn(process.execPath, ["--conditions=@voiceclone/source", program, dataDirectory], {
      stdio: ["ignore", "pipe", "inherit"],
    })
    child = started
    const [line] = (await once(createInterface(started.stdout), "line")) as [string]
    known = JSON.parse(line) as typeof known
  }
  const stop = async () => {
    if (child === undefined) return
    const exited = once(child, "exit")
    child.kill("SIGKILL")
    child = undefined
    await exited
  }
  await start()
  return {
    baseUrl: () => known.baseUrl,
    apiKey: () => known.apiKey,
    stop,
    start,
    kill: async () => {
      await stop()
      await start()
    },
  }
}

/** Jobs with real speech, killed at random. */
const atRandom = async () => {
  await using scratch = await Scratch.open()
  const dataDirectory = scratch.inside("data")
  const server = await startServer(dataDirectory)
  await using line = await Throttle.start(server.baseUrl, 4_000_000)
  const outcomes: Record<string, number> = {}
  let kills = 0
  let serverKills = 0
  let round = 0
  while (kills < wanted) {
    round++
    const output = scratch.inside(`speech-${round}.wav`)
    const text = `This is round ${round}. ${"The rain in Spain stays mainly in the plain. ".repeat(3 + (round % 5))}`
    const plan = scratch.clone({ baseUrl: line.baseUrl, apiKey: server.apiKey() }, { output, text })
    const moments = Array.from({ length: 1 + random.int(8) }, () => anyMoment(random, 700_000, 110))
    // a task that sees its server die five times is given up, rightly
    let lives = 3
    let back: Promise<void> = Promise.resolve()
    const report = await harass(plan, output, line, moments, async () => {
      await back
      if (lives === 0 || random.int(4) > 0) return
      lives--
      serverKills++
      if (random.int(2) === 0) return server.kill()
      // it comes back only while the next run is under way
      await server.stop()
      back = sleep(500).then(server.start)
    })
    kills += report.kills
    console.error(`${kills} kills, ${serverKills} of the server, ${round} jobs`)
    await back
    let { outcome } = report
    outcomes[tagOf(outcome)] = (outcomes[tagOf(outcome)] ?? 0) + 1
    // what a person does who is told that the server cannot be reached: the same again, later
    for (let tries = 0; outcome._tag !== "Result" && tries < 3; tries++) outcome = await JobProcess.run(plan)
    if (outcome._tag !== "Result") {
      blame(`round ${round}: ${JSON.stringify(outcome)} after ${JSON.stringify(moments)}`)
      continue
    }
    const response = await fetch(`${server.baseUrl()}/async-clone/task-result/${outcome.result.taskId}`, {
      headers: { authorization: `Bearer ${server.apiKey()}` },
    })
    const exact = Scratch.sha256(new Uint8Array(await response.arrayBuffer()))
    if ((await Scratch.digestOf(output)) !== exact) blame(`round ${round}: the target is not what the server has`)
    for (const digest of report.standing) {
      if (digest !== "absent" && digest !== exact) blame(`round ${round}: a torn target`)
    }
  }
  await server.stop()
  const database = new DatabaseSync(join(dataDirectory, "tasks.sqlite"))
  const tasks = Number(database.prepare("select count(*) as count from tasks").get()?.["count"])
  database.close()
  if (tasks !== round) blame(`${round} jobs, ${tasks} tasks`)
  console.log(`at random: ${kills} kills of ${round} jobs, ${serverKills} of the server; ${tasks} tasks`)
  console.log(`what the first run that was let alone came to: ${JSON.stringify(outcomes)}`)
}

const started = performance.now()
await everyStep()
await atRandom()
console.log(`${faults.length} faults in ${Math.round((performance.now() - started) / 1000)} s`)
process.exit(faults.length === 0 ? 0 : 1)
