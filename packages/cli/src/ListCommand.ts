import { type Entry, Journal } from "@voiceclone/core/Journal"
import * as JournalStore from "@voiceclone/core/JournalStore"
import * as DigestNode from "@voiceclone/node/DigestNode"
import { defaultJournal } from "@voiceclone/node/VoiceCloneNode"
import { tasks as listTasks, VoiceCloneClient } from "@voiceclone/core/VoiceCloneClient"
import { displayWidth } from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Layer from "effect/Layer"
import { join } from "node:path"
import type * as Connection from "./Connection.ts"
import * as Delivery from "./Delivery.ts"
import { Display } from "./Display.ts"
import * as Flags from "./Flags.ts"
import * as JobName from "./JobName.ts"
import * as NextStep from "./NextStep.ts"
import { moment, percent } from "./Quantity.ts"
import * as Session from "./Session.ts"

/** The journal of this machine's user, whatever servers its jobs are at. */
const journal = Layer.suspend(() =>
  Journal.layer.pipe(Layer.provide(JournalStore.layerFileSystem(defaultJournal())), Layer.provide(DigestNode.layer)),
)

/** The tasks that the server knows of the key. */
const atServer = (flags: Connection.Options & { readonly json: boolean }) =>
  Session.connected(
    flags,
    Effect.gen(function* () {
      const display = yield* Display
      const client = yield* VoiceCloneClient
      yield* display.live("Asking for the tasks")
      const tasks = yield* Stream.runCollect(listTasks(client))
      yield* Effect.forEach(tasks, (task) => display.event({ _tag: "Task", ...task }), { discard: true })
      const time = (date: Date | undefined) => (date === undefined ? "-" : moment(date.toISOString()))
      const rows = tasks.map((task) => [
        task.reportedStatus,
        time(task.createdAt),
        task.id,
        task.progress === undefined ? "-" : percent(task.progress),
        time(task.expiresAt),
      ])
      yield* display.result(
        tasks.length === 0
          ? `The server knows no task of this API key`
          : table([["STATUS", "CREATED", "TASK", "DONE", "EXPIRES"], ...rows]),
        { _tag: "Listed", tasks: tasks.length },
      )
    }),
  )

const flags = {
  server: Flag.Boolean("server").pipe(
    Flag.withDescription("The server's own list of this key's tasks instead"),
    Flag.withDefault(false),
  ),
  ...Flags.connection,
}

export const list = Command.make("list", flags, ({ server, ...flags }) =>
  server ? atServer(flags) : ofJournal(flags.json),
).pipe(
  Command.withAlias("jobs"),
  Command.withDescription("Show every job that was begun on this machine, newest first"),
  Command.withExamples([
    { command: "voiceclone list" },
    { command: "voiceclone list --server", description: "What the server knows, from wherever it was begun" },
    { command: "voiceclone list --json | jq -r 'select(.state == \"completed\").taskId'", description: "For a script" },
  ]),
)

const ofJournal = (json: boolean) =>
  Session.alone(
    { json },
    Effect.gen(function* () {
      const display = yield* Display
      const { location, list } = yield* Journal
      const { entries, unreadable } = yield* list
      const newestFirst = entries.toSorted((a, b) => b.plannedAt.localeCompare(a.plannedAt))
      yield* Effect.forEach(newestFirst, (entry) => display.event({ _tag: "Job", ...entry }), { discard: true })
      yield* tellUnreadable(unreadable)
      yield* display.result(
        entries.length === 0 ? `No job is written down in ${location}` : table([header, ...newestFirst.map(row)]),
        { _tag: "Listed", jobs: entries.length, unreadable: unreadable.length },
      )
    }).pipe(Effect.provide(journal)),
  )

/** Names the entries that cannot be read, and says what to do about them. */
export const tellUnreadable = Effect.fnUntraced(function* (keys: ReadonlyArray<string>) {
  const display = yield* Display
  const { location } = yield* Journal
  for (const key of keys) {
    const path = join(location, `${key}.json`)
    const nextStep = `${NextStep.forUnreadable(location, key)} Then move it out of the way.`
    yield* display.problem(`The journal's entry ${path} is damaged, or of a newer version`, {
      _tag: "Unreadable",
      key,
      path,
      nextStep,
    })
    yield* display.advice(nextStep)
  }
})

const header = ["STATE", "BEGUN", "SAMPLE", "OUTPUT OR TASK", "EXPIRES"]

const row = ({ state, plannedAt, sample, output, saved, taskId, expiresAt }: Entry): ReadonlyArray<string> => [
  state,
  moment(plannedAt),
  sample.name,
  whereTo(saved?.path ?? output) ?? taskId ?? "-",
  expiresAt === undefined ? "-" : moment(expiresAt),
]

const whereTo = (path: string | undefined): string | undefined =>
  path === undefined ? undefined : Delivery.isStandardOutput(path) ? "standard output" : JobName.fromHere(path)

/** Columns as wide as what stands in them, two spaces apart. A name's line breaks break no row. */
const table = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const tame = rows.map((cells) => cells.map((cell) => cell.replace(/\p{Cc}/gu, "\u{fffd}")))
  const widths = (tame[0] ?? []).map((_, column) => Math.max(...tame.map((cells) => displayWidth(cells[column] ?? ""))))
  const pad = (cell: string, column: number) => cell + " ".repeat((widths[column] ?? 0) - displayWidth(cell))
  return tame.map((cells) => cells.map(pad).join("  ").trimEnd()).join("\n")
}
