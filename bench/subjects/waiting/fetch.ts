import { setTimeout as sleep } from "node:timers/promises"
import { delayMillis, ids, place } from "./looks.ts"
import { watched } from "./watched.ts"

const wait = async (id: string): Promise<void> => {
  for (let polls = 0; ; polls++) {
    const response = await fetch(`${place}/api/async-clone/task-status/${id}`)
    const task = (await response.json()) as { readonly status: string }
    if (task.status === "completed") return
    await sleep(delayMillis(polls))
  }
}

await watched(() => Promise.all(ids.map(wait)))
