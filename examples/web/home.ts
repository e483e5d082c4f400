/**
 * The speech of a task that exists is brought home: to the browser's storage, or else to this page.
 */
import type { JobEvent } from "@voiceclone/browser"
import type { Speech } from "@voiceclone/browser/Speech"
import type { VoiceClone } from "@voiceclone/browser/VoiceClone"
import type * as problem from "./problem.ts"

export interface Options {
  readonly signal: AbortSignal
  readonly onEvent: (event: JobEvent) => void
}

/** Of a task that was left: also where another tab is at it, and where nothing is written down of it any more. */
export const bring = async (client: VoiceClone, taskId: string, options: Options): Promise<Speech> => {
  const { saved, failed } = await client.resumeAll({ only: taskId, ...options })
  const [own] = saved
  if (own !== undefined) return client.open(own)
  const error = failed[0]?.error
  if (error !== undefined && error._tag !== "JobBusy" && error._tag !== "TargetBusy") throw error
  await client.wait(taskId, options)
  if (error !== undefined) {
    // another tab saves it now
    await new Promise((resolve) => setTimeout(resolve, 500))
    return bring(client, taskId, options)
  }
  const { entries } = await client.jobs(options)
  const path = entries.find((entry) => entry.taskId === taskId)?.saved?.path
  const standing = path === undefined ? undefined : await client.open({ path, taskId }).catch(() => undefined)
  return standing ?? client.download(taskId, options)
}

/**
 * What the browser has no room for, or has lost while it came, is held by this page. It can be heard and saved all the
 * same, and the next visit fetches it anew. Any other error stays one.
 */
export const hold = async (
  client: VoiceClone,
  taskId: string | undefined,
  error: unknown,
  options: Options,
): Promise<Speech> => {
  if ((error as problem.Explained)._tag !== "TargetUnwritable" || taskId === undefined) throw error
  await client.wait(taskId, options)
  return client.receive(taskId, options)
}
