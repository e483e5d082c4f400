/**
 * A command line that cannot work, found out before anything was done.
 */
import * as Data from "effect/Data"

export class Usage extends Data.TaggedError("Usage")<{
  readonly reason: string
  readonly nextStep: string
}> {
  override get message(): string {
    return this.reason
  }
}
