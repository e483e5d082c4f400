/**
 * One writer at a time, across processes: lock files that a crash doesn't leave locked.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type * as PlatformError from "effect/PlatformError"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"

/** Who holds a lock, so that another can tell whether the holder still lives. */
export interface Identity {
  /** This process's name, one line, unlike that of any other process, past ones included. */
  readonly name: string
  /** Whether the process of that name is certainly gone. `false` where that can't be known. */
  readonly isGone: (name: string) => Effect.Effect<boolean>
}

/** The identity of this process. A runtime that knows its processes provides it; by default nobody is known to be gone. */
export const ProcessIdentity = Context.Reference<Identity>("voiceclone/Lock/ProcessIdentity", {
  defaultValue: () => ({ name: `anonymous-${crypto.randomUUID()}`, isGone: () => Effect.succeed(false) }),
})

/** Where there are no links: an empty lock file older than this was left by a crash in the very moment of its making. */
const birthMillis = 10_000

const nonceLength = 8

/** The longest name of a file that stands beside the lock for a moment. */
export const longestNameOf = (path: string): string => `${path}.${"0".repeat(nonceLength)}`

/**
 * Takes the lock until the scope closes, or answers `false` where someone who may be alive holds it.
 */
export const acquire = Effect.fnUntraced(function* (
  fs: FileSystem.FileSystem,
  path: string,
): Effect.fn.Return<boolean, PlatformError.PlatformError, Scope.Scope> {
  const { name, isGone } = yield* ProcessIdentity
  const nonce = (yield* Random.next).toString(36).slice(2).padEnd(nonceLength, "0").slice(0, nonceLength)
  // two fibers of one process exclude each other too, and only the one that holds a lock may remove it
  const mine = `${name}\n${nonce}\n`

  const unlessThere = (self: Effect.Effect<void, PlatformError.PlatformError>) =>
    self.pipe(
      Effect.as(true),
      Effect.catchIf(
        (error) => error.reason._tag === "AlreadyExists",
        () => Effect.succeed(false),
      ),
    )

  // written whole before it gets its name, so that no crash leaves a lock that doesn't say whose it is
  const draft = `${path}.${nonce}`
  const take = fs.writeFileString(draft, mine, { flag: "wx" }).pipe(
    Effect.andThen(
      unlessThere(fs.link(draft, path)).pipe(
        // not every filesystem has links
        Effect.catch(() => unlessThere(fs.writeFileString(path, mine, { flag: "wx" }))),
      ),
    ),
    Effect.ensuring(Effect.ignore(fs.remove(draft))),
  )

  const holder = fs.readFileString(path).pipe(
    Effect.asSome,
    Effect.catchIf(
      (error) => error.reason._tag === "NotFound",
      () => Effect.succeedNone,
    ),
  )

  const isStale = Effect.fnUntraced(function* (content: string) {
    if (content !== "") return yield* isGone(content.split("\n")[0] ?? "")
    const { mtime } = yield* fs.stat(path)
    const now = yield* Clock.currentTimeMillis
    return Option.exists(mtime, (time) => now - time.getTime() > birthMillis)
  })

  /** Takes a stale lock out of the way. A rename has one winner; a fresh lock caught by mistake is put back. */
  const clear = Effect.fnUntraced(function* (seen: string) {
    const aside = `${path}.${nonce}`
    yield* fs.rename(path, aside)
    if ((yield* fs.readFileString(aside)) !== seen) yield* Effect.ignore(fs.link(aside, path))
    yield* fs.remove(aside)
  })

  const attempt = Effect.gen(function* () {
    for (let tries = 0; tries < 3; tries++) {
      if (yield* take) return true
      const content = yield* holder
      if (Option.isNone(content)) continue
      if (!(yield* Effect.orElseSucceed(isStale(content.value), () => false))) return false
      yield* Effect.ignore(clear(content.value))
    }
    return false
  })

  const release = Effect.gen(function* () {
    if (Option.contains(yield* holder, mine)) yield* fs.remove(path)
  }).pipe(Effect.ignore)

  return yield* Effect.acquireRelease(attempt, (taken) => (taken ? release : Effect.void))
})
