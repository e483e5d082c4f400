/**
 * Kills a job again and again, at chosen moments, then lets it end; and looks at its target after every kill.
 */
import type { SeededRandom } from "@voiceclone/testing/SeededRandom"
import { setTimeout as sleep } from "node:timers/promises"
import type { Plan } from "./job.ts"
import * as JobProcess from "./JobProcess.ts"
import * as Scratch from "./Scratch.ts"
import type { Throttle } from "./Throttle.ts"

/** When to kill: at a step of the job's work on files, after so many bytes on the line, or after so many milliseconds. */
export type Moment =
  | { readonly _tag: "Step"; readonly death: NonNullable<Plan["death"]> }
  | { readonly _tag: "Bytes"; readonly bytes: number }
  | { readonly _tag: "Millis"; readonly millis: number }

/** A moment at random, of a job whose transfers and steps are about so many. */
export const anyMoment = (random: SeededRandom, bytes: number, steps: number): Moment => {
  const kind = random.pick<Moment["_tag"]>(["Millis", "Bytes", "Bytes", "Step", "Step"])
  if (kind === "Millis") return { _tag: kind, millis: random.int(1000) }
  if (kind === "Bytes") return { _tag: kind, bytes: random.int(bytes) }
  return { _tag: kind, death: { step: 1 + random.int(steps), moment: random.pick(["before", "after", "torn"]) } }
}

export interface Report {
  readonly outcome: JobProcess.Outcome
  /** How often it was killed before it could end. */
  readonly kills: number
  /** What stood at the target after each kill: a SHA-256, or "absent". */
  readonly standing: ReadonlySet<string>
}

export const harass = async (
  plan: Plan,
  output: string,
  line: Throttle,
  moments: Iterable<Moment>,
  afterKill: () => Promise<void> = async () => {},
): Promise<Report> => {
  const standing = new Set<string>()
  let kills = 0
  for (const moment of moments) {
    const job = await JobProcess.start(moment._tag === "Step" ? { ...plan, death: moment.death } : plan)
    const due =
      moment._tag === "Bytes"
        ? line.reaches(line.forwarded() + moment.bytes)
        : moment._tag === "Millis"
          ? sleep(moment.millis)
          : undefined
    void due?.then(() => job.process.kill("SIGKILL"))
    const outcome = await job.outcome
    if (outcome._tag !== "Killed") return { outcome, kills, standing }
    kills++
    standing.add(await Scratch.digestOf(output))
    await afterKill()
  }
  return { outcome: await JobProcess.run(plan), kills, standing }
}
