/** What a page does where the browser lacks, or refuses, what it would keep jobs with: an old Safari, a private window. */
import { assert, describe, it } from "vitest"
import type { Job } from "../page/job.ts"
import * as browser from "./browser.ts"
import * as slowServer from "./slowServer.ts"

declare const job: Job

const bundle = slowServer.bundle("job.html")

type Held = "journal" | "results"

/** What is done to the page before its program is loaded, and what it then holds in memory alone, and says so. */
const lacks: ReadonlyArray<readonly [name: string, take: () => void, held: ReadonlyArray<Held>]> = [
  ["no writable streams", () => Reflect.deleteProperty(FileSystemFileHandle.prototype, "createWritable"), []],
  [
    "no sync access handles",
    () => {
      const Whole = Blob
      // where the program of the worker that has them is made
      globalThis.Blob = class extends Whole {
        constructor(parts: Array<BlobPart> = [], options?: BlobPropertyBag) {
          const before = "delete FileSystemFileHandle.prototype.createSyncAccessHandle;"
          super(options?.type === "text/javascript" ? [before, ...parts] : parts, options)
        }
      }
    },
    [],
  ],
  ["no workers", () => Reflect.deleteProperty(globalThis, "Worker"), []],
  [
    "no way to write a file",
    () => {
      Reflect.deleteProperty(globalThis, "Worker")
      Reflect.deleteProperty(FileSystemFileHandle.prototype, "createWritable")
    },
    ["results"],
  ],
  [
    "no way to rename a file",
    () => {
      for (const { prototype } of [FileSystemFileHandle, FileSystemHandle]) Reflect.deleteProperty(prototype, "move")
    },
    ["results"],
  ],
  ["no private file system", () => Reflect.deleteProperty(StorageManager.prototype, "getDirectory"), ["results"]],
  [
    "a private file system that is refused",
    () => {
      StorageManager.prototype.getDirectory = () => Promise.reject(new DOMException("Denied", "SecurityError"))
    },
    ["results"],
  ],
  ["no IndexedDB", () => Object.defineProperty(globalThis, "indexedDB", { value: undefined }), ["journal"]],
  [
    "an IndexedDB that is refused",
    () => {
      IDBFactory.prototype.open = () => {
        throw new DOMException("Denied", "SecurityError")
      }
    },
    ["journal"],
  ],
  ["no Web Locks", () => Reflect.deleteProperty(Navigator.prototype, "locks"), ["journal", "results"]],
  [
    "no symbols of what can be disposed of",
    () => {
      const Whole = Symbol
      const all = Object.entries(Object.getOwnPropertyDescriptors(Whole))
      const rest = Object.fromEntries(all.filter(([name]) => !/dispose/i.test(name)))
      globalThis.Symbol = Object.defineProperties((name?: string) => Whole(name), rest) as SymbolConstructor
    },
    [],
  ],
  [
    "what came after Safari 15.4",
    () => {
      const iterators = Object.getPrototypeOf(Object.getPrototypeOf([].values())) as object
      const news: ReadonlyArray<readonly [where: object, ...names: ReadonlyArray<PropertyKey>]> = [
        [globalThis, "Iterator", "CompressionStream", "scheduler"],
        [AbortSignal, "any", "timeout"],
        [Array, "fromAsync"],
        [Array.prototype, "toReversed", "toSorted", "toSpliced", "with"],
        [ArrayBuffer.prototype, "resize", "transfer"],
        [Blob.prototype, "bytes"],
        [
          iterators,
          "drop",
          "every",
          "filter",
          "find",
          "flatMap",
          "forEach",
          "map",
          "reduce",
          "some",
          "take",
          "toArray",
        ],
        [Map, "groupBy"],
        [Object, "groupBy"],
        [Promise, "try", "withResolvers"],
        [ReadableStream.prototype, "values", Symbol.asyncIterator],
        [Response.prototype, "bytes"],
        [Set.prototype, "difference", "intersection", "isDisjointFrom", "isSubsetOf", "isSupersetOf", "union"],
        [String.prototype, "isWellFormed", "toWellFormed"],
        [Uint8Array, "fromBase64", "fromHex"],
        [Uint8Array.prototype, "toBase64", "toHex"],
        [Object.getPrototypeOf(Uint8Array.prototype) as object, "toReversed", "toSorted", "with"],
        [URL, "canParse", "parse"],
      ]
      for (const [where, ...names] of news) for (const name of names) Reflect.deleteProperty(where, name)
    },
    [],
  ],
  ["no BroadcastChannel", () => Reflect.deleteProperty(globalThis, "BroadcastChannel"), []],
]

describe.each(browser.names)("a page in %s", (name) => {
  it("does the job whatever the browser lacks, and says what it holds in memory", { timeout: 180_000 }, async () => {
    await using running = await browser.start(name)
    for (const [lack, take, held] of lacks) {
      // an origin of its own, with nothing of the others'
      await using server = await slowServer.start("job.html", await bundle)
      server.settings.isSlow = false
      const page = await running.context().newPage()
      const problems: Array<string> = []
      page.on("pageerror", ({ message }) => problems.push(message))
      await page.addInitScript(`if (isSecureContext) (${take.toString()})()`)
      await page.goto(server.address)
      const done = await page.evaluate(() => job.run()).catch(({ message }: Error) => message)
      if (typeof done === "string") assert.fail(`${lack}: ${done}`)
      assert.strictEqual(done.sha256, server.sha256, lack)
      assert.sameMembers([...done.held], [...held], lack)
      assert.lengthOf(server.creates, 1, lack)
      // what is kept is there for the next page, and asks for nothing again
      await page.reload()
      const asked = server.ranges.length
      const again = await page.evaluate(() => job.run())
      assert.strictEqual(again.sha256, server.sha256, lack)
      assert.lengthOf(server.creates, held.includes("journal") ? 2 : 1, lack)
      assert.strictEqual(server.ranges.length > asked, held.length > 0, lack)
      assert.deepStrictEqual(problems, [], lack)
      await page.close()
    }
  })
})
