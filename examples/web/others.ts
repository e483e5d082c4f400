/**
 * What was left besides the task at hand: it is brought home meanwhile, so that each speech can be heard once it is saved.
 */
import type { Entry } from "@voiceclone/browser"
import type { VoiceClone } from "@voiceclone/browser/VoiceClone"
import * as access from "./access.ts"
import * as earlier from "./earlier.ts"

const isLeft = ({ server, state }: Entry) =>
  server === access.address() && (state === "submitted" || state === "completed" || state === "lost")

let isBringing = false

/** `onSaved` hears of each. One that cannot be had now is tried again with the next visit. */
export const bring = async (client: VoiceClone, taskAtHand: string, onSaved: () => Promise<void>) => {
  if (isBringing) return
  isBringing = true
  try {
    const { entries } = await client.jobs()
    const tasks = entries.flatMap((entry) => (isLeft(entry) && entry.taskId !== undefined ? [entry.taskId] : []))
    const awaited = new Set<string>(tasks.filter((taskId) => taskId !== taskAtHand))
    earlier.expect(awaited.size)
    const bringOne = async (taskId: string) => {
      await client.resumeAll({ only: taskId }).catch(() => {})
      awaited.delete(taskId)
      earlier.expect(awaited.size)
      await onSaved()
    }
    await Promise.all(Array.from(awaited, bringOne))
  } finally {
    isBringing = false
  }
}
