/**
 * How bytes get into files of the origin private file system: by sync access handles, which only a worker has, or by
 * writable streams.
 */

/** What is to be done to a file. */
interface Change {
  /** Cuts the file, or fills it up with zeros, to this length first. */
  readonly length?: number
  /** Where the bytes begin. */
  readonly position?: number
  readonly bytes?: Uint8Array<ArrayBuffer>
}

export interface Writer {
  /** Begins with what stands in a file now, whatever was lost of it before. */
  readonly open: (path: ReadonlyArray<string>) => Promise<void>
  /** Changes a file that is there. */
  readonly write: (path: ReadonlyArray<string>, change: Change) => Promise<void>
  /** Resolves when what was written is on the disk. */
  readonly sync: (path: ReadonlyArray<string>) => Promise<void>
  /** Resolves when what was written is to be seen by whoever opens its file; rejects where something of `path` was lost. */
  readonly settle: (path?: ReadonlyArray<string>) => Promise<void>
  readonly close: () => Promise<void>
}

interface Order extends Change {
  readonly id: number
  readonly path: ReadonlyArray<string>
  readonly sync: boolean
}

interface Answer {
  readonly id: number
  readonly error?: { readonly name: string; readonly message: string }
}

/** The names of a sync access handle, which not every TypeScript library of a page has. Until 16.4 Safari's gave promises. */
interface SyncAccessHandle {
  readonly write: (bytes: Uint8Array, options: { readonly at: number }) => number
  readonly truncate: (length: number) => void | Promise<void>
  readonly flush: () => void | Promise<void>
  readonly close: () => void | Promise<void>
}

/**
 * The worker's program. It is sent there as text, and so uses nothing from around it.
 *
 * A file is held only while it is changed: another tab may then take over the file of a tab that is gone, and names can
 * be moved meanwhile.
 */
const program = () => {
  const act = async ({ bytes, length, path, position = 0, sync }: Order): Promise<void> => {
    let directory = await navigator.storage.getDirectory()
    for (const name of path.slice(0, -1)) directory = await directory.getDirectoryHandle(name)
    const file = await directory.getFileHandle(path.at(-1) ?? "")
    const open = () =>
      (file as unknown as { createSyncAccessHandle: () => Promise<SyncAccessHandle> }).createSyncAccessHandle()
    let handle: SyncAccessHandle | undefined
    // a tab that was closed just now may not have let go of it yet
    for (let tries = 1; handle === undefined; tries++) {
      try {
        handle = await open()
      } catch (error) {
        // as the standard says it, and as WebKit does
        const isBusy = ["NoModificationAllowedError", "InvalidStateError"].includes((error as Error).name)
        if (tries > 40 || !isBusy) throw error
        await new Promise((resolve) => setTimeout(resolve, 25))
      }
    }
    try {
      if (length !== undefined) await handle.truncate(length)
      for (let left = bytes ?? new Uint8Array(), at = position; left.byteLength > 0;) {
        const count = handle.write(left, { at })
        if (count === 0) throw new DOMException("No byte was written", "QuotaExceededError")
        left = left.subarray(count)
        at += count
      }
      if (sync) await handle.flush()
    } finally {
      await handle.close()
    }
  }
  let last: Promise<unknown> = Promise.resolve()
  const end = new Promise<never>(() => {})
  // an order that cannot be read would wait for ever
  globalThis.addEventListener("messageerror", () => globalThis.close())
  globalThis.addEventListener("message", ({ data }: MessageEvent<Order | string>) => {
    if (typeof data === "string") {
      return void navigator.locks.request(data, () => {
        const { prototype } = FileSystemFileHandle as unknown as { readonly prototype: object }
        globalThis.postMessage("createSyncAccessHandle" in prototype ? "ready" : "unable")
        return end
      })
    }
    last = last.then(() =>
      act(data).then(
        () => globalThis.postMessage({ id: data.id }),
        ({ name, message }: Error) => globalThis.postMessage({ id: data.id, error: { name, message } }),
      ),
    )
  })
}

/** A worker that cannot be started is soon known to be one. */
const startMillis = 3000

/**
 * Starts a worker. A browser ends one without a word, as for want of memory: the worker holds a lock for as long as it
 * lives, and `ended` is called when that is free.
 */
const start = async (ended: () => void) => {
  const url = URL.createObjectURL(new Blob([`(${program.toString()})()`], { type: "text/javascript" }))
  const worker = new Worker(url)
  const life = `voiceclone:writer:${crypto.randomUUID()}`
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("the worker says nothing")), startMillis)
      const answered = ({ data }: MessageEvent<unknown>) => {
        clearTimeout(timer)
        if (data === "ready") resolve()
        else reject(new Error("the worker has no sync access handles"))
      }
      worker.addEventListener("error", () => reject(new Error("the worker cannot be started")))
      worker.addEventListener("message", answered, { once: true })
      worker.postMessage(life)
    })
  } catch (error) {
    worker.terminate()
    throw error
  } finally {
    URL.revokeObjectURL(url)
  }
  const waiting = new Map<number, (answer?: Answer) => void>()
  let isEnded = false
  worker.addEventListener("error", () => worker.terminate())
  worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => {
    waiting.get(data.id)?.(data)
    waiting.delete(data.id)
  })
  void navigator.locks.request(life, () => {
    isEnded = true
    ended()
    for (const resolve of waiting.values()) resolve()
  })
  let orders = 0
  return {
    /** Resolves without an answer where the worker has come to its end. */
    ask: (order: Omit<Order, "id">) =>
      new Promise<Answer | undefined>((resolve) => {
        if (isEnded) return resolve(undefined)
        const id = orders++
        waiting.set(id, resolve)
        worker.postMessage({ ...order, id } satisfies Order)
      }),
    terminate: () => worker.terminate(),
  }
}

/** Writes by sync access handles. Rejects where no worker can be started, as by the page's Content-Security-Policy. */
export const inWorker = async (): Promise<Writer> => {
  let running: ReturnType<typeof start> | undefined
  let isClosed = false
  const ended = () => new DOMException("The worker that writes this page's files was ended", "AbortError")
  const run = async () => {
    if (isClosed) throw ended()
    running ??= start(() => (running = undefined)).catch((error: unknown) => {
      running = undefined
      throw error
    })
    return running
  }
  const order = async (path: ReadonlyArray<string>, change: Change, sync: boolean): Promise<void> => {
    // what came to no end with one worker is done by another; but not what may have been the end of two
    for (let tries = 1; tries <= 2; tries++) {
      const worker = await run()
      const answer = await worker.ask({ ...change, path, sync })
      if (answer?.error !== undefined) throw new DOMException(answer.error.message, answer.error.name)
      if (answer !== undefined) return
    }
    throw ended()
  }
  await run()
  return {
    open: async () => {},
    write: (path, change) => order(path, change, false),
    sync: (path) => order(path, {}, true),
    settle: async () => {},
    close: async () => {
      isClosed = true
      const worker = await running
      worker?.terminate()
    },
  }
}

/**
 * Writes by writable streams. What is written to one is seen, and survives the page, only when the stream is closed:
 * before anything else is read or written, renamed or removed.
 *
 * A stream that fails takes all with it that was written since it was opened, for which its writers were told that it
 * was done. Whatever they do next to that file fails, so that nothing is built on a gap.
 */
export const byStreams = (): Writer => {
  let open: { readonly path: string; readonly stream: FileSystemWritableFileStream } | undefined
  let last: Promise<unknown> = Promise.resolve()
  /** Why something was lost, by the path of the file. */
  const lost = new Map<string, unknown>()

  const pathOf = (segments: ReadonlyArray<string>) => segments.join("/")
  const check = (path: string) => {
    if (lost.has(path)) throw lost.get(path)
  }
  const settle = async () => {
    if (open === undefined) return
    const { path, stream } = open
    open = undefined
    try {
      await stream.close()
    } catch (error) {
      lost.set(path, error)
    }
  }
  const streamOf = async (segments: ReadonlyArray<string>): Promise<FileSystemWritableFileStream> => {
    const path = pathOf(segments)
    if (open?.path === path) return open.stream
    await settle()
    let directory = await navigator.storage.getDirectory()
    for (const name of segments.slice(0, -1)) directory = await directory.getDirectoryHandle(name)
    const file = await directory.getFileHandle(segments.at(-1) ?? "")
    const stream = await file.createWritable({ keepExistingData: true })
    open = { path, stream }
    return stream
  }
  /** One after the other, in the order in which they were asked for. */
  const inTurn = <A>(act: () => Promise<A>): Promise<A> => {
    const turn = last.then(act)
    last = turn.catch(() => {})
    return turn
  }
  const settleInTurn = (segments?: ReadonlyArray<string>) =>
    inTurn(async () => {
      await settle()
      if (segments !== undefined) check(pathOf(segments))
    })

  return {
    open: (segments) =>
      inTurn(async () => {
        await settle()
        lost.delete(pathOf(segments))
      }),
    write: (segments, { bytes, length, position = 0 }) =>
      inTurn(async () => {
        const path = pathOf(segments)
        check(path)
        const stream = await streamOf(segments)
        try {
          if (length !== undefined) await stream.truncate(length)
          // WebKit writes the whole of the buffer that a view is of
          if (bytes !== undefined) await stream.write({ type: "write", position, data: bytes.slice() })
        } catch (error) {
          lost.set(path, error)
          open = undefined
          await stream.abort().catch(() => {})
          throw error
        }
      }),
    sync: settleInTurn,
    settle: settleInTurn,
    close: settleInTurn,
  }
}
