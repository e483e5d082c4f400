/**
 * What every `Digest` adapter must do: SHA-256 (FIPS 180-4), whole or in pieces.
 *
 * @example
 * for (const { name, check } of DigestConformance.cases(Digest)) {
 *   it.effect(name, () => Effect.provide(check, DigestNode.layer))
 * }
 */
import * as Effect from "effect/Effect"
import { ensure } from "./Conformance.ts"
import * as SeededRandom from "./SeededRandom.ts"

interface Hasher {
  readonly update: (chunk: Uint8Array) => void
  readonly digest: () => Uint8Array
}

interface Digest<E, R> {
  readonly sha256: Effect.Effect<Hasher, E, R>
  readonly sha256Of: (data: Uint8Array<ArrayBuffer>) => Effect.Effect<Uint8Array, E, R>
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")

const vectors: ReadonlyArray<[text: string, sha256: string]> = [
  ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  [
    "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  ],
  ["a".repeat(1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"],
]

/** The cases. A failing chance names its seed, which can be given. */
export const cases = <E, R>(adapter: Effect.Effect<Digest<E, R>, E, R>, seed?: number) => {
  const sha256 = Effect.flatMap(adapter, (digest) => digest.sha256)
  const utf8 = new TextEncoder()
  const one = (name: string, check: Effect.Effect<void, unknown, R>) => ({ name, check })
  return [
    one(
      "knows the standard's examples",
      Effect.gen(function* () {
        for (const [text, expected] of vectors) {
          const hasher = yield* sha256
          hasher.update(utf8.encode(text))
          const digest = hasher.digest()
          yield* ensure(digest.byteLength === 32, "a SHA-256 has 32 bytes")
          yield* ensure(hex(digest) === expected, `${text.slice(0, 60)}: ${hex(digest)}, not ${expected}`)
          const whole = hex(yield* (yield* adapter).sha256Of(utf8.encode(text)))
          yield* ensure(whole === expected, `${text.slice(0, 60)}, all at once: ${whole}, not ${expected}`)
        }
      }),
    ),
    one(
      "gives in pieces what it gives at once",
      Effect.gen(function* () {
        const random = SeededRandom.make(seed)
        for (let run = 0; run < 50; run++) {
          const bytes = random.bytes(random.pick([0, 1, 55, 56, 63, 64, 65, 1000, random.int(50_000)]))
          const hasher = yield* sha256
          for (const piece of random.pieces(bytes)) hasher.update(piece)
          const expected = hex(new Uint8Array(yield* Effect.promise(() => crypto.subtle.digest("SHA-256", bytes))))
          yield* ensure(hex(hasher.digest()) === expected, `run ${run} of seed ${random.seed}`)
        }
      }),
    ),
    one(
      "can be asked in between, and again",
      Effect.gen(function* () {
        const random = SeededRandom.make(seed)
        const bytes = random.bytes(10_000)
        const hasher = yield* sha256
        let offset = 0
        for (const piece of random.pieces(bytes)) {
          hasher.update(piece)
          offset += piece.byteLength
          const whole = yield* sha256
          whole.update(bytes.subarray(0, offset))
          const expected = hex(whole.digest())
          yield* ensure(hex(hasher.digest()) === expected, `after ${offset} bytes of seed ${random.seed}`)
          yield* ensure(hex(hasher.digest()) === expected, `asked twice after ${offset} bytes of seed ${random.seed}`)
        }
      }),
    ),
    one(
      "keeps no piece that its owner uses again",
      Effect.gen(function* () {
        const hasher = yield* sha256
        const piece = utf8.encode("abc")
        hasher.update(piece)
        piece.fill(0)
        yield* ensure(hex(hasher.digest()) === vectors[1]?.[1], "a piece was kept, not taken in")
      }),
    ),
    one(
      "lets hashers be apart",
      Effect.gen(function* () {
        const [a, b] = [yield* sha256, yield* sha256]
        a.update(utf8.encode("a"))
        b.update(utf8.encode("abc"))
        yield* ensure(hex(b.digest()) === vectors[1]?.[1], "one hasher has the bytes of another")
      }),
    ),
  ]
}
