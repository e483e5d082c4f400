/**
 * The speeches that this browser has kept besides the one that is shown.
 */
import type { Entry } from "@voiceclone/browser"

const section = document.querySelector<HTMLElement>("#earlier")!
const list = section.querySelector("ul")!
const awaited = section.querySelector("#awaited")!

const when = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" })

const item = ({ sample, text, updatedAt }: Entry, onWanted: () => void) => {
  const button = document.createElement("button")
  button.type = "button"
  button.className = "link"
  // no text is kept, so it is told by its length
  button.textContent = `${sample.name}, ${text.characters.toLocaleString()} characters`
  button.addEventListener("click", onWanted)
  const time = document.createElement("time")
  time.className = "hint"
  time.dateTime = updatedAt
  time.textContent = when.format(new Date(updatedAt))
  const item = document.createElement("li")
  item.append(button, time)
  return item
}

/** Lists them, the last one first; `onWanted` hears which one shall be heard again. */
export const show = (
  entries: ReadonlyArray<Entry>,
  shown: string | undefined,
  onWanted: (saved: { readonly path: string; readonly taskId: string }) => void,
) => {
  const items = entries
    .toSorted((a, b) => b.updatedAt.localeCompare(a.updatedAt))
    .flatMap((entry) => {
      const { saved, taskId } = entry
      if (saved === undefined || taskId === undefined || taskId === shown) return []
      return [item(entry, () => onWanted({ path: saved.path, taskId }))]
    })
  list.replaceChildren(...items)
  showSection()
}

const showSection = () => void (section.hidden = list.childElementCount === 0 && awaited.textContent === "")

/** Says how many more are on their way. */
export const expect = (count: number) => {
  const tasks = count === 1 ? "One more task is" : `${count} more tasks are`
  awaited.textContent = count === 0 ? "" : `${tasks} still on the way, from earlier visits.`
  showSection()
}
