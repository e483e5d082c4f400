/**
 * Adapters that are broken on purpose, each to be caught by one case of a suite.
 */
import { assert } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"

/** The case that catches it, what it does, and how. */
export type Sabotage<Break> = readonly [caughtBy: string, what: string, breakIt: Break]

/** A function that takes part in each sabotage overrides what it is given, and leaves the rest as it is. */
export const instead = <A extends object>(whole: A, parts: Partial<A>): A =>
  new Proxy(whole, {
    get: (target, key) => {
      if (Object.hasOwn(parts, key)) return Reflect.get(parts, key) as unknown
      const value = Reflect.get(target, key, target) as unknown
      return typeof value === "function" ? (value.bind(target) as unknown) : value
    },
  })

/** Fails where a case is content, or where a sabotage itself broke. */
export const isCaught = <R>(check: Effect.Effect<void, unknown, R>) =>
  Effect.map(Effect.exit(check), (exit) => {
    assert.isTrue(Exit.isFailure(exit), "nothing was noticed")
    if (Exit.isFailure(exit)) assert.notInstanceOf(Cause.squash(exit.cause), TypeError)
  })
