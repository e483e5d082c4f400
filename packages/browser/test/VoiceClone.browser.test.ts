import type { JobEvent } from "@voiceclone/core/JobEvent"
import type { Task } from "@voiceclone/core/Task"
import { assert, describe, inject, it } from "vitest"
import { VoiceClone } from "../src/VoiceClone.ts"

// Vitest serves this page from another port, so each call here is one to another origin.
const { open, foreign } = inject("servers")

const clientOf = (server: typeof open) => new VoiceClone({ ...server, allowApiKeyInBrowser: true })

const voice = async () => {
  const response = await fetch("/examples/voice.wav")
  assert.strictEqual(response.status, 200)
  return new File([await response.arrayBuffer()], "voice.wav", { type: "audio/wav" })
}

const text = "Hello from a browser."

const rejection = async (promise: Promise<unknown>): Promise<any> => {
  try {
    await promise
  } catch (error) {
    return error
  }
  return assert.fail("it did not reject")
}

const bytesOf = async (blob: Blob) => new Uint8Array(await blob.arrayBuffer())

describe("VoiceClone", () => {
  it("clones a voice: the bytes are those that the server has", async () => {
    const client = clientOf(open)
    const events: Array<JobEvent["_tag"]> = []
    const result = await client.clone({ sample: await voice(), text, onEvent: ({ _tag }) => events.push(_tag) })

    assert.deepStrictEqual(
      events.filter((tag, i) => tag !== events[i - 1]),
      ["Uploading", "Submitted", "Polled", "Downloading", "Verified"],
    )
    assert.deepStrictEqual(result.format, { sampleRate: 22_050, bitsPerSample: 16, channels: 1 })
    assert.isAbove(result.seconds, 0.5)
    assert.strictEqual(result.blob.type, "audio/wav")
    assert.strictEqual(result.blob.size, result.bytes)
    const plain = await fetch(`${open.baseUrl}/async-clone/task-result/${result.taskId}`, {
      headers: { authorization: `Bearer ${open.apiKey}` },
    })
    assert.deepStrictEqual(await bytesOf(result.blob), await bytesOf(await plain.blob()))
    // and Chromium's own decoder takes it for what we say it is
    const decoded = await new OfflineAudioContext(1, 1, 22_050).decodeAudioData(await result.blob.arrayBuffer())
    assert.approximately(decoded.duration, result.seconds, 0.001)
    await client.close()
  })

  it("creates, watches, waits and downloads step by step", async () => {
    await using client = clientOf(open)
    const sample = await bytesOf(await voice())
    const taskId = await client.create({ sample, text })
    const early = await rejection(client.download(taskId))
    assert.strictEqual(early._tag, "TaskNotReady")
    const seen: Array<Task> = []
    for await (const task of client.watch(taskId)) seen.push(task)
    assert.strictEqual(seen.at(-1)?.status, "completed")
    const task = await client.wait(taskId)
    assert.strictEqual(task.status, "completed")
    assert.strictEqual((await client.status(taskId)).id, taskId)
    const result = await client.download(taskId)
    assert.strictEqual(result.taskId, taskId)
    assert.strictEqual(result.blob.size, result.bytes)
  })

  it("rejects with the signal's reason when it is aborted, and the task goes on", async () => {
    await using client = clientOf(open)
    const controller = new AbortController()
    const reason = new Error("the visitor left")
    let taskId = ""
    const onEvent = (event: JobEvent) => {
      if (event._tag !== "Submitted") return
      taskId = event.taskId
      setTimeout(() => controller.abort(reason))
    }
    const sample = await voice()
    assert.strictEqual(await rejection(client.clone({ sample, text, signal: controller.signal, onEvent })), reason)
    assert.strictEqual((await client.wait(taskId)).status, "completed")
    assert.strictEqual(await rejection(client.status(taskId, { signal: controller.signal })), reason)
  })

  it("finds out that a key is wrong before anything is uploaded", async () => {
    await using client = clientOf({ ...open, apiKey: "wrong" })
    const events: Array<JobEvent> = []
    const error = await rejection(client.clone({ sample: await voice(), text, onEvent: (event) => events.push(event) }))
    assert.strictEqual(error._tag, "InvalidApiKey")
    assert.deepStrictEqual(events, [])
  })

  it.concurrent("says that nothing was sent when the server cannot be reached", async () => {
    await using client = clientOf({ ...open, baseUrl: "http://127.0.0.1:1/api" })
    const error = await rejection(client.create({ sample: await voice(), text }))
    assert.strictEqual(error._tag, "ConnectionFailed")
    assert.include(error.message, "Cannot reach http://127.0.0.1:1: nothing answers there")
  })

  it.concurrent("says that the server may not let this page call it, and sends nothing", async () => {
    await using client = clientOf(foreign)
    const error = await rejection(client.create({ sample: await voice(), text }))
    assert.strictEqual(error._tag, "ConnectionFailed")
    assert.include(error.message, `it does not let pages of ${location.origin} call it (CORS)`)
  })

  it("takes no key in a page unless it is told to", async () => {
    await using client = new VoiceClone(open)
    const error = await rejection(client.status("task"))
    assert.strictEqual(error._tag, "InvalidInput")
    assert.include(error.nextStep, "allowApiKeyInBrowser: true")
    assert.notInclude(JSON.stringify(error) + error.message, open.apiKey)
  })

  it("refuses an empty sample", async () => {
    await using client = clientOf(open)
    const error = await rejection(client.create({ sample: new Blob([]), text }))
    assert.strictEqual(error._tag, "InvalidInput")
  })
})
