/** A page with one job, for tests that kill it. */
import { sha256 } from "@noble/hashes/sha2.js"
import { bytesToHex } from "@noble/hashes/utils.js"
import type { JobEvent } from "@voiceclone/core/JobEvent"
import { encode } from "../../src/internal/wav.ts"
import { VoiceClone } from "../../src/VoiceClone.ts"

const wanted = new URLSearchParams(location.search).get("writing")
const writing = wanted === "streams" || wanted === "worker" ? wanted : undefined

const client = new VoiceClone({ baseUrl: "/api", credentials: "same-origin", files: { writing }, allowInsecure: true })

const output = "speech.wav"

/** Four seconds in which someone hums. */
const tone = () => {
  const samples = Float32Array.from({ length: 32_000 }, (_, at) => {
    const seconds = at / 8000
    return 0.2 * Math.sin(880 * seconds) * Math.sin(2 * seconds) + 0.1 * Math.sin(2640 * seconds)
  })
  return encode([samples], 8000)
}

const heard: Array<JobEvent> = []

const page = {
  /** The job from where it stands to its end. */
  run: async () => {
    const events: Array<JobEvent["_tag"]> = []
    const held: Array<"journal" | "results"> = []
    const onEvent = (event: JobEvent) => {
      events.push(event._tag)
      if (event._tag === "HeldInMemory") held.push(event.what)
    }
    const sample = new Blob([new Uint8Array(100_000).fill(7)], { type: "audio/wav" })
    const { signal } = new AbortController()
    using speech = await client.clone({ sample, text: "Hello!", output, onEvent, signal })
    // of the file itself; without https a page has no digests of its own
    return { events, held, sha256: bytesToHex(sha256(new Uint8Array(await speech.blob.arrayBuffer()))) }
  },
  /** A job of a real server's, which wants to hear a voice. */
  speak: async () => {
    const events: Array<JobEvent["_tag"]> = []
    const sample = new Blob([tone()], { type: "audio/wav" })
    await client.clone({ sample, text: "Hello!", onEvent: ({ _tag }) => events.push(_tag) })
    return { events }
  },
  /** The same as `run`, where it shall fail: why. */
  failure: () =>
    page.run().then(
      () => undefined,
      ({ _tag, message, nextStep }: Error & { readonly _tag: string; readonly nextStep: string }) => ({
        _tag,
        message,
        nextStep,
      }),
    ),
  status: async (taskId: string) => (await client.status(taskId)).status,
  /** Waits for a task to end, and tells meanwhile what happens. */
  wait: async (taskId: string, timeout?: number) => {
    const { status } = await client.wait(taskId, { timeout, onEvent: (event) => void heard.push(event) })
    return status
  },
  /** How often something was heard while waiting, and why things went wrong. */
  heard: (tag: JobEvent["_tag"]) => heard.filter(({ _tag }) => _tag === tag).length,
  reasons: () => heard.flatMap((event) => (event._tag === "Retrying" ? [event.reason] : [])),
  resumeAll: () => client.resumeAll(),
  states: async () => (await client.jobs()).entries.map(({ state }) => state),
  /** How many bytes of the result are on the disk and vouched for. */
  vouched: async () => {
    try {
      const directory = await (await navigator.storage.getDirectory()).getDirectoryHandle("voiceclone")
      const file = await (await directory.getFileHandle(`${output}.part.json`)).getFile()
      return (JSON.parse(await file.text()) as { readonly bytes: number }).bytes
    } catch {
      return 0
    }
  },
  names: async () => {
    const directory = await (await navigator.storage.getDirectory()).getDirectoryHandle("voiceclone")
    const names: Array<string> = []
    for await (const name of directory.keys()) names.push(name)
    return names
  },
}

export type Job = typeof page

Object.assign(globalThis, { job: page })
