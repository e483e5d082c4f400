/**
 * The form as a whole: what it may be asked for now, and how its button says so.
 */
import { apiKey } from "./access.ts"

export const form = document.querySelector<HTMLFormElement>("form")!
export const text = document.querySelector<HTMLTextAreaElement>("#text")!
export const start = document.querySelector<HTMLButtonElement>("#start")!
export const stop = document.querySelector<HTMLButtonElement>("#stop")!

const fields = document.querySelectorAll<HTMLInputElement | HTMLButtonElement>(
  "form :is(input, textarea, button:not(#stop))",
)

/** What its button does: with a task at hand, the fields are not needed to go on with it. */
export const offer = (name: "Clone" | "Clone again" | "Go on with this task") => {
  start.textContent = name
  start.formNoValidate = name === "Go on with this task"
}

/** What is under way is what the fields say, so that nobody changes them. */
export const hold = (is: boolean) => {
  document.body.classList.toggle("working", is)
  for (const field of fields) field.disabled = is
  stop.hidden = !is
  if (is) start.textContent = "Working …"
}

/** Whether it can be sent; it says where not. Whoever goes on with a task needs a key all the same. */
export const isReady = () => (!apiKey.isConnected || apiKey.reportValidity()) && form.reportValidity()

/** The field that is wrong, if any. */
export const wrong = () => form.querySelector<HTMLElement>("[aria-invalid=true]")
