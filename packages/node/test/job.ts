/**
 * A program that uses the client, in a process of its own, to be killed. It tells what happens as JSON, line by line.
 * Its argument is a {@link Plan}.
 */
import { writeSync } from "node:fs"
import type { CloneOptions, DownloadOptions } from "../src/VoiceClone.ts"
import type { Options } from "../src/VoiceCloneNode.ts"
import * as mortal from "./mortal.ts"

export interface Plan {
  readonly options: Options
  readonly call:
    | { readonly name: "clone"; readonly options: CloneOptions & { readonly sample: string } }
    | { readonly name: "download"; readonly taskId: string; readonly options: DownloadOptions }
    | { readonly name: "resumeAll" }
  /** The step to die at, and how. */
  readonly death?: { readonly step: number; readonly moment: mortal.Moment }
}

/** A line that the program writes. */
export type Line =
  | { readonly event: string }
  | { readonly result: unknown; readonly steps: number }
  | { readonly error: { readonly _tag: string; readonly message: string; readonly nextStep?: string } }

// written at once, so that it is out when the process dies
const say = (line: Line) => writeSync(1, `${JSON.stringify(line)}\n`)

const { call, death, options } = JSON.parse(process.argv[2] ?? "") as Plan

mortal.dieAt(death?.step ?? 0, death?.moment ?? "before")

const { VoiceClone } = await import("../src/VoiceClone.ts")

const controller = new AbortController()
process.once("SIGINT", () => controller.abort(new Error("interrupted")))
const hearing = {
  signal: controller.signal,
  onEvent: (event: { readonly _tag: string }) => say({ event: event._tag }),
}

const client = new VoiceClone(options)

const work = () => {
  switch (call.name) {
    case "clone":
      return client.clone({ ...call.options, ...hearing })
    case "download":
      return client.download(call.taskId, { ...call.options, ...hearing })
    case "resumeAll":
      return client.resumeAll(hearing)
  }
}

try {
  say({ result: await work(), steps: mortal.steps })
} catch (error) {
  const { _tag, message, nextStep, name } = error as Error & { readonly _tag?: string; readonly nextStep?: string }
  say({ error: { _tag: _tag ?? name, message, ...(nextStep === undefined ? {} : { nextStep }) } })
} finally {
  await client.close()
}
