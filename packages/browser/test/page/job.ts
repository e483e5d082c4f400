/** A page with one job, for tests that kill it. */
import type { JobEvent } from "@voiceclone/core/JobEvent"
import { VoiceClone } from "../../src/VoiceClone.ts"

const writing = new URLSearchParams(location.search).get("writing") === "streams" ? "streams" : "worker"

const client = new VoiceClone({ baseUrl: "/api", credentials: "same-origin", files: { writing } })

const output = "speech.wav"

const page = {
  /** The job from where it stands to its end. */
  run: async () => {
    const events: Array<JobEvent["_tag"]> = []
    const sample = new Blob([new Uint8Array(100_000).fill(7)], { type: "audio/wav" })
    const speech = await client.clone({ sample, text: "Hello!", output, onEvent: ({ _tag }) => events.push(_tag) })
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await speech.blob.arrayBuffer()))
    return { events, sha256: Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("") }
  },
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
