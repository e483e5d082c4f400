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
import { displayWidth } from "effect/cli/CliOutput"
import { signs } from "./Locale.ts"
import { elapsed } from "./Quantity.ts"
import { put } from "./StandardStreams.ts"
import { Verbosity } from "./Verbosity.ts"

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
    /** The causes of a problem, one a line, where they are asked for. Not for programs. */
    readonly causes: (lines: ReadonlyArray<string>) => Effect.Effect<void>
  }
>()("voiceclone/cli/Display") {}

const { stdout, stderr } = process

const colorful = stderr.isTTY && (process.env["NO_COLOR"] ?? "") === ""
const paint = (code: number, text: string) => (colorful ? `\u001b[${code}m${text}\u001b[0m` : text)
const green = (text: string) => paint(32, text)
const red = (text: string) => paint(31, text)
const yellow = (text: string) => paint(33, text)
const dim = (text: string) => paint(2, text)

/** What servers and file names say, without what would move a terminal's cursor. */
const tame = (text: string): string => text.replace(/(?!\n)\p{Cc}/gu, "\u{fffd}")

const write = (stream: NodeJS.WriteStream, line: string) => Effect.sync(() => put(stream, `${line}\n`))

const causedBy = (lines: ReadonlyArray<string>): string =>
  lines.map((line) => `  caused by: ${tame(line.replace(/\s*\n\s*/g, " "))}`).join("\n")

/** Its version is that of {@link file://./JsonLine.ts}, which counts up when a program that reads it would have to change. */
const jsonLine = (json: object): string => JSON.stringify({ v: 1, ...json })

const jsonDisplay = Display.of({
  json: true,
  result: (_, json) => write(stdout, jsonLine(json)),
  event: (json) => write(stdout, jsonLine(json)),
  step: () => Effect.void,
  note: () => Effect.void,
  trouble: () => Effect.void,
  live: () => Effect.void,
  problem: (_, json) => write(stdout, jsonLine(json)),
  advice: () => Effect.void,
  causes: () => Effect.void,
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
  causes: (lines) => write(stderr, causedBy(lines)),
})

/** In the terminal's cells. What takes one each is counted without the rules for all other letters. */
const widthOf = (text: string): number => (/^[\x20-\x7e…]*$/.test(text) ? text.length : displayWidth(text))

/** Cuts a line to the terminal's width: a line that wraps is hard to erase. */
const fit = (line: string, columns: number): string => {
  if (widthOf(line) < columns) return line
  let cut = ""
  let width = 0
  for (const letter of line) {
    width += widthOf(letter)
    if (width > columns - 2) break
    cut += letter
  }
  return `${cut}${signs.cut}`
}

const liveDisplay = Effect.gen(function* () {
  let line = ""
  let frame = 0
  const started = performance.now()
  let drawnWidth = 0
  const columns = () => stderr.columns || 80
  const erase = () => {
    // a terminal that was made narrower has wrapped what stands there
    const rows = Math.max(1, Math.ceil(drawnWidth / columns()))
    put(stderr, `\r\u001b[2K${"\u001b[1A\u001b[2K".repeat(rows - 1)}`)
    drawnWidth = 0
  }
  const draw = () => {
    if (line === "") return
    erase()
    const time = elapsed((performance.now() - started) / 1000)
    const text = fit(line, columns() - time.length - 2)
    put(stderr, `${signs.frames[frame % signs.frames.length]} ${text}${time}`)
    drawnWidth = 2 + widthOf(text) + time.length
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
    step: (text) => above(() => put(stderr, `${green(signs.done)} ${tame(text)}\n`)),
    note: () => Effect.void,
    trouble: (text) => above(() => put(stderr, `${yellow("!")} ${tame(text)}\n`)),
    live: (text) => Effect.sync(() => void (line = tame(text))),
    problem: (text) => Effect.andThen(clear, write(stderr, `${red("error:")} ${tame(text)}`)),
    advice: (text) => Effect.andThen(clear, write(stderr, dim(`  ${tame(text)}`))),
    causes: (lines) => Effect.andThen(clear, write(stderr, dim(causedBy(lines)))),
  })
})

/** Whether a person looks on, at a terminal whose cursor can be moved. */
const isLive = (): boolean => stderr.isTTY && (process.env["CI"] ?? "") === "" && process.env["TERM"] !== "dumb"

/**
 * The display that fits: `json` asks for JSON lines, else it depends on whether a person looks at a terminal; with
 * `--quiet` only results and problems are told.
 */
export const layer = (json: boolean): Layer.Layer<Display> =>
  Layer.effect(
    Display,
    Effect.gen(function* () {
      const { quiet, verbose } = yield* Verbosity
      const base = json ? jsonDisplay : quiet || !isLive() ? plainDisplay : yield* liveDisplay
      const silent = () => Effect.void
      return Display.of({
        ...base,
        ...(quiet ? { step: silent, note: silent, trouble: silent, live: silent, event: silent } : {}),
        causes: (lines) => (verbose && lines.length > 0 ? base.causes(lines) : Effect.void),
      })
    }),
  )
