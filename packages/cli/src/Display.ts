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
const dim = (text: string) => paint(2, text)

const write = (stream: NodeJS.WriteStream, line: string) => Effect.sync(() => void stream.write(`${line}\n`))

const jsonDisplay = Display.of({
  json: true,
  result: (_, json) => write(stdout, JSON.stringify(json)),
  event: (json) => write(stdout, JSON.stringify(json)),
  step: () => Effect.void,
  note: () => Effect.void,
  live: () => Effect.void,
  problem: (_, json) => write(stdout, JSON.stringify(json)),
  advice: () => Effect.void,
})

const plainDisplay = Display.of({
  json: false,
  result: (text) => write(stdout, text),
  event: () => Effect.void,
  step: (text) => write(stderr, text),
  note: (text) => write(stderr, text),
  live: () => Effect.void,
  problem: (text) => write(stderr, `error: ${text}`),
  advice: (text) => write(stderr, `  ${text}`),
})

/** Cuts a line to the terminal's width: a line that wraps could not be erased. */
const fit = (line: string, columns: number): string => {
  const letters = Array.from(stripVTControlCharacters(line))
  return letters.length < columns ? line : `${letters.slice(0, Math.max(0, columns - 2)).join("")}…`
}

const liveDisplay = Effect.gen(function* () {
  let line = ""
  let frame = 0
  const erase = () => stderr.write("\r\u001b[2K")
  const draw = () => {
    if (line === "") return
    erase()
    stderr.write(fit(`${frames[frame % frames.length]} ${line}`, stderr.columns || 80))
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
    result: (text) => Effect.andThen(clear, write(stdout, text)),
    event: () => Effect.void,
    step: (text) => above(() => stderr.write(`${green("✓")} ${text}\n`)),
    note: () => Effect.void,
    live: (text) => Effect.sync(() => void (line = text)),
    problem: (text) => Effect.andThen(clear, write(stderr, `${red("error:")} ${text}`)),
    advice: (text) => Effect.andThen(clear, write(stderr, dim(`  ${text}`))),
  })
})

/** The display that fits: `json` asks for JSON lines, else it depends on whether a person looks at a terminal. */
export const layer = (json: boolean): Layer.Layer<Display> =>
  Layer.effect(Display, json ? Effect.succeed(jsonDisplay) : stderr.isTTY ? liveDisplay : Effect.succeed(plainDisplay))
