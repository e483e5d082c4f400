/**
 * Many tasks waited for at once, each until its fourth look: in memory, where only the waiting itself costs, and over
 * HTTP.
 */
import * as Bundled from "./Bundled.ts"
import * as Child from "./Child.ts"
import { compare, type Figures, plain, ratio, rounds, save, type Subject, table } from "./Comparison.ts"

const base = "promises + setTimeout"
const pooled = "promises + undici pool of 64"

/** The bundle, and what it asks: HTTP in memory (`transport`), or a stub in the client's place (`client`). */
const inMemory: Record<string, readonly [entry: string, place: string]> = {
  [base]: ["promises", "transport"],
  Pacer: ["pacer", "transport"],
  "Pacer, without HTTP": ["pacer", "client"],
  "Poller for each": ["poller", "transport"],
  "Poller for each, without HTTP": ["poller", "client"],
}

/** The bundle, and the transport under it. */
const overHttp: Record<string, readonly [entry: string, transport: string]> = {
  [pooled]: ["promises", "undici"],
  Pacer: ["pacer", "undici"],
  "Pacer over Effect's node:http, 64 sockets": ["pacer", "node:http"],
  "Poller for each": ["poller", "undici"],
  "promises + fetch": ["fetch", "undici"],
}

/** A fiber for each of so many would fill the heap of a Node.js with its usual limit. */
const mostFibers = 10_000

const stubbed = async (tasks: number) => {
  const times = rounds(3)
  const subjects = Object.entries(inMemory)
    .filter(([, [entry]]) => entry !== "poller" || tasks <= mostFibers)
    .map(([name, [entry, place]]): Subject => ({
      name,
      run: async (): Promise<Figures> => {
        const file = await Bundled.subject("waiting", entry)
        const args = [String(tasks), place]
        return {
          ...(await Child.figures(file, [...args, "run"])),
          ...(await Child.figures(file, [...args, "weigh"], ["--expose-gc"])),
        }
      },
    }))
  const outcomes = await compare(`${tasks} tasks in memory`, subjects, times)
  table(`Waiting for ${tasks} tasks, in memory (median of ${times})`, outcomes, [
    plain("CPU ms", "work"),
    ratio("CPU ×", "work", outcomes, base),
    plain("B a task", "task"),
    plain("worst stall ms", "stall"),
    plain("wall ms", "wall"),
  ])
  return { tasks, place: "memory", outcomes }
}

const served = async (tasks: number) => {
  const times = rounds(3)
  await using server = await Child.server("stub")
  const subjects = Object.entries(overHttp).map(([name, [entry, transport]]): Subject => ({
    name,
    run: async () => {
      const file = await Bundled.subject("waiting", entry)
      await fetch(`${server.origin}/`)
      const figures = await Child.figures(file, [String(tasks), server.origin, "run", transport])
      const { sockets } = (await (await fetch(`${server.origin}/`)).json()) as { readonly sockets: number }
      return { ...figures, sockets }
    },
  }))
  const outcomes = await compare(`${tasks} tasks over HTTP`, subjects, times)
  table(`Waiting for ${tasks} tasks over HTTP (median of ${times})`, outcomes, [
    plain("CPU ms", "work"),
    ratio("CPU ×", "work", outcomes, pooled),
    plain("sockets", "sockets"),
    plain("worst stall ms", "stall"),
    plain("wall ms", "wall"),
    plain("peak MB", "rss", 0, 1e-6),
  ])
  return { tasks, place: "http", outcomes }
}

export const run = async (): Promise<void> => {
  await save("waiting", [await stubbed(1000), await stubbed(10_000), await stubbed(100_000), await served(10_000)])
}
