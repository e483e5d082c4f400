/**
 * The speech: to be heard, and saved.
 */
import type { Speech } from "@voiceclone/browser/Speech"

const section = document.querySelector<HTMLElement>("#result")!
const audio = section.querySelector("audio")!
const save = document.querySelector<HTMLButtonElement>("#save")!

let speech: Speech | undefined

/** The task whose speech is shown. */
export const shown = () => (section.hidden ? undefined : speech?.taskId)

export const hide = () => {
  audio.pause()
  section.hidden = true
}

/** Whether someone listens just now, and should not be interrupted. */
export const isHeard = () => !section.hidden && !audio.paused

export const focus = () => audio.focus()

export const scrollTo = () => section.scrollIntoView({ block: "nearest" })

/** `engine` is what spoke, where the server says so. */
export const present = (made: Speech, engine?: string) => {
  speech?.revoke()
  speech = made
  audio.src = made.objectUrl()
  const facts = [
    `${made.seconds.toFixed(1)} s`,
    `${Math.round(made.bytes / 1000)} kB`,
    ...(engine === undefined ? [] : [`engine: ${engine}`]),
  ]
  document.querySelector("#facts")!.textContent = facts.join(", ")
  section.hidden = false
}

/** `onProblem` hears why it cannot be heard or saved, as where the browser's storage was cleared. */
export const listen = (onProblem: (error: unknown) => void) => {
  save.addEventListener("click", () => void speech?.save().catch(onProblem))
  audio.addEventListener("error", () => void speech?.check().catch(onProblem))
}
