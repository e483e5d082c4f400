/// <reference types="vite/client" />
import type { JobEvent } from "@voiceclone/browser"
import { VoiceClone } from "@voiceclone/browser/VoiceClone"
import exampleVoice from "../voice.wav?url"

const form = document.querySelector<HTMLFormElement>("form")!
const sample = document.querySelector<HTMLInputElement>("#sample")!
const text = document.querySelector<HTMLTextAreaElement>("#text")!
const baseUrl = document.querySelector<HTMLInputElement>("#base-url")!
const apiKey = document.querySelector<HTMLInputElement>("#api-key")!
const fields = document.querySelectorAll<HTMLInputElement | HTMLButtonElement>(
  "form :is(input, textarea, button:not(#stop))",
)
const start = document.querySelector<HTMLButtonElement>("#start")!
const stop = document.querySelector<HTMLButtonElement>("#stop")!
const job = document.querySelector<HTMLElement>("#job")!
const stages = document.querySelectorAll("#job li")
const progress = document.querySelector<HTMLProgressElement>("progress")!
const problem = document.querySelector<HTMLElement>("#problem")!
const result = document.querySelector<HTMLElement>("#result")!
const audio = document.querySelector<HTMLAudioElement>("audio")!
const save = document.querySelector<HTMLAnchorElement>("#save")!

/** A task that is paid for and not yet fetched: the next start goes on with it instead of paying again. */
let unfinished: string | undefined
let controller: AbortController | undefined

/** What spoke, where the server says so. */
let engine: string | undefined

/** Shows a stage, and how much of it is done, from 0 to 1, where that is known. */
const show = (stage: number, state: string, done?: number) => {
  stages.forEach((item, i) => {
    item.className = i < stage ? "done" : ""
    if (i === stage) item.setAttribute("aria-current", "step")
    else item.removeAttribute("aria-current")
  })
  if (done === undefined) progress.removeAttribute("value")
  else progress.value = done
  document.querySelector("#state")!.textContent = state
}

const nameStart = (working: boolean) => {
  start.textContent = working ? "Working …" : unfinished === undefined ? "Clone" : "Go on with this task"
}

const setUnfinished = (taskId: string | undefined) => {
  unfinished = taskId
  document.querySelector("#task")!.textContent = taskId === undefined ? "" : `Task ${taskId}`
}

const onEvent = (event: JobEvent) => {
  switch (event._tag) {
    case "Uploading":
      return show(0, "Sending the sample …")
    case "Submitted":
      setUnfinished(event.taskId)
      return show(1, "Waiting for its turn …")
    case "Polled": {
      const { status, queuePosition, progress } = event.task
      engine = event.task.engine
      if (status === "processing") return show(2, "Speaking …", progress)
      if (status === "completed") return show(3, "Fetching the speech …")
      return show(1, queuePosition ? `Waiting for its turn, ${queuePosition} before it …` : "Waiting for its turn …")
    }
    case "Downloading":
      return show(3, "Fetching the speech …", event.totalBytes && event.receivedBytes / event.totalBytes)
    case "Retrying":
      document.querySelector("#state")!.textContent = `${event.reason}. Trying again …`
  }
}

const run = async (client: VoiceClone, sample: File, signal: AbortSignal) => {
  if (unfinished === undefined) return client.clone({ sample, text: text.value, signal, onEvent })
  await client.wait(unfinished, { signal, onEvent })
  return client.download(unfinished, { signal, onEvent })
}

const working = (is: boolean) => {
  document.body.classList.toggle("working", is)
  // what is under way is what the fields say
  for (const field of fields) field.disabled = is
  stop.hidden = !is
  nameStart(is)
  if (is) job.focus()
  else if (result.hidden) start.focus()
  else audio.focus()
}

const explain = (error: unknown) => {
  const { _tag, message, nextStep = "" } = error as Error & { readonly _tag?: string; readonly nextStep?: string }
  // a task that can never give a result is not worth going on with
  if (["TaskFailed", "TaskNotFound", "ResultExpired"].includes(_tag ?? "")) setUnfinished(undefined)
  document.querySelector("#message")!.textContent = `${message}.`
  document.querySelector("#next-step")!.textContent = nextStep
  problem.hidden = false
}

const clone = async () => {
  const file = sample.files?.[0]
  if (file === undefined) return
  controller = new AbortController()
  const { signal } = controller
  problem.hidden = result.hidden = true
  job.hidden = false
  working(true)
  show(0, "Calling the server …")
  const client = new VoiceClone({ apiKey: apiKey.value.trim(), baseUrl: baseUrl.value, allowApiKeyInBrowser: true })
  try {
    const { blob, seconds, bytes, taskId } = await run(client, file, signal)
    setUnfinished(undefined)
    URL.revokeObjectURL(audio.src)
    audio.src = save.href = URL.createObjectURL(blob)
    save.download = `task_${taskId}.wav`
    const facts = [
      `${seconds.toFixed(1)} s`,
      `${Math.round(bytes / 1000)} kB`,
      ...(engine ? [`engine: ${engine}`] : []),
    ]
    document.querySelector("#facts")!.textContent = facts.join(", ")
    show(4, "Done.", 1)
    result.hidden = false
  } catch (error) {
    if (!signal.aborted) {
      explain(error)
      show(-1, "", 0)
      job.hidden = unfinished === undefined
    } else if (unfinished === undefined) show(0, "Stopped while sending. There may be a task at the server.", 0)
    else show(1, "Stopped waiting. The task goes on at the server.", 0)
  } finally {
    working(false)
    await client.close()
  }
}

const takeExample = async () => {
  const response = await fetch(exampleVoice)
  const files = new DataTransfer()
  files.items.add(new File([await response.arrayBuffer()], "voice.wav", { type: "audio/wav" }))
  sample.files = files.files
  change()
}

form.addEventListener("submit", (event) => {
  event.preventDefault()
  void clone()
})

stop.addEventListener("click", () => controller?.abort())

// another sample, text or server is another task
const change = () => {
  setUnfinished(undefined)
  nameStart(false)
}
for (const field of [sample, text, baseUrl]) field.addEventListener("input", change)

document.querySelector("#example")!.addEventListener("click", () => void takeExample())
