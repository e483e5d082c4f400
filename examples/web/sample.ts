/**
 * The voice sample: a file that is chosen, dropped or taken from here, and judged before it is sent.
 */
import exampleVoice from "../voice.wav?url"
import { isAudio } from "./audio.ts"
import * as limits from "./limits.ts"
import * as problem from "./problem.ts"

const input = document.querySelector<HTMLInputElement>("#sample")!
const told = document.querySelector<HTMLElement>("#sample-problem")!

/** What is told for as long as nothing is wrong, and nothing else was given. */
let note = ""

/** What the server that is named takes at most. */
let atMost: limits.Limits = {}

export const file = () => input.files?.[0]

/** Says what is wrong with it, or nothing. */
const say = (problem: string | undefined) => {
  told.textContent = problem ?? note
  input.setAttribute("aria-invalid", String(problem !== undefined))
}

export const forgive = () => {
  note = ""
  say(undefined)
}

/** The page was loaded again before it was sent; some browsers keep it in its field. */
export const missed = (name: string) => {
  note = `${name} was not sent, and nothing is paid for: the page was loaded again before.`
  if (file() === undefined) note += " Give it once more."
  say(undefined)
}

/** Why a file can be no sample. */
const unfit = async (file: File) => {
  if (file.size === 0) return `${file.name} is empty.`
  if (await isAudio(file)) return limits.tooLarge(file, atMost)
  return `${file.name} is no audio file. Give WAV, MP3, M4A, FLAC, Ogg or WebM.`
}

/** Takes what the visitor has given as the sample, or says why not. */
export const choose = async (file: File | undefined) => {
  note = ""
  if (file !== undefined) problem.hide()
  await judge(file)
}

const judge = async (file: File | undefined) => {
  const wrong = file && (await unfit(file))
  say(wrong)
  const [before] = input.files ?? []
  const files = new DataTransfer()
  if (file !== undefined && wrong === undefined) files.items.add(file)
  input.files = files.files
  // what the visitor has chosen is told by the browser
  if (input.files[0] !== before) input.dispatchEvent(new Event("change", { bubbles: true }))
  if (file === undefined || wrong !== undefined) return
  const warning = await limits.tooLong(file, atMost)
  // meanwhile another one may have been chosen
  if (warning !== undefined && input.files[0] === file) told.textContent = warning
}

/** Judges what was given by a server's limits, and tells them. */
export const limit = async (found: limits.Limits) => {
  atMost = found
  document.querySelector("#sample-limits")!.textContent = limits.words(atMost)
  if (!input.disabled && file() !== undefined) await judge(file())
}

const takeExample = async () => {
  const response = await fetch(exampleVoice).catch((cause: unknown) => {
    throw new Error("The example voice cannot be fetched: its server does not answer", { cause })
  })
  await choose(new File([await response.arrayBuffer()], "voice.wav", { type: "audio/wav" }))
}

/** A file may be dropped anywhere: beside the field, the browser would leave the page for it. */
const listenToDrops = () => {
  const dropping = (is: boolean) => document.body.classList.toggle("dropping", is)
  addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return
    event.preventDefault()
    event.dataTransfer.dropEffect = input.disabled ? "none" : "copy"
    dropping(!input.disabled)
  })
  addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) dropping(false)
  })
  addEventListener("drop", (event) => {
    event.preventDefault()
    dropping(false)
    if (!input.disabled) void choose(event.dataTransfer?.files[0]).catch(problem.explain)
  })
}

/** `onChange` hears that there is another one, or none any more. */
export const listen = (onChange: () => void) => {
  input.addEventListener("input", () => void choose(file()).catch(problem.explain))
  input.addEventListener("change", onChange)
  document.querySelector("#example")!.addEventListener("click", () => void takeExample().catch(problem.explain))
  listenToDrops()
}
