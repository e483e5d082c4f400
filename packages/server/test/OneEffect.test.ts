import { assert, it } from "@effect/vitest"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { createRequire } from "node:module"
import { pathToFileURL } from "node:url"
import * as OneEffect from "../src/OneEffect.ts"

it.effect("sees when the contract was made by another copy of Effect", () =>
  Effect.gen(function* () {
    yield* OneEffect.contract
    const file = pathToFileURL(createRequire(import.meta.url).resolve("effect/Context")).href
    const other: typeof Context = yield* Effect.promise(() => import(`${file}?another`))
    class Foreign extends other.Service<Foreign, string>()("test/Foreign") {}
    const { message, nextStep } = yield* Effect.flip(OneEffect.check(Foreign))
    assert.match(message, /two copies/u)
    assert.match(nextStep, /npm dedupe/u)
  }),
)
