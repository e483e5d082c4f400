/**
 * Properties: what holds for any values. One that doesn't is told with the smallest values that fail, and a seed.
 *
 * `VOICECLONE_PROPERTY_SEED=…` begins with the values of that seed, `VOICECLONE_PROPERTY_RUNS=…` tries so many.
 */
import * as Effect from "effect/Effect"
import * as fc from "fast-check"

const variable = (name: string): number | undefined => {
  const text = process.env[`VOICECLONE_PROPERTY_${name}`]
  return text === undefined || text === "" ? undefined : Number(text)
}

/** How often a property is tried that is tried so often by default. */
export const runsOf = (usual: number): number => variable("RUNS") ?? usual

export interface Options {
  /**
   * How many values are tried.
   * @default 100
   */
  readonly runs?: number
  /**
   * For how long values are tried and failing ones made smaller, in milliseconds.
   * @default 10_000
   */
  readonly within?: number
}

/** Tries a property, and rejects with a report where it doesn't hold. */
export const forAll = async <A>(
  values: fc.Arbitrary<A>,
  holds: (value: A) => void | Effect.Effect<unknown, unknown>,
  { runs = 100, within = 10_000 }: Options = {},
): Promise<void> => {
  const property = fc.asyncProperty(values, async (value) => {
    const effect = holds(value)
    if (Effect.isEffect(effect)) await Effect.runPromise(effect)
  })
  const seed = variable("SEED")
  const details = await fc.check(property, {
    numRuns: runsOf(runs),
    interruptAfterTimeLimit: within,
    markInterruptAsFailure: true,
    ...(seed === undefined ? {} : { seed }),
  })
  if (!details.failed) return
  const report = fc.defaultReportMessage(details)
  throw new Error(`${report}\n\nTo see it again: VOICECLONE_PROPERTY_SEED=${details.seed}`, {
    cause: details.errorInstance,
  })
}
