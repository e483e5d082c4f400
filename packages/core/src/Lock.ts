/**
 * One writer at a time, across processes: lock files that a crash doesn't leave locked.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type * as Path from "effect/Path"
import type * as PlatformError from "effect/PlatformError"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import * as RandomId from "./RandomId.ts"

/** Who holds a lock, so that another can tell whether the holder still lives. */
export interface Identity {
  /** This process's name, one line, unlike that of any other process, past ones included. */
  readonly name: string
  /** Whether the process of that name is certainly gone. `false` where that can't be known. */
  readonly isGone: (name: string) => Effect.Effect<boolean>
}

/** The identity of this process. A runtime that knows its processes provides it; by default nobody is known to be gone. */
export const ProcessIdentity = Context.Reference<Identity>("voiceclone/Lock/ProcessIdentity", {
  defaultValue: () => ({ name: `anonymous-${RandomId.make()}`, isGone: () => Effect.succeed(false) }),
})

/** Where there are no links: an empty lock file older than this was left by a crash in the very moment of its making. */
const birthMillis = 10_000

const nonceLength = 8

/** How often heirs that meet give way to each other before the lock counts as held. */
const maximumTries = 8

/** For how long at most they do so at first; each time it is twice as long. */
const giveWayMillis = 20

/** The longest name of a file that stands beside the lock for a moment. */
export const longestNameOf = (file: string): string => `${file}.${"0".repeat(nonceLength)}`

/**
 * Takes the lock until the scope closes, or answers `false` where someone who may be alive holds it.
 */
export const acquire = Effect.fnUntraced(function* (
  fs: FileSystem.FileSystem,
  path: Path.Path,
  file: string,
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

  const read = (one: string): Effect.Effect<Option.Option<string>, PlatformError.PlatformError> =>
    fs.readFileString(one).pipe(
      Effect.asSome,
      Effect.catchIf(
        (error) => error.reason._tag === "NotFound",
        () => Effect.succeedNone,
      ),
    )
  const holder = read(file)
  const isMine = Effect.map(
    holder,
    Option.exists((content) => content === mine),
  )

  // written whole before it gets the lock's name, so that no crash leaves a lock that doesn't say whose it is
  const bid = `${file}.${nonce}`
  const take = unlessThere(fs.link(bid, file)).pipe(
    // not every filesystem has links
    Effect.catch(() => unlessThere(fs.writeFileString(file, mine, { flag: "wx" }))),
    // over a network a link that was made may be answered as one that was there, and a write may have been overtaken
    Effect.andThen(isMine),
  )

  const isStale = Effect.fnUntraced(
    function* (one: string, content: string) {
      if (content !== "") return yield* isGone(content.split("\n")[0] ?? "")
      const { mtime } = yield* fs.stat(one)
      const now = yield* Clock.currentTimeMillis
      return Option.exists(mtime, (time) => now - time.getTime() > birthMillis)
    },
    Effect.orElseSucceed(() => false),
  )

  /** The bids of others that may be alive. Those of the dead are cleared away: no bid's name comes twice. */
  const rivals = Effect.gen(function* () {
    const directory = path.dirname(file)
    const prefix = `${path.basename(file)}.`
    const names = yield* fs.readDirectory(directory)
    return yield* Effect.filter(
      names.filter((name) => name.startsWith(prefix) && name.length === prefix.length + nonceLength),
      Effect.fnUntraced(function* (name) {
        const other = path.join(directory, name)
        const content = name === path.basename(bid) ? Option.none() : yield* read(other)
        if (Option.isNone(content)) return false
        if (!(yield* isStale(other, content.value))) return true
        yield* Effect.ignore(fs.remove(other))
        return false
      }),
    )
  })

  /**
   * Puts the bid in the place of a stale lock. Whoever would do so has made a bid before looking for others', so that
   * of two one sees the other's, and gives way: nobody else moves the lock between the look at it and the rename.
   */
  const inherit = Effect.fnUntraced(function* (seen: string) {
    if ((yield* rivals).length > 0) return false
    if (!Option.exists(yield* holder, (content) => content === seen)) return false
    yield* fs.rename(bid, file)
    return true
  })

  const makeBid = fs.writeFileString(bid, mine, { flag: "wx" })

  const attempt = Effect.gen(function* () {
    yield* makeBid
    for (let tries = 0; tries < maximumTries; tries++) {
      if (yield* take) return true
      const content = yield* holder
      if (Option.isNone(content)) continue
      if (!(yield* isStale(file, content.value))) return false
      if (yield* inherit(content.value)) return true
      yield* Effect.ignore(fs.remove(bid))
      yield* Effect.sleep((yield* Random.next) * giveWayMillis * 2 ** tries)
      yield* makeBid
    }
    return false
  }).pipe(Effect.ensuring(Effect.ignore(fs.remove(bid))))

  const release = Effect.gen(function* () {
    if (yield* isMine) yield* fs.remove(file)
  }).pipe(Effect.ignore)

  return yield* Effect.acquireRelease(attempt, (taken) => (taken ? release : Effect.void))
})
