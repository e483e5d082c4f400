/**
 * When a create call may be repeated without paying twice.
 */
import * as Effect from "effect/Effect"
import * as RetryPolicy from "../RetryPolicy.ts"
import type { TaskError } from "../TaskError.ts"
import type { VoiceCloneClient } from "../VoiceCloneClient.ts"

/**
 * Repeats a create call, always the same one with the same `Idempotency-Key`: where it is certain that no task came of
 * it, or where the server makes one task of one key however often it comes.
 */
export const createOnce = <A, E extends TaskError>(client: VoiceCloneClient["Service"], create: Effect.Effect<A, E>) =>
  create.pipe(
    // nothing is under way yet, so a server that cannot be reached is said soon
    RetryPolicy.retry("create", 3),
    Effect.catchIf(
      (error) => error._tag === "CreateOutcomeUnknown",
      (error) =>
        client.honoursIdempotencyKeys.pipe(
          // a server that broke down over our call may be back soon
          RetryPolicy.retry("create", 5),
          Effect.orElseSucceed(() => false),
          Effect.flatMap((honours) => (honours ? RetryPolicy.retryUnknownCreate(create) : Effect.fail(error))),
        ),
    ),
  )
