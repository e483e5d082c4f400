/**
 * A sample from the microphone.
 */
import type * as Recording from "@voiceclone/browser/Recorder"
import * as problem from "./problem.ts"
import * as sample from "./sample.ts"

const button = document.querySelector<HTMLButtonElement>("#record")!
const meter = document.querySelector<HTMLMeterElement>("meter")!

let recorder: Recording.Recorder | undefined
/** A microphone takes its time, and a second click shall not ask for another one. */
let isSwitching = false

const begin = async () => {
  const { start } = await import("@voiceclone/browser/Recorder")
  recorder = await start({
    onLevel: ({ rms, seconds }) => {
      meter.value = Math.min(1, Math.sqrt(rms))
      button.textContent = `Stop recording (${Math.floor(seconds)} s)`
    },
    onLost: (error) => void toggle().then(() => problem.explain(error)),
  })
}

const end = async () => {
  const ended = recorder
  recorder = undefined
  await sample.choose(await ended?.stop())
}

const toggle = async () => {
  if (isSwitching) return
  isSwitching = true
  problem.hide()
  sample.forgive()
  await (recorder === undefined ? begin() : end()).catch(problem.explain)
  isSwitching = false
  const isRecording = recorder !== undefined
  meter.hidden = !isRecording
  button.textContent = isRecording ? "Stop recording" : "Record"
  button.setAttribute("aria-pressed", String(isRecording))
}

/** What is being recorded is the sample. */
export const finish = async () => {
  if (recorder !== undefined) await toggle()
}

export const listen = () => button.addEventListener("click", () => void toggle())
