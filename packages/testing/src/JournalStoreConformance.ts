/**
 * What every `JournalStore` adapter must do.
 *
 * @example
 * const place = Effect.map(newDirectory, (path) =>
 *   Effect.map(Layer.build(Layer.fresh(MyStore.layer(path))), Context.get(JournalStore)),
 * )
 * for (const { name, check } of JournalStoreConformance.cases(place, { durable: true })) it.live(name, () => check)
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { ensure } from "./Conformance.ts"

/** The port, as far as the suite needs it. */
export interface Store {
  readonly location: string
  readonly read: (key: string) => Effect.Effect<Option.Option<string>, unknown>
  readonly write: (key: string, text: string) => Effect.Effect<void, unknown>
  readonly remove: (key: string) => Effect.Effect<void, unknown>
  readonly setAside: (key: string) => Effect.Effect<string, unknown>
  readonly keys: Effect.Effect<ReadonlyArray<string>, unknown>
  readonly lock: (key: string) => Effect.Effect<boolean, unknown, Scope.Scope>
}

export interface Options {
  /** Whether a store that is opened again, at the same place, has what was written to the last one. */
  readonly durable: boolean
}

/**
 * The cases. `place` is a new place for each of them, where nothing is yet: an effect that opens the store there for as
 * long as the scope lasts, and, where the store is durable, opens the same one each time that it is run.
 */
export const cases = <R>(
  place: Effect.Effect<Effect.Effect<Store, unknown, R | Scope.Scope>, unknown, R | Scope.Scope>,
  { durable }: Options,
) => {
  const one = (
    name: string,
    check: (open: Effect.Effect<Store, unknown, R | Scope.Scope>) => Effect.Effect<void, unknown, R | Scope.Scope>,
  ) => ({ name, check: Effect.scoped(Effect.flatMap(place, check)) })

  const reads = Effect.fnUntraced(function* (store: Store, key: string, expected: string | undefined) {
    const found = Option.getOrUndefined(yield* store.read(key))
    yield* ensure(found === expected, `${key} reads ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`)
  })
  const lists = Effect.fnUntraced(function* (store: Store, ...expected: ReadonlyArray<string>) {
    const found = [...(yield* store.keys)].sort().join()
    yield* ensure(found === expected.join(), `the keys are ${found}, not ${expected.join()}`)
  })
  const novel = `{"text": "“Grüße” 👋 \\u0000"}\n`.repeat(10_000)

  const all = [
    one("has nothing at first, and a location", (open) =>
      Effect.gen(function* () {
        const store = yield* open
        yield* ensure(store.location !== "", "a store says where it is")
        yield* reads(store, "a", undefined)
        yield* lists(store)
        yield* store.remove("a")
      }),
    ),
    one("reads what was written, to the last character", (open) =>
      Effect.gen(function* () {
        const store = yield* open
        yield* store.write("a", "one")
        yield* store.write("b-2", novel)
        yield* store.write("0f", "")
        yield* reads(store, "a", "one")
        yield* reads(store, "b-2", novel)
        yield* reads(store, "0f", "")
        yield* lists(store, "0f", "a", "b-2")
      }),
    ),
    one("keeps the last of what is written to one key", (open) =>
      Effect.gen(function* () {
        const store = yield* open
        yield* store.write("a", novel)
        yield* store.write("a", "short")
        yield* reads(store, "a", "short")
        yield* lists(store, "a")
      }),
    ),
    one("keeps keys apart when many are written at once", (open) =>
      Effect.gen(function* () {
        const store = yield* open
        const keys = Array.from({ length: 50 }, (_, i) => `key-${String(i).padStart(2, "0")}`)
        yield* Effect.forEach(keys, (key) => store.write(key, `of ${key}`), { concurrency: "unbounded" })
        for (const key of keys) yield* reads(store, key, `of ${key}`)
        yield* lists(store, ...keys)
      }),
    ),
    one("shows the old text or the new one, whole, while it is written", (open) =>
      Effect.gen(function* () {
        const store = yield* open
        const texts = ["a", "b"].map((letter) => letter.repeat(200_000))
        yield* store.write("a", texts[0] ?? "")
        const writer = yield* Effect.forkChild(
          Effect.forEach(Array.from({ length: 20 }), (_, i) => store.write("a", texts[i % 2] ?? "")),
        )
        while (writer.pollUnsafe() === undefined) {
          const seen = Option.getOrUndefined(yield* store.read("a"))
          yield* ensure(seen !== undefined && texts.includes(seen), "half of a text was read")
          yield* Effect.yieldNow
        }
        yield* Fiber.join(writer)
      }),
    ),
    one("forgets what is removed", (open) =>
      Effect.gen(function* () {
        const store = yield* open
        yield* store.write("a", "one")
        yield* store.write("b", "two")
        yield* store.remove("a")
        yield* store.remove("a")
        yield* reads(store, "a", undefined)
        yield* lists(store, "b")
        yield* store.write("a", "again")
        yield* reads(store, "a", "again")
      }),
    ),
    one("sets aside without a loss, as often as it has to", (open) =>
      Effect.gen(function* () {
        const store = yield* open
        const places = new Set<string>()
        for (const text of ["one", "two", "three"]) {
          yield* store.write("a", text)
          places.add(yield* store.setAside("a"))
          yield* reads(store, "a", undefined)
          yield* lists(store)
        }
        yield* ensure(places.size === 3, `three texts were set aside in ${places.size} places`)
      }),
    ),
    one("lets one hold a key, until its scope closes", (open) =>
      Effect.gen(function* () {
        const store = yield* open
        const outcome = yield* Effect.scoped(
          Effect.gen(function* () {
            const first = yield* store.lock("a")
            return [first, yield* Effect.scoped(store.lock("a")), yield* Effect.scoped(store.lock("b"))]
          }),
        )
        yield* ensure(outcome.join() === "true,false,true", `first, second, another key: ${outcome.join()}`)
        yield* ensure(yield* Effect.scoped(store.lock("a")), "the lock outlived its scope")
        yield* lists(store)
      }),
    ),
    one("frees a key when its holder is interrupted", (open) =>
      Effect.gen(function* () {
        const store = yield* open
        const held = yield* Deferred.make<boolean, unknown>()
        const holder = yield* Effect.forkChild(
          Effect.scoped(
            Effect.gen(function* () {
              yield* Deferred.succeed(held, yield* store.lock("a"))
              return yield* Effect.never
            }),
          ),
        )
        yield* ensure(yield* Deferred.await(held), "nobody else held it")
        yield* ensure(!(yield* Effect.scoped(store.lock("a"))), "two hold it")
        yield* Fiber.interrupt(holder)
        yield* ensure(yield* Effect.scoped(store.lock("a")), "the lock outlived its holder")
      }),
    ),
    one("has one winner among many", (open) =>
      Effect.gen(function* () {
        const store = yield* open
        const won = yield* Effect.scoped(
          Effect.forEach(Array.from({ length: 20 }), () => store.lock("a"), { concurrency: "unbounded" }),
        )
        yield* ensure(won.filter((one) => one).length === 1, `${won.filter((one) => one).length} hold it`)
      }),
    ),
  ]
  const lasting = [
    one("has it all when it is opened again", (open) =>
      Effect.gen(function* () {
        const first = yield* Effect.scoped(open)
        yield* first.write("a", "one")
        yield* first.write("a", "two")
        yield* first.write("b", novel)
        yield* first.write("c", "three")
        yield* first.setAside("c")
        yield* first.remove("d")
        const again = yield* open
        yield* reads(again, "a", "two")
        yield* reads(again, "b", novel)
        yield* lists(again, "a", "b")
        yield* ensure(again.location === first.location, "the place has two names")
      }),
    ),
    one("excludes the holder of the same key in a store beside it", (open) =>
      Effect.gen(function* () {
        const [one, other] = [yield* open, yield* open]
        yield* ensure(yield* one.lock("a"), "nobody held it")
        yield* ensure(!(yield* Effect.scoped(other.lock("a"))), "two hold it")
      }),
    ),
  ]
  return durable ? [...all, ...lasting] : all
}
