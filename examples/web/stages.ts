/**
 * How far the job is, in four stages.
 */
import type { JobEvent } from "@voiceclone/browser"

const section = document.querySelector<HTMLElement>("#job")!
const items = section.querySelectorAll("li")
const progress = section.querySelector("progress")!
const state = document.querySelector("#state")!
const kept = document.querySelector("#kept")!

export const isShown = () => !section.hidden

/** Whether the job came to its end, and gave its speech. */
export const isDone = () => isShown() && items[items.length - 1]!.className === "done"

export const hide = () => void (section.hidden = true)

export const focus = () => section.focus()

/** Shows a stage, and how much of it is done, from 0 to 1, where that is known. */
export const show = (stage: number, text: string, done?: number) => {
  section.hidden = false
  items.forEach((item, i) => {
    item.className = i < stage ? "done" : ""
    if (i === stage) item.setAttribute("aria-current", "step")
    else item.removeAttribute("aria-current")
  })
  if (done === undefined) progress.removeAttribute("value")
  else progress.value = done
  state.textContent = text
}

/** A job begins; of the one before, nothing is left to be told. */
export const begin = () => {
  kept.textContent = ""
  show(0, "Calling the server …")
}

/** It stays where it is, for now. */
export const rest = (text: string) => {
  if (!progress.hasAttribute("value")) progress.value = 0
  state.textContent = text
}

/** The speech is there, and gone with this page. */
export const warn = () => {
  kept.textContent = "Save it before you leave this page: the browser's storage is full, or was cleared just now."
}

/** When, in words, where that is worth a word. */
const soon = (millis: number) => {
  if (millis < 10_000) return ""
  if (millis < 100_000) return ` in ${Math.round(millis / 1000)} seconds`
  return ` at ${new Date(Date.now() + millis).toLocaleTimeString(undefined, { timeStyle: "short" })}`
}

/** What an event says of them. */
export const tell = (event: JobEvent) => {
  switch (event._tag) {
    case "Uploading":
      return show(0, "Sending the sample …", event.sentBytes > 0 ? event.sentBytes / event.totalBytes : undefined)
    case "Submitted":
    case "Resumed":
      return show(1, "Waiting for its turn …")
    case "NotFoundYet": {
      // not each second, for whoever has it read out
      const seconds = Math.ceil(event.leftMillis / 10_000) * 10
      return show(1, `The server does not know this task yet. Asking again, for up to ${seconds} seconds …`)
    }
    case "Polled": {
      const { status, queuePosition, progress } = event.task
      // before its first sentence an engine listens to the sample, and says nothing of how far it is
      if (status === "processing") return show(2, "Speaking …", progress || undefined)
      if (status === "completed") return show(3, "Fetching the speech …")
      return show(1, queuePosition ? `Waiting for its turn, ${queuePosition} before it …` : "Waiting for its turn …")
    }
    case "Downloading":
      return show(3, "Fetching the speech …", event.totalBytes && event.receivedBytes / event.totalBytes)
    case "Retrying":
      state.textContent = `${event.reason}. Trying again${soon(event.delayMillis)} …`
      return
    case "HeldInMemory":
      kept.textContent = `Stay on this page: ${event.reason}.`
  }
}
