/**
 * What every `BlobStore` adapter of the server must do.
 *
 * @example
 * const place = Effect.map(newDirectory, (path) =>
 *   Effect.map(Layer.build(Layer.fresh(MyStore.layer(path))), Context.get(BlobStore)),
 * )
 * for (const { name, check } of BlobStoreConformance.cases(place)) it.live(name, () => check)
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type Case, ensure } from "./Conformance.ts"

type Kind = "samples" | "results"
type Name = `${Kind}/${string}`

/** A blob in the making, as far as the suite needs it. */
export interface Writer {
  readonly append: (bytes: Uint8Array) => Effect.Effect<void, unknown>
  readonly replaceStart: (bytes: Uint8Array) => Effect.Effect<void, unknown>
}

/** The port, as far as the suite needs it. */
export interface Store {
  readonly put: (
    name: Name,
    write: (writer: Writer) => Effect.Effect<unknown, unknown>,
  ) => Effect.Effect<unknown, unknown>
  readonly size: (name: Name) => Effect.Effect<Option.Option<number>, unknown>
  readonly bytes: (name: Name) => Effect.Effect<Uint8Array, unknown>
  readonly stream: (
    name: Name,
    part: { readonly offset: number; readonly length: number },
  ) => Stream.Stream<Uint8Array, unknown>
  readonly copy: (
    name: Name,
    part: { readonly offset: number; readonly length: number },
    to: (piece: Uint8Array) => Effect.Effect<void>,
  ) => Effect.Effect<void, unknown>
  readonly remove: (name: Name) => Effect.Effect<void, unknown>
  readonly list: (kind: Kind) => Effect.Effect<ReadonlyArray<string | { readonly name: string }>, unknown>
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

const joined = (pieces: ReadonlyArray<Uint8Array>): Uint8Array => {
  const whole = new Uint8Array(pieces.reduce((sum, { byteLength }) => sum + byteLength, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.byteLength
  }
  return whole
}

const isSame = (one: Uint8Array, other: Uint8Array): boolean =>
  one.byteLength === other.byteLength && one.every((byte, at) => byte === other[at])

/** Bytes that repeat at no power of two, so that no piece passes for another. */
const noise = (length: number): Uint8Array => Uint8Array.from({ length }, (_, at) => (at * 31 + at / 251) & 0xff)

/**
 * The cases. `place` is a new place for each of them, where nothing is yet: an effect that opens the store there for as
 * long as the scope lasts, and the same one each time that it is run.
 */
export const cases = <R>(
  place: Effect.Effect<Effect.Effect<Store, unknown, R | Scope.Scope>, unknown, R | Scope.Scope>,
) => {
  const one = (
    name: string,
    check: (store: Store, open: Effect.Effect<Store, unknown, R | Scope.Scope>) => Effect.Effect<void, unknown, R>,
  ) => ({
    name,
    check: Effect.scoped(Effect.flatMap(place, (open) => Effect.flatMap(open, (store) => check(store, open)))),
  })

  const put = (store: Store, name: Name, bytes: Uint8Array) => store.put(name, (writer) => writer.append(bytes))
  const holds = Effect.fnUntraced(function* (store: Store, name: Name, expected: Uint8Array | undefined) {
    const size = Option.getOrUndefined(yield* store.size(name))
    yield* ensure(size === expected?.byteLength, `${name} has ${size} bytes, not ${expected?.byteLength}`)
    if (expected === undefined) return
    yield* ensure(isSame(yield* store.bytes(name), expected), `${name} has other bytes than were written`)
  })
  const lists = Effect.fnUntraced(function* (store: Store, kind: Kind, ...expected: ReadonlyArray<string>) {
    const found = (yield* store.list(kind)).map((entry) => (typeof entry === "string" ? entry : entry.name)).sort()
    yield* ensure(found.join() === expected.join(), `${kind} are ${found.join()}, not ${expected.join()}`)
  })

  return [
    one("has nothing at first, and fails to read it", (store) =>
      Effect.gen(function* () {
        yield* holds(store, "samples/a", undefined)
        yield* lists(store, "samples")
        yield* lists(store, "results")
        yield* store.remove("samples/a")
        yield* Effect.flip(store.bytes("samples/a"))
        yield* Effect.flip(Stream.runDrain(store.stream("samples/a", { offset: 0, length: 1 })))
        yield* Effect.flip(store.copy("samples/a", { offset: 0, length: 1 }, () => Effect.void))
      }),
    ),
    one("has what was written, its start replaced last, in the order it was written", (store) =>
      Effect.gen(function* () {
        yield* store.put("samples/a", (writer) =>
          Effect.gen(function* () {
            yield* writer.append(encode("hello "))
            yield* writer.append(encode("world"))
            yield* writer.replaceStart(encode("J"))
          }),
        )
        yield* holds(store, "samples/a", encode("Jello world"))
        yield* put(store, "results/none.wav", new Uint8Array(0))
        yield* holds(store, "results/none.wav", new Uint8Array(0))
      }),
    ),
    one("returns what the writing returned", (store) =>
      Effect.gen(function* () {
        const returned = yield* store.put("samples/a", (writer) => Effect.as(writer.append(encode("a")), 7))
        yield* ensure(returned === 7, `it returned ${String(returned)}`)
      }),
    ),
    one("gives any part, to the byte, in pieces", (store) =>
      Effect.gen(function* () {
        const whole = noise(3_000_001)
        yield* store.put("results/a.wav", (writer) =>
          Effect.forEach([0, 1, 2, 3], (at) => writer.append(whole.subarray(at * 1_000_000, (at + 1) * 1_000_000))),
        )
        for (const [offset, length] of [
          [0, whole.byteLength],
          [0, 1],
          [1, 0],
          [1_048_575, 2],
          [whole.byteLength - 1, 1],
          [1_234_567, 1_500_000],
        ] as const) {
          const pieces = yield* Stream.runCollect(store.stream("results/a.wav", { offset, length }))
          const largest = Math.max(0, ...pieces.map(({ byteLength }) => byteLength))
          yield* ensure(largest <= 1024 * 1024, `a piece has ${largest} bytes`)
          const isRight = isSame(joined(pieces), whole.subarray(offset, offset + length))
          yield* ensure(isRight, `${length} bytes from ${offset} on are others`)

          const copied: Array<Uint8Array> = []
          yield* store.copy("results/a.wav", { offset, length }, (piece) =>
            // its memory is another's afterwards, and not before
            Effect.andThen(
              Effect.sleep("5 millis"),
              Effect.sync(() => void copied.push(piece.slice())),
            ),
          )
          const isCopied = isSame(joined(copied), whole.subarray(offset, offset + length))
          yield* ensure(isCopied, `${length} bytes from ${offset} on are copied as others`)
        }
      }),
    ),
    one("keeps the last of what is written to one name", (store) =>
      Effect.gen(function* () {
        yield* put(store, "results/a.wav", noise(100_000))
        yield* put(store, "results/a.wav", encode("short"))
        yield* holds(store, "results/a.wav", encode("short"))
        yield* lists(store, "results", "results/a.wav")
      }),
    ),
    one("keeps what was there when the writing fails or is interrupted, and shows nothing of it meanwhile", (store) =>
      Effect.gen(function* () {
        const first = encode("first")
        yield* put(store, "results/a.wav", first)
        const failure = yield* Effect.flip(
          store.put("results/a.wav", (writer) => Effect.andThen(writer.append(encode("second")), Effect.fail("no"))),
        )
        yield* ensure(failure === "no", `the failure became ${String(failure)}`)
        for (const name of ["results/a.wav", "results/b.wav"] as const) {
          const begun = yield* Deferred.make<void>()
          const writing = yield* Effect.forkChild(
            store.put(name, (writer) =>
              Effect.gen(function* () {
                yield* writer.append(encode("third"))
                yield* Deferred.succeed(begun, undefined)
                return yield* Effect.never
              }),
            ),
          )
          yield* Deferred.await(begun)
          yield* holds(store, "results/a.wav", first)
          yield* holds(store, "results/b.wav", undefined)
          yield* Fiber.interrupt(writing)
        }
        yield* holds(store, "results/a.wav", first)
        yield* lists(store, "results", "results/a.wav")
      }),
    ),
    one("keeps blobs and kinds apart when many are written at once", (store) =>
      Effect.gen(function* () {
        const ids = Array.from({ length: 20 }, (_, at) => String(at).padStart(2, "0"))
        yield* Effect.forEach(
          ids,
          (id) =>
            Effect.all([put(store, `samples/${id}`, encode(id)), put(store, `results/${id}`, encode(`of ${id}`))]),
          { concurrency: 8, discard: true },
        )
        for (const id of ids) {
          yield* holds(store, `samples/${id}`, encode(id))
          yield* holds(store, `results/${id}`, encode(`of ${id}`))
        }
        yield* lists(store, "samples", ...ids.map((id) => `samples/${id}`))
        yield* lists(store, "results", ...ids.map((id) => `results/${id}`))
      }),
    ),
    one("forgets what is removed", (store) =>
      Effect.gen(function* () {
        yield* put(store, "samples/a", encode("one"))
        yield* put(store, "samples/b", encode("two"))
        yield* store.remove("samples/a")
        yield* store.remove("samples/a")
        yield* holds(store, "samples/a", undefined)
        yield* lists(store, "samples", "samples/b")
        yield* put(store, "samples/a", encode("again"))
        yield* holds(store, "samples/a", encode("again"))
      }),
    ),
  ] satisfies ReadonlyArray<Case | { readonly name: string; readonly check: Effect.Effect<void, unknown, R> }>
}
