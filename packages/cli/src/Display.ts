/**
 * Where the command's words go: a live line on a terminal, plain lines into a pipe, JSON lines for a program.
 *
 * Results go to standard output, everything else to standard error, so that `$(voiceclone create …)` is the task id
 * and nothing besides.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { stripVTControlCharacters } from "node:util"
import { elapsed } from "./Quantity.ts"
import { put } from "./StandardStreams.ts"

export class Display extends Context.Service<
  Display,
  {
    readonly json: boolean
    /** The result itself, for standard output. */
    readonly result: (text: string, json: object) => Effect.Effect<void>
    /** A JSON line, where these are wanted. */
    readonly event: (json: object) => Effect.Effect<void>
    /** A step that is done: a line that stays. */
    readonly step: (text: string) => Effect.Effect<void>
    /** A change on the way to the next step: a line in a pipe; on a terminal the live line says it already. */
    readonly note: (text: string) => Effect.Effect<void>
    /** What a person should see, though the command goes on. */
    readonly trouble: (text: string) => Effect.Effect<void>
    /** What goes on now: the live line of a terminal; nothing elsewhere. */
    readonly live: (text: string) => Effect.Effect<void>
    /** What went wrong. */
    readonly problem: (text: string, json: object) => Effect.Effect<void>
    /** A word of advice after a problem. Not for programs. */
    readonly advice: (text: string) => Effect.Effect<void>
  }
>()("voiceclone/cli/Display") {}

const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"]

const { stdout, stderr } = process

const colorful = stderr.isTTY && process.env["NO_COLOR"] === undefined
const paint = (code: number, text: string) => (colorful ? `\u001b[${code}m${text}\u001b[0m` : text)
const green = (text: string) => paint(32, text)
const red = (text: string) => paint(31, text)
const yellow = (text: string) => paint(33, text)
const dim = (text: string) => paint(2, text)

/** What servers and file names say, without what would move a terminal's cursor. */
const tame = (text: string): string => text.replace(/(?!\n)\p{Cc}/gu, "\u{fffd}")

const write = (stream: NodeJS.WriteStream, line: string) => Effect.sync(() => put(stream, `${line}\n`))

const jsonDisplay = Display.of({
  json: true,
  result: (_, json) => write(stdout, JSON.stringify(json)),
  event: (json) => write(stdout, JSON.stringify(json)),
  step: () => Effect.void,
  note: () => Effect.void,
  trouble: () => Effect.void,
  live: () => Effect.void,
  problem: (_, json) => write(stdout, JSON.stringify(json)),
  advice: () => Effect.void,
})

const plainDisplay = Display.of({
  json: false,
  result: (text) => write(stdout, tame(text)),
  event: () => Effect.void,
  step: (text) => write(stderr, tame(text)),
  note: (text) => write(stderr, tame(text)),
  trouble: (text) => write(stderr, tame(text)),
  live: () => Effect.void,
  problem: (text) => write(stderr, `error: ${tame(text)}`),
  advice: (text) => write(stderr, `  ${tame(text)}`),
})

/** Cuts a line to the terminal's width: a line that wraps could not be erased. */
const fit = (line: string, columns: number): string => {
  const letters = Array.from(stripVTControlCharacters(line))
  return letters.length < columns ? line : `${letters.slice(0, Math.max(0, columns - 2)).join("")}…`
}

const liveDisplay = Effect.gen(function* () {
  let line = ""
  let frame = 0
  const started = performance.now()
  const erase = () => put(stderr, "\r\u001b[2K")
  const draw = () => {
    if (line === "") return
    erase()
    const time = elapsed((performance.now() - started) / 1000)
    const width = (stderr.columns || 80) - time.length
    put(stderr, `${fit(`${frames[frame % frames.length]} ${line}`, width)}${time}`)
  }
  const above = (print: () => void) =>
    Effect.sync(() => {
      if (line !== "") erase()
      print()
      draw()
    })
  const clear = Effect.sync(() => {
    if (line !== "") erase()
    line = ""
  })
  yield* Effect.addFinalizer(() => clear)
  yield* Effect.sync(() => {
    frame++
    draw()
  }).pipe(Effect.schedule(Schedule.spaced("80 millis")), Effect.forkScoped)
  return Display.of({
    json: false,
    result: (text) => Effect.andThen(clear, write(stdout, tame(text))),
    event: () => Effect.void,
    step: (text) => above(() => put(stderr, `${green("✓")} ${tame(text)}\n`)),
    note: () => Effect.void,
    trouble: (text) => above(() => put(stderr, `${yellow("!")} ${tame(text)}\n`)),
    live: (text) => Effect.sync(() => void (line = tame(text))),
    problem: (text) => Effect.andThen(clear, write(stderr, `${red("error:")} ${tame(text)}`)),
    advice: (text) => Effect.andThen(clear, write(stderr, dim(`  ${tame(text)}`))),
  })
})

/** The display that fits: `json` asks for JSON lines, else it depends on whether a person looks at a terminal. */
export const layer = (json: boolean): Layer.Layer<Display> =>
  Layer.effect(Display, json ? Effect.succeed(jsonDisplay) : stderr.isTTY ? liveDisplay : Effect.succeed(plainDisplay))
