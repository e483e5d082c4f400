import { setTimeout as sleep } from "node:timers/promises"
import { Pool } from "undici"
import { delayMillis, ids, look, place } from "./looks.ts"
import { watched } from "./watched.ts"

const pool = place.startsWith("http") ? new Pool(place, { connections: 64 }) : undefined

/** The body of a status answer. */
const status = async (id: string): Promise<string> => {
  if (pool === undefined) return JSON.stringify({ status: look(id) })
  const { body } = await pool.request({ path: `/api/async-clone/task-status/${id}`, method: "GET" })
  return body.text()
}

const wait = async (id: string): Promise<void> => {
  for (let polls = 0; ; polls++) {
    const task = JSON.parse(await status(id)) as { readonly status: string }
    if (task.status === "completed") return
    await sleep(delayMillis(polls))
  }
}

await watched(async () => {
  await Promise.all(ids.map(wait))
  await pool?.close()
})
