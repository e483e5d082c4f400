/** The element that lets a reader run a job in the page. */
import type { JobEvent } from "@voiceclone/core/JobEvent"
import type { RecordedRequest } from "@voiceclone/testing/FakeApi"
import * as Result from "effect/Result"
import * as Rehearsal from "./Rehearsal.ts"
import * as told from "./told.ts"

/** How often the list of requests is drawn anew, in milliseconds. */
const redrawMillis = 50

const line = (name: string, ...details: ReadonlyArray<readonly [text: string, isTrouble?: boolean]>) => {
  const item = document.createElement("li")
  item.append(Object.assign(document.createElement("b"), { textContent: name }))
  for (const [textContent, isTrouble = false] of details) {
    item.append(Object.assign(document.createElement("span"), { textContent, className: isTrouble ? "trouble" : "" }))
  }
  return item
}

export class LiveJob extends HTMLElement {
  #running: AbortController | undefined
  #url: string | undefined

  connectedCallback(): void {
    const form = this.#find("form")
    form.addEventListener("change", () => (this.#find(".about").textContent = this.#trouble().about))
    form.addEventListener("submit", (event) => {
      event.preventDefault()
      void this.#run()
    })
    // a browser puts a form back as it was left
    this.#find(".about").textContent = this.#trouble().about
  }

  disconnectedCallback(): void {
    this.#running?.abort()
  }

  #find<E extends HTMLElement = HTMLElement>(selector: string): E {
    const found = this.querySelector<E>(selector)
    if (found === null) throw new Error(`The page has no ${selector}`)
    return found
  }

  #trouble(): Rehearsal.Trouble {
    const chosen = this.querySelector<HTMLInputElement>("input:checked")?.value
    return Rehearsal.troubles.find(({ name }) => name === chosen) ?? Rehearsal.troubles[0]!
  }

  /** Runs the chosen job, in the place of one that still runs. */
  async #run(): Promise<void> {
    this.#running?.abort()
    const running = (this.#running = new AbortController())
    const { api, play } = Rehearsal.make(this.#trouble())
    const events = this.#find(".events")
    events.replaceChildren()
    this.#find("audio").hidden = true
    this.#say("running", "Running …")
    const draw = () => this.#drawRequests(api.requests)
    const drawing = setInterval(draw, redrawMillis)
    try {
      const outcome = await play((event) => hear(events, event), running.signal)
      draw()
      this.#end(outcome, api.tasks.length)
    } catch (error) {
      if (!running.signal.aborted) throw error
    } finally {
      clearInterval(drawing)
    }
  }

  #drawRequests(requests: ReadonlyArray<RecordedRequest>): void {
    this.#find(".requests").replaceChildren(
      ...requests.map((request) => {
        const { line: first, fields, went } = told.request(request)
        const isTrouble = request.outcome === "brokenOff" || (request.answer?.status ?? 200) >= 400
        return line(first, ...fields.map((field) => [field] as const), [went, isTrouble])
      }),
    )
  }

  #end(outcome: Rehearsal.Outcome, tasks: number): void {
    const paid = tasks === 1 ? "One task was made." : `${tasks} tasks were made.`
    if (Result.isFailure(outcome)) {
      const { _tag, message, nextStep } = outcome.failure
      this.#say("stopped", `${_tag}: ${message}`, nextStep, paid)
      return
    }
    const { data, seconds } = outcome.success
    if (this.#url !== undefined) URL.revokeObjectURL(this.#url)
    this.#url = URL.createObjectURL(new Blob([data], { type: "audio/wav" }))
    const audio = this.#find<HTMLAudioElement>("audio")
    audio.src = this.#url
    audio.hidden = false
    this.#say(
      "whole",
      `Whole and verified: ${data.byteLength.toLocaleString("en")} bytes, ${seconds.toFixed(1)} s.`,
      paid,
    )
  }

  #say(state: string, first: string, ...rest: ReadonlyArray<string>): void {
    const output = this.#find("output")
    output.dataset["state"] = state
    output.replaceChildren(
      Object.assign(document.createElement("strong"), { textContent: first }),
      ...rest.map((textContent) => Object.assign(document.createElement("p"), { textContent })),
    )
  }
}

const hear = (events: HTMLElement, event: JobEvent): void => {
  events.append(line(event._tag, [told.event(event), event._tag === "Retrying"]))
}
