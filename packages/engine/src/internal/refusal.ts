/** How code that runs in a worker, where no Effect is loaded, says that a sample cannot be used. */
import type { SampleUnusable } from "../SynthesisError.ts"

/** Becomes `SampleUnusable` at the door. */
export class Refusal extends Error {
  readonly reason: SampleUnusable["reason"]

  constructor(reason: SampleUnusable["reason"], detail: string) {
    super(detail)
    this.name = "Refusal"
    this.reason = reason
  }
}

export const unusable = (reason: SampleUnusable["reason"], detail: string): Refusal => new Refusal(reason, detail)
