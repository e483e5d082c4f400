/**
 * Waits for a database that is away for a moment: it restarts, is full of connections, fails over, or a connection to it
 * breaks.
 *
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { isSqlError, type SqlError } from "effect/sql/SqlError"

/** Six more attempts, within 6.3 seconds. */
const pauses = Schedule.exponential("100 millis").pipe(Schedule.upTo({ times: 6 }))

/**
 * What PostgreSQL says where it will soon have another answer: a connection that fails (class 08), a server that takes
 * only reads, for it is a standby yet (25006), insufficient resources, connections among them (53), a state that it is not in yet (55000), a shutdown, a
 * crash, a start (57P01 to 57P03).
 */
const transientStates = /^(?:08...|25006|53...|55000|57P0[1-3])$/u

/** Whether the database may have another answer soon. Whether it has done what was asked is not known. */
export const isTransient = (error: unknown): error is SqlError => {
  if (!isSqlError(error)) return false
  const { cause, isRetryable } = error.reason
  const { code } = (cause ?? {}) as { readonly code?: unknown }
  return isRetryable || (typeof code === "string" && transientStates.test(code))
}

/** A transaction dies of a connection that breaks within it, as it cannot be taken back either. The database takes it back. */
const fails = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E | SqlError, R> =>
  Effect.catchDefect(self, (defect) => (isTransient(defect) ? Effect.fail(defect) : Effect.die(defect)))

/** Repeats what fails so: only for what may be done twice. */
export const persist = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E | SqlError, R> =>
  Effect.retry(fails(self), { schedule: pauses, while: isTransient })

/** The same; other failures are defects. */
export const sure = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, never, R> => Effect.orDie(persist(self))
