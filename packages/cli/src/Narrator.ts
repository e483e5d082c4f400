/**
 * Tells a job's events on the display, and remembers what is needed to go on with the job when it ends early.
 */
import type { JobEvent } from "@voiceclone/core/JobEvent"
import type { Task, TaskId } from "@voiceclone/core/Task"
import * as Wav from "@voiceclone/core/Wav"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Display } from "./Display.ts"
import { bytes, percent, seconds } from "./Quantity.ts"

export interface Narrator {
  readonly listen: (event: JobEvent) => Effect.Effect<void>
  /** The task that this run has created. */
  readonly createdTask: () => TaskId | undefined
  /** Whether the whole sample has been sent and no answer has come: a task may exist that we know nothing of. */
  readonly isOutcomeUnknown: () => boolean
}

const describeTask = (task: Task): string => {
  const place = task.queuePosition !== undefined && task.queuePosition > 0 ? `, ${task.queuePosition} before it` : ""
  const done = task.progress !== undefined && task.progress > 0 ? ` ${percent(task.progress)}` : ""
  return `${task.reportedStatus}${done}${place}`
}

export const make = (display: Context.Service.Shape<typeof Display>): Narrator => {
  let createdTask: TaskId | undefined
  let sent = false
  let lastTold = ""
  const tell = (event: JobEvent): Effect.Effect<void> => {
    switch (event._tag) {
      case "Uploading": {
        sent = event.sentBytes === event.totalBytes
        const amount = `${bytes(event.sentBytes)} of ${bytes(event.totalBytes)}`
        return display.live(sent ? "Uploaded; creating the task" : `Uploading ${amount}`)
      }
      case "Submitted":
        createdTask = event.taskId
        sent = false
        return Effect.andThen(display.step(`Created task ${event.taskId}`), display.live("Waiting"))
      case "Resumed":
        createdTask = event.taskId
        return Effect.andThen(
          display.step(`Going on with task ${event.taskId}, which exists already (${event.state})`),
          display.live("Waiting"),
        )
      case "Polled": {
        const told = describeTask(event.task)
        const isNews = told !== lastTold
        lastTold = told
        return Effect.andThen(
          display.live(`Waiting: ${told}`),
          event.task.status === "completed"
            ? display.step("The speech is ready")
            : isNews
              ? display.note(told)
              : Effect.void,
        )
      }
      case "Downloading": {
        const total = event.totalBytes === undefined ? "" : ` of ${bytes(event.totalBytes)}`
        return display.live(`Downloading ${bytes(event.receivedBytes)}${total}`)
      }
      case "Verified": {
        const { bytes: size, format, seconds: length } = event
        return display.step(
          `Downloaded and checked ${bytes(size)}: ${seconds(length)} of speech, ${Wav.formatName(format)}`,
        )
      }
      case "Saved":
        return display.live("Saved")
      case "Retrying": {
        // an answer that asks for another try says that there is no task
        if (event.error !== "CreateOutcomeUnknown") sent = false
        const delay = Duration.format(Duration.millis(event.delayMillis))
        return display.step(`${event.reason}; trying again in ${delay}`)
      }
    }
  }
  return {
    listen: (event) => Effect.andThen(display.event(event), tell(event)),
    createdTask: () => createdTask,
    isOutcomeUnknown: () => sent,
  }
}
