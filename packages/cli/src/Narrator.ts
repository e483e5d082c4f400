/**
 * Tells a job's events on the display, and remembers what is needed to go on with the job when it ends early.
 */
import type { JobEvent } from "@voiceclone/core/JobEvent"
import type { Task, TaskId } from "@voiceclone/core/Task"
import * as Wav from "@voiceclone/core/Wav"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { Display } from "./Display.ts"
import * as Progress from "./Progress.ts"
import { bytes, percent, seconds } from "./Quantity.ts"

export interface Narrator {
  readonly listen: (event: JobEvent) => Effect.Effect<void>
  /** The task that this run has created, or found to exist. */
  readonly createdTask: () => TaskId | undefined
  /** Whether the whole sample has been sent and no answer has come: a task may exist that we know nothing of. */
  readonly isOutcomeUnknown: () => boolean
}

const describeTask = (task: Task): string => {
  const place = task.queuePosition !== undefined && task.queuePosition > 0 ? `, ${task.queuePosition} before it` : ""
  const done = task.progress !== undefined && task.progress > 0 ? ` ${percent(task.progress)}` : ""
  return `${task.reportedStatus}${done}${place}`
}

const taskOf = (event: JobEvent): TaskId | undefined =>
  "task" in event ? event.task.id : "taskId" in event ? event.taskId : undefined

/** `nameOf` tells several jobs apart: each line begins with the name of its job. */
export const make = (
  display: Context.Service.Shape<typeof Display>,
  nameOf: (taskId: TaskId) => string | undefined = () => undefined,
): Narrator => {
  let createdTask: TaskId | undefined
  let sent = false
  // a call that went without an answer is repeated, and may be stopped in the midst of that
  let inDoubt = false
  const lastTold = new Map<TaskId, string>()
  const upload = Progress.make()
  const downloads = new Map<TaskId, ReturnType<typeof Progress.make>>()
  const tell = (event: JobEvent): Effect.Effect<void> => {
    const task = taskOf(event)
    const name = task === undefined ? undefined : nameOf(task)
    const about = (text: string) => (name === undefined ? text : `${name}: ${text}`)
    switch (event._tag) {
      case "Uploading": {
        sent = event.sentBytes === event.totalBytes
        const amount = upload(event.sentBytes, event.totalBytes)
        return display.live(sent ? "Uploaded; creating the task" : `Uploading ${amount}`)
      }
      case "Submitted":
        createdTask = event.taskId
        sent = inDoubt = false
        return Effect.andThen(display.step(`Created task ${event.taskId}`), display.live("Waiting"))
      case "Resumed":
        createdTask = event.taskId
        return Effect.andThen(
          display.step(`Going on with task ${event.taskId}, which exists already (${event.state})`),
          display.live("Waiting"),
        )
      case "Polled": {
        const told = describeTask(event.task)
        const isNews = told !== lastTold.get(event.task.id)
        lastTold.set(event.task.id, told)
        return Effect.andThen(
          display.live(about(`Waiting: ${told}`)),
          event.task.status === "completed"
            ? display.step(about("The speech is ready"))
            : isNews
              ? display.note(about(told))
              : Effect.void,
        )
      }
      case "NotFoundYet": {
        const unknown = "the server doesn't know the task yet"
        const isNews = unknown !== lastTold.get(event.taskId)
        lastTold.set(event.taskId, unknown)
        const told = about(`Waiting: ${unknown}; asking again for ${Math.ceil(event.leftMillis / 1000)} s`)
        return Effect.andThen(isNews ? display.trouble(told) : Effect.void, display.live(told))
      }
      case "Downloading": {
        const download = downloads.get(event.taskId) ?? Progress.make()
        downloads.set(event.taskId, download)
        return display.live(about(`Downloading ${download(event.receivedBytes, event.totalBytes)}`))
      }
      case "Verified": {
        const { bytes: size, format, seconds: length } = event
        return display.step(
          about(`Downloaded and checked ${bytes(size)}: ${seconds(length)} of speech, ${Wav.formatName(format)}`),
        )
      }
      case "Saved":
        return display.live(about("Saved"))
      case "Retrying": {
        if (event.error === "CreateOutcomeUnknown") inDoubt = true
        // an answer that asks for another try says that there is no task
        else sent = false
        const when = event.delayMillis === 0 ? "at once" : `in ${seconds(event.delayMillis / 1000)}`
        return display.trouble(about(`${event.reason}; trying again ${when}`))
      }
      case "HeldInMemory":
        return display.note(about(`The ${event.what} are held in memory alone: ${event.reason}`))
    }
  }
  return {
    listen: (event) => Effect.andThen(display.event(event), tell(event)),
    createdTask: () => createdTask,
    isOutcomeUnknown: () => sent || inDoubt,
  }
}
