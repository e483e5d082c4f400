/// <reference types="vite/client" />
import type { JobEvent } from "@voiceclone/browser"
import type * as Recording from "@voiceclone/browser/Recorder"
import type { Speech } from "@voiceclone/browser/Speech"
import type { VoiceClone } from "@voiceclone/browser/VoiceClone"
import exampleVoice from "../voice.wav?url"
import * as access from "./access.ts"
import { isAudio } from "./audio.ts"
import * as limits from "./limits.ts"

const form = document.querySelector<HTMLFormElement>("form")!
const sample = document.querySelector<HTMLInputElement>("#sample")!
const text = document.querySelector<HTMLTextAreaElement>("#text")!
const baseUrl = document.querySelector<HTMLInputElement>("#base-url")!
const apiKey = document.querySelector<HTMLInputElement>("#api-key")!
const sampleProblem = document.querySelector<HTMLElement>("#sample-problem")!
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
const save = document.querySelector<HTMLButtonElement>("#save")!
const record = document.querySelector<HTMLButtonElement>("#record")!
const meter = document.querySelector<HTMLMeterElement>("meter")!

/** A task that is paid for and not yet fetched: the same job goes on with it instead of paying again. */
let unfinished: string | undefined
/** That task was left by an earlier visit, and the fields may not say what it speaks. */
let isLeft = false
/** What the job's task made cannot be had any more, and the visitor was told so: only another task speaks it. */
let isGone = false
let controller: AbortController | undefined
let recorder: Recording.Recorder | undefined
/** A microphone takes its time, and a second click shall not ask for another one. */
let isSwitching = false
let speech: Speech | undefined

/** What the server that is named takes at most. */
let atMost: limits.Limits = {}

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
  const next = unfinished !== undefined ? "Go on with this task" : isGone ? "Clone again" : "Clone"
  start.textContent = working ? "Working …" : next
  start.formNoValidate = unfinished !== undefined && isLeft
}

const setUnfinished = (taskId: string | undefined) => {
  unfinished = taskId
  document.querySelector("#task")!.textContent = taskId === undefined ? "" : `Task ${taskId}`
}

const onEvent = (event: JobEvent) => {
  switch (event._tag) {
    case "Uploading":
      return show(0, "Sending the sample …", event.sentBytes > 0 ? event.sentBytes / event.totalBytes : undefined)
    case "Submitted":
    case "Resumed":
      setUnfinished(event.taskId)
      return show(1, "Waiting for its turn …")
    case "Polled": {
      setUnfinished(event.task.id)
      const { status, queuePosition, progress } = event.task
      engine = event.task.engine
      // before its first sentence an engine listens to the sample, and says nothing of how far it is
      if (status === "processing") return show(2, "Speaking …", progress || undefined)
      if (status === "completed") return show(3, "Fetching the speech …")
      return show(1, queuePosition ? `Waiting for its turn, ${queuePosition} before it …` : "Waiting for its turn …")
    }
    case "Downloading":
      return show(3, "Fetching the speech …", event.totalBytes && event.receivedBytes / event.totalBytes)
    case "Retrying":
      document.querySelector("#state")!.textContent = `${event.reason}. Trying again …`
      return
    case "HeldInMemory":
      document.querySelector("#kept")!.textContent = `Stay on this page: ${event.reason}.`
  }
}

/**
 * Finishes what was left before this page was loaded; gives what was saved last. What another tab is at, named by its key,
 * is followed.
 */
const resume = async (client: VoiceClone, signal: AbortSignal, followed?: string): Promise<Speech | undefined> => {
  const { saved, failed } = await client.resumeAll({ signal, onEvent })
  const failure = failed.find(({ error }) => error._tag !== "JobBusy")
  if (failure !== undefined) throw failure.error
  const { key, taskId } = failed[0]?.entry ?? {}
  if (taskId !== undefined) {
    setUnfinished(taskId)
    await client.wait(taskId, { signal, onEvent })
    await new Promise((resolve) => setTimeout(resolve, 500))
    return resume(client, signal, key)
  }
  if (saved[0] !== undefined) return client.open(saved[0])
  const ended = (await client.jobs({ signal })).entries.find((entry) => entry.key === followed)
  if (ended?.saved === undefined || ended.taskId === undefined) return undefined
  return client.open({ path: ended.saved.path, taskId: ended.taskId })
}

const working = (is: boolean) => {
  document.body.classList.toggle("working", is)
  // what is under way is what the fields say
  for (const field of fields) field.disabled = is
  stop.hidden = !is
  nameStart(is)
  if (is) return job.focus()
  const next = result.hidden ? (form.querySelector<HTMLElement>("[aria-invalid=true]") ?? start) : audio
  next.focus()
  // on a phone it is below what has the focus
  for (const section of [problem, result]) section.scrollIntoView({ block: "nearest" })
}

interface Explained extends Error {
  readonly _tag?: string
  readonly nextStep?: string
}

/** Who was let in has no key to check. */
const restarted: Explained = Object.assign(new Error("The server was started again, and knows this page no more"), {
  nextStep: "Open the address that it shows now, or type the API key here. What was begun is not lost.",
})

/** What to do on this page, which is not what a program would. */
const steps: Record<string, string> = {
  CreateOutcomeUnknown:
    "Clone asks once more, and pays for nothing twice. Where the server's list of tasks or its bill shows that there is no task, make a new one; where there is one, that would be paid for as well.",
  JobBusy: "Another tab is at it: let it finish. Then Clone shows what came of it, and costs nothing.",
  TargetBusy: "Another tab is at it: let it finish, then go on here.",
  TargetUnwritable:
    "Make room for this page in the browser's storage, then go on with this task; it is not paid for again.",
}

/** An error as it is told here. */
const inWords = (error: Explained & { readonly detail?: string }): Explained => {
  const { _tag = "", detail, message, nextStep = "" } = error
  // the refusal's number is of no use here
  const isRefusal = _tag === "RequestRejected" && detail !== undefined
  const told = new Error(isRefusal ? `The server refuses this: ${detail}` : message)
  return Object.assign(told, { _tag, nextStep: steps[_tag] ?? nextStep })
}

const explain = (error: unknown) => {
  const isKeyRefused = (error as Explained)._tag === "InvalidApiKey"
  if (isKeyRefused) apiKey.setAttribute("aria-invalid", "true")
  const isRefused = isKeyRefused && access.leave()
  const { _tag, message, nextStep = "" } = isRefused ? restarted : inWords(error as Explained)
  // a task that can never give a result is not worth going on with
  isGone = ["TaskFailed", "TaskNotFound", "ResultExpired"].includes(_tag ?? "")
  if (isGone) setUnfinished(undefined)
  document.querySelector("#message")!.textContent = message.replace(/\.?$/, ".")
  document.querySelector("#next-step")!.textContent = isGone
    ? `${_tag === "TaskFailed" ? "Mend what the reason names, often the sample or the text. " : ""}To clone again makes another task.`
    : nextStep
  document.querySelector<HTMLElement>("#anew")!.hidden = _tag !== "CreateOutcomeUnknown"
  problem.hidden = false
  problem.scrollIntoView({ block: "nearest" })
}

const present = (made: Speech) => {
  setUnfinished(undefined)
  speech?.revoke()
  speech = made
  audio.src = made.objectUrl()
  const facts = [
    `${made.seconds.toFixed(1)} s`,
    `${Math.round(made.bytes / 1000)} kB`,
    ...(engine ? [`engine: ${engine}`] : []),
  ]
  document.querySelector("#facts")!.textContent = facts.join(", ")
  show(4, "Done.", 1)
  result.hidden = false
}

/** Works on a job, and shows what becomes of it. */
const work = async (make: (client: VoiceClone, signal: AbortSignal) => Promise<Speech | undefined>) => {
  controller = new AbortController()
  const { signal } = controller
  problem.hidden = result.hidden = true
  job.hidden = false
  working(true)
  show(0, "Calling the server …")
  const client = access.client()
  try {
    const made = await make(client, signal)
    if (made !== undefined) present(made)
  } catch (error) {
    if (!signal.aborted) {
      explain(error)
      show(-1, "", 0)
      job.hidden = unfinished === undefined
    } else if (unfinished === undefined)
      show(0, "Stopped while sending. Clone the same again: nothing is paid for twice.", 0)
    else show(1, "Stopped waiting. The task goes on at the server.", 0)
  } finally {
    working(false)
    await client.close()
  }
}

const goOnWithTask = () => work((client, signal) => resume(client, signal))

const clone = async (anew = isGone) => {
  // what is being recorded is the sample
  if (recorder !== undefined) await toggleRecording()
  const file = sample.files?.[0]
  if (file === undefined) return
  // once: whether there is another task now, only its own outcome says
  isGone = isLeft = false
  await work((client, signal) => client.clone({ sample: file, text: text.value, force: anew, signal, onEvent }))
}

/** For so long is a sample that was sent, and not answered, worth a word. */
const recentMillis = 3_600_000

const unanswered: Explained = Object.assign(
  new Error("A sample was being sent, here or in another tab, and no answer is known"),
  {
    nextStep:
      "Give the same sample and text again: what was begun is gone on with where it can be, and not paid for twice.",
  },
)

const left: Explained = Object.assign(
  new Error("A task of an earlier visit is paid for, and its speech not fetched yet"),
  {
    nextStep: "Type the API key, then go on with this task.",
  },
)

const gone: Explained = Object.assign(new Error("This speech is gone from the browser's storage"), {
  nextStep: "Clone the same again: it is fetched anew, and not paid for again, for as long as the server keeps it.",
})

/** Without a key, what this browser knows of earlier visits is there all the same. */
const tellWhatIsLeft = async (client: VoiceClone) => {
  const { entries } = await client.jobs()
  const entry = entries.find(
    ({ state, taskId }) => taskId !== undefined && (state === "submitted" || state === "completed"),
  )
  // meanwhile the visitor may have begun
  if (entry === undefined || !job.hidden) return
  baseUrl.value = entry.server
  isLeft = true
  setUnfinished(entry.taskId)
  nameStart(false)
  explain(left)
}

/** What was left when this page was closed or loaded again; or else what was saved last. */
const goOn = async () => {
  text.value = access.kept.getItem("text") ?? text.value
  const isIn = await access.enter().finally(() => void learnLimits())
  await using client = access.client()
  if (!isIn) return await tellWhatIsLeft(client)
  const { entries } = await client.jobs()
  if (entries.some(({ state }) => state === "submitted" || state === "completed")) {
    isLeft = true
    await goOnWithTask()
  }
  // what was on its way has no id yet to go on with
  else if (
    entries.some(({ state, updatedAt }) => state === "sent" && Date.now() - Date.parse(updatedAt) < recentMillis)
  )
    explain(unanswered)
  else {
    const { saved, taskId } = entries.toSorted((a, b) => a.updatedAt.localeCompare(b.updatedAt)).at(-1) ?? {}
    if (saved === undefined || taskId === undefined) return
    const last = await client.open({ path: saved.path, taskId }).catch(() => undefined)
    // meanwhile the visitor may have begun
    if (last !== undefined && job.hidden) present(last)
  }
}

/** Another sample, text or server is another task. */
const change = () => {
  isGone = isLeft = false
  setUnfinished(undefined)
  nameStart(false)
}

/** Why a file can be no sample. */
const unfit = async (file: File) =>
  (await isAudio(file))
    ? limits.tooLarge(file, atMost)
    : `${file.name} is no audio file. Give WAV, MP3, M4A, FLAC, Ogg or WebM.`

/** Takes a file as the sample, or says why not. */
const choose = async (file: File | undefined) => {
  const problemOf = file && (await unfit(file))
  const isFit = problemOf === undefined
  sampleProblem.textContent = problemOf ?? ""
  sample.setAttribute("aria-invalid", String(!isFit))
  const files = new DataTransfer()
  if (file !== undefined && isFit) {
    files.items.add(file)
    problem.hidden = true
  }
  sample.files = files.files
  change()
  if (file === undefined || !isFit) return
  const warning = await limits.tooLong(file, atMost)
  // meanwhile another one may have been chosen
  if (warning !== undefined && sample.files[0] === file) sampleProblem.textContent = warning
}

const checkText = () => text.setCustomValidity(limits.textTooLong(text.value, atMost))

/** Asks the server that is named for its limits, and judges by them what has been given. */
const learnLimits = async () => {
  const address = baseUrl.value
  const found = await limits.of(address)
  if (address !== baseUrl.value) return
  atMost = found
  document.querySelector("#sample-limits")!.textContent = limits.words(atMost)
  checkText()
  if (!sample.disabled && sample.files?.[0] !== undefined) await choose(sample.files[0])
}

const toggleRecording = async () => {
  if (isSwitching) return
  isSwitching = true
  problem.hidden = true
  sampleProblem.textContent = ""
  sample.setAttribute("aria-invalid", "false")
  try {
    if (recorder !== undefined) {
      const ended = recorder
      recorder = undefined
      await choose(await ended.stop())
    } else {
      const { start } = await import("@voiceclone/browser/Recorder")
      recorder = await start({
        onLevel: ({ rms, seconds }) => {
          meter.value = Math.min(1, Math.sqrt(rms))
          record.textContent = `Stop recording (${Math.floor(seconds)} s)`
        },
        onLost: (error) => void toggleRecording().then(() => explain(error)),
      })
    }
  } catch (error) {
    explain(error)
  }
  isSwitching = false
  const isRecording = recorder !== undefined
  meter.hidden = !isRecording
  record.textContent = isRecording ? "Stop recording" : "Record"
  record.setAttribute("aria-pressed", String(isRecording))
}

/** Whoever clears the browser's storage takes the speech with it. */
const isThere = async () => {
  const first = speech?.blob.slice(0, 1).arrayBuffer()
  return first?.then(
    () => true,
    () => false,
  )
}

const giveAway = async () => {
  if (await isThere()) await speech?.save()
  else explain(gone)
}

const takeExample = async () => {
  const response = await fetch(exampleVoice).catch((cause: unknown) => {
    throw new Error("The example voice cannot be fetched: its server does not answer", { cause })
  })
  await choose(new File([await response.arrayBuffer()], "voice.wav", { type: "audio/wav" }))
}

form.addEventListener("submit", (event) => {
  event.preventDefault()
  if (apiKey.isConnected && !apiKey.reportValidity()) return
  access.keep()
  void (start.formNoValidate ? goOnWithTask() : clone())
})

stop.addEventListener("click", () => controller?.abort())

for (const field of [text, baseUrl]) field.addEventListener("input", change)
text.addEventListener("input", () => access.kept.setItem("text", text.value))
text.addEventListener("input", checkText)
baseUrl.addEventListener("change", () => void learnLimits())
apiKey.addEventListener("input", () => apiKey.removeAttribute("aria-invalid"))
sample.addEventListener("input", () => void choose(sample.files?.[0]).catch(explain))

// a file may be dropped anywhere: beside the field, the browser would leave the page for it
const dropping = (is: boolean) => document.body.classList.toggle("dropping", is)
addEventListener("dragover", (event) => {
  if (!event.dataTransfer?.types.includes("Files")) return
  event.preventDefault()
  event.dataTransfer.dropEffect = sample.disabled ? "none" : "copy"
  dropping(!sample.disabled)
})
addEventListener("dragleave", (event) => {
  if (event.relatedTarget === null) dropping(false)
})
addEventListener("drop", (event) => {
  event.preventDefault()
  dropping(false)
  if (!sample.disabled) void choose(event.dataTransfer?.files[0]).catch(explain)
})

document.querySelector("#example")!.addEventListener("click", () => void takeExample().catch(explain))
record.addEventListener("click", () => void toggleRecording())
save.addEventListener("click", () => void giveAway().catch(explain))
audio.addEventListener("error", () => void isThere().then((is) => is || explain(gone)))
document.querySelector("#pay-again")!.addEventListener("click", () => {
  if (form.reportValidity()) void clone(true)
})

void goOn().catch(explain)
