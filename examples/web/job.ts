/**
 * The job at hand: a task is made, or gone on with, and its speech brought home.
 */
import type { JobEvent } from "@voiceclone/browser"
import type { Speech } from "@voiceclone/browser/Speech"
import type { VoiceClone } from "@voiceclone/browser/VoiceClone"
import * as access from "./access.ts"
import * as earlier from "./earlier.ts"
import * as form from "./form.ts"
import * as home from "./home.ts"
import * as others from "./others.ts"
import * as problem from "./problem.ts"
import * as recording from "./recording.ts"
import * as result from "./result.ts"
import * as sample from "./sample.ts"
import * as stages from "./stages.ts"
import * as unsent from "./unsent.ts"

/** A task that is paid for and not yet fetched: it is gone on with instead of paying again. */
let unfinished: string | undefined
/** What the job's task made cannot be had any more, and the visitor was told so: only another task speaks it. */
let isGone = false
/** Of the work that is under way, if any. */
let controller: AbortController | undefined
/** What spoke, where the server says so. */
let engine: string | undefined

const offer = () => form.offer(unfinished === undefined ? (isGone ? "Clone again" : "Clone") : "Go on with this task")

const setUnfinished = (taskId: string | undefined) => {
  unfinished = taskId
  document.querySelector("#task")!.textContent = taskId === undefined ? "" : `Task ${taskId}`
}

/** There is nothing at hand: what the fields say is another task. */
export const reset = () => {
  isGone = false
  setUnfinished(undefined)
  offer()
}

/** A task is at hand, whatever the fields say. */
export const take = (taskId: string) => {
  setUnfinished(taskId)
  offer()
}

/** Shows what happens to the job. */
const follow = (event: JobEvent) => {
  const taskId = "task" in event ? event.task.id : "taskId" in event ? event.taskId : undefined
  if (taskId !== undefined) setUnfinished(taskId)
  // what nothing is written down of may have been sent
  if (taskId !== undefined || event._tag === "HeldInMemory") unsent.clear()
  if (event._tag === "Polled") engine = event.task.engine
  stages.tell(event)
}

/** Who was let in has no key to check. */
const restarted = problem.make(
  "The server was started again, and knows this page no more",
  "Open the address that it shows now, or type the API key here. What was begun is not lost.",
)

/** Tells what went wrong, and makes ready for what can be done about it. */
export const explain = (error: unknown) => {
  const { _tag = "", taskId } = error as problem.Explained
  if (_tag === "InvalidApiKey") access.apiKey.setAttribute("aria-invalid", "true")
  // a task that can never give a result is not worth going on with
  isGone = _tag === "TaskFailed" || _tag === "ResultExpired"
  if (isGone) setUnfinished(undefined)
  if (_tag === "SpeechGone") setUnfinished(taskId)
  offer()
  problem.explain(_tag === "InvalidApiKey" && access.leave() ? restarted : error)
}

/** Tells what went wrong with a speech that is listened to, maybe while the job at hand goes on. */
export const complain = (error: unknown) => (controller === undefined ? explain(error) : problem.explain(error))

/** Shows a speech that was saved before. */
const hear = async (saved: { readonly path: string; readonly taskId: string }) => {
  problem.hide()
  if (controller === undefined) stages.hide()
  try {
    result.present(await access.client().open(saved))
    await listEarlier()
    result.focus()
    result.scrollTo()
  } catch (error) {
    if (controller === undefined) take(saved.taskId)
    complain(error)
  }
}

export const listEarlier = async () => {
  const { entries } = await access.client().jobs()
  earlier.show(entries, result.shown(), (saved) => void hear(saved))
}

const working = (is: boolean) => {
  form.hold(is)
  if (is) return stages.focus()
  offer()
  if (result.isHeard()) return
  if (stages.isDone()) result.focus()
  else (form.wrong() ?? form.start).focus()
  // on a phone it is below what has the focus
  problem.scrollTo()
  result.scrollTo()
}

/** Works on the job, and shows what becomes of it. */
const work = async (make: (client: VoiceClone, options: home.Options) => Promise<Speech>) => {
  controller = new AbortController()
  const { signal } = controller
  const options = { signal, onEvent: follow }
  problem.hide()
  result.hide()
  void listEarlier().catch(() => {})
  stages.begin()
  engine = undefined
  working(true)
  try {
    const client = access.client()
    const made = await make(client, options).catch((error: unknown) => home.hold(client, unfinished, error, options))
    setUnfinished(undefined)
    const isListed = "path" in made
    if (isListed && result.isHeard()) stages.show(4, "Done. The new speech is listed below.", 1)
    else {
      result.present(made, engine)
      stages.show(4, "Done.", 1)
    }
    if (!isListed) stages.warn()
  } catch (error) {
    if (!signal.aborted) {
      explain(error)
      if (unfinished === undefined) stages.hide()
      else stages.rest("Interrupted.")
    } else if (unfinished === undefined)
      stages.rest("Stopped while sending. Clone the same again: nothing is paid for twice.")
    else stages.rest("Stopped waiting. The task goes on at the server.")
  } finally {
    controller = undefined
    unsent.clear()
    working(false)
    void listEarlier().catch(() => {})
  }
}

export const goOn = async () => {
  const taskId = unfinished
  if (taskId === undefined) return
  void others.bring(access.client(), taskId, listEarlier).catch(() => {})
  await work((client, options) => home.bring(client, taskId, options))
}

/** `anew` pays for another task where the same job has one. */
export const clone = async (anew = isGone) => {
  await recording.finish()
  const file = sample.file()
  if (file === undefined) return
  // once: whether there is another task now, only its own outcome says
  reset()
  sample.forgive()
  unsent.mark(file.name)
  const { value } = form.text
  await work((client, options) => client.clone({ sample: file, text: value, force: anew, ...options }))
}

/** Stops waiting; a task that was made goes on. */
export const stop = () => controller?.abort()
