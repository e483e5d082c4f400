/**
 * What earlier visits have left: a task to go on with, a sample without an answer, or a speech to be heard again.
 */
import type { Entry } from "@voiceclone/browser"
import * as access from "./access.ts"
import * as form from "./form.ts"
import * as job from "./job.ts"
import * as problem from "./problem.ts"
import * as result from "./result.ts"
import * as sample from "./sample.ts"
import * as stages from "./stages.ts"
import * as unsent from "./unsent.ts"

/** For so long a server may be trusted to make one task of a sample that is sent again, so that sending it is of use. */
const recentMillis = 12 * 3_600_000

const unanswered = problem.make(
  "A sample was being sent, here or in another tab, and no answer is known",
  "Give the same sample and text again: what was begun is gone on with where it can be, and not paid for twice.",
)

const unfetched = problem.make(
  "A task of an earlier visit is paid for, and its speech not fetched yet",
  "Type the API key, then go on with this task.",
)

/** The task to go on with, of those that began last; one that the server has denied only where nothing came after it. */
const taskOf = (entries: ReadonlyArray<Entry>) =>
  entries.findLast(
    ({ state, taskId }, at) =>
      taskId !== undefined &&
      (state === "submitted" || state === "completed" || (state === "lost" && at === entries.length - 1)),
  )

const isUnanswered = ({ state, updatedAt }: Entry) =>
  // a clock may have been set meanwhile
  state === "sent" && Math.abs(Date.now() - Date.parse(updatedAt)) < recentMillis

/** Goes on with it where this page may call the server; or else tells of it, so that a key is typed. */
export const goOn = async (isIn: boolean) => {
  const client = access.client()
  const all = (await client.jobs()).entries.toSorted((a, b) => a.updatedAt.localeCompare(b.updatedAt))
  const entries = isIn ? all.filter(({ server }) => server === access.address()) : all
  const task = taskOf(entries)
  const last = entries.at(-1)
  const name = unsent.take()
  // what may have been sent may have been paid for, however long ago
  if (name !== undefined && !all.some(({ state }) => state === "sent")) sample.missed(name)
  // meanwhile the visitor may have begun
  if (stages.isShown()) return
  if (task?.taskId !== undefined && isIn) {
    job.take(task.taskId)
    await job.goOn()
  } else if (task?.taskId !== undefined) {
    access.baseUrl.value = task.server
    job.take(task.taskId)
    problem.explain(unfetched)
  } else if (isIn && entries.some(isUnanswered)) problem.explain(unanswered)
  else if (isIn && last?.saved !== undefined && last.taskId !== undefined) {
    const speech = await client.open({ path: last.saved.path, taskId: last.taskId }).catch(() => undefined)
    if (speech !== undefined && !stages.isShown()) result.present(speech)
  }
  await job.listEarlier()
}

/** What the visitor was writing, for as long as the tab is open. */
export const recallText = () => {
  form.text.value = access.kept.getItem("text") ?? form.text.value
  form.text.addEventListener("input", () => access.kept.setItem("text", form.text.value))
}
