/**
 * The journal's entries in IndexedDB: a reload, a crash or another tab finds them all. Where the browser keeps nothing for
 * the page, they are held in memory, and each job says so. Where it does and the database cannot be opened, jobs fail
 * before anything is paid: it may know of one.
 */
import * as JobEvent from "@voiceclone/core/JobEvent"
import { JournalStore, layerMemory as inMemory } from "@voiceclone/core/JournalStore"
import { JournalFailed } from "@voiceclone/core/TaskError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as webLock from "./internal/webLock.ts"

const storeName = "jobs"

const asPromise = <A>(request: IDBRequest<A>): Promise<A> =>
  new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result))
    request.addEventListener("error", () => reject(request.error ?? new Error("the request failed")))
  })

const openDatabase = async (name: string): Promise<IDBDatabase> => {
  if (!("indexedDB" in globalThis)) throw new DOMException("it has no IndexedDB", "SecurityError")
  const request = indexedDB.open(name, 1)
  request.addEventListener("upgradeneeded", () => void request.result.createObjectStore(storeName))
  return asPromise(request)
}

/**
 * Whether the browser keeps nothing for this page, and so has kept nothing before: `SecurityError` where a page has no
 * storage, or its visitor allows none (Indexed Database API 3.0, section 4.3). Chromium says `UnknownError` then, and old
 * private windows of Firefox `InvalidStateError` (bugs 781982 and 1639542 of bugzilla.mozilla.org), as both do of a disk
 * that fails; what can be told apart by is whether files are refused as well (File System Standard, `getDirectory`).
 */
const isRefused = async ({ name }: Error): Promise<boolean> => {
  if (name === "SecurityError") return true
  if (name !== "UnknownError" && name !== "InvalidStateError") return false
  if (navigator.storage?.getDirectory === undefined) return name === "InvalidStateError"
  return navigator.storage.getDirectory().then(
    () => false,
    (error: Error) => error.name === "SecurityError",
  )
}

/** A job's entries that were set aside stand beside it, and are none themselves. */
const isKey = (key: IDBValidKey): key is string => typeof key === "string" && !key.includes(".")

const reasons: Record<string, string> = {
  QuotaExceededError: "the disk quota is used up",
  VersionError: "it was made by a later version of this program, or by another one",
}

const make = (name: string) => {
  const location = `the IndexedDB database ${name} of ${globalThis.location.origin}`
  let opened: Promise<IDBDatabase> | undefined

  const database = (): Promise<IDBDatabase> =>
    (opened ??= openDatabase(name).then(
      (database) => {
        // closed by the browser, as when its data is cleared, or to let another tab change it: opened again when needed
        const close = () => {
          opened = undefined
          database.close()
        }
        database.addEventListener("close", close)
        database.addEventListener("versionchange", close)
        return database
      },
      (error: unknown) => {
        opened = undefined
        throw error
      },
    ))

  const failed = (cause: unknown) => {
    const { message, name } = cause as Error
    return new JournalFailed({ location, reason: reasons[name] ?? message, cause })
  }

  const begin = async (mode: IDBTransactionMode): Promise<IDBTransaction> => {
    const connection = await database()
    try {
      return connection.transaction(storeName, mode, { durability: "strict" })
    } catch (error) {
      // the browser has closed it, and has not said so yet
      if ((error as Error).name !== "InvalidStateError") throw error
      opened = undefined
      return (await database()).transaction(storeName, mode, { durability: "strict" })
    }
  }

  /** Runs to its end, and resolves when what it did is on the disk. */
  const transact = <A>(
    mode: IDBTransactionMode,
    act: (store: IDBObjectStore) => Promise<A>,
  ): Effect.Effect<A, JournalFailed> =>
    Effect.uninterruptible(
      Effect.tryPromise({
        try: async () => {
          const transaction = await begin(mode)
          const done = new Promise<void>((resolve, reject) => {
            transaction.addEventListener("complete", () => resolve())
            transaction.addEventListener("abort", () =>
              reject(transaction.error ?? new Error("the transaction was broken off")),
            )
          })
          const [result] = await Promise.all([act(transaction.objectStore(storeName)), done])
          return result
        },
        catch: failed,
      }),
    )

  const store = JournalStore.of({
    location,
    read: (key) =>
      Effect.map(
        transact("readonly", (store) => asPromise<unknown>(store.get(key))),
        (found) => (typeof found === "string" ? Option.some(found) : Option.none()),
      ),
    write: (key, text) => Effect.asVoid(transact("readwrite", (store) => asPromise(store.put(text, key)))),
    remove: (key) => transact("readwrite", (store) => asPromise(store.delete(key))),
    setAside: (key) =>
      transact("readwrite", async (store) => {
        const keys = new Set(await asPromise(store.getAllKeys()))
        let aside = `${key}.aside`
        for (let count = 2; keys.has(aside); count++) aside = `${key}.aside-${count}`
        const text: unknown = await asPromise(store.get(key))
        if (text !== undefined) await asPromise(store.put(text, aside))
        await asPromise(store.delete(key))
        return aside
      }),
    keys: Effect.map(
      transact("readonly", (store) => asPromise(store.getAllKeys())),
      (keys) => keys.filter(isKey),
    ),
    lock: (key) => webLock.holdIfFree(`voiceclone:job:${name}/${key}`),
  })
  return { store, database }
}

/** In memory, and each job says why. */
const memory = (reason: string) =>
  Effect.map(Layer.build(Layer.fresh(inMemory)), (context) => {
    const store = Context.get(context, JournalStore)
    return JournalStore.of({
      ...store,
      lock: (key) => Effect.andThen(JobEvent.emit({ _tag: "HeldInMemory", what: "journal", reason }), store.lock(key)),
    })
  })

/** The journal of this origin, by the name of its database. */
export const layer = (name = "voiceclone"): Layer.Layer<JournalStore> =>
  Layer.effect(
    JournalStore,
    Effect.suspend(() => {
      if (!globalThis.isSecureContext || navigator.locks === undefined || globalThis.indexedDB === undefined) {
        return memory("this page is not served over https, or this browser is too old")
      }
      const { database, store } = make(name)
      return Effect.promise(() =>
        database().then(
          () => undefined,
          async (error: Error) => ((await isRefused(error)) ? error.message : undefined),
        ),
      ).pipe(
        Effect.flatMap((refusal) =>
          refusal === undefined
            ? // opened, or opened again when needed
              Effect.succeed(store)
            : memory(`this browser keeps nothing for this page (${refusal})`),
        ),
      )
    }),
  )
