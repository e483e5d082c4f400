/**
 * What ends a pause between calls before its time in a page: the network is back, or the page is looked at again. A
 * browser lets the timers of a page in the background wait for a minute and more.
 */
import { Wake } from "@voiceclone/core/Pause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** Each pause lasts at least so long, however often the visitor comes and goes. */
const leastMillis = 1000

/** Many that wait are woken one by one, so far apart. */
const gapMillis = 100

export const layer: Layer.Layer<never> = Layer.sync(Wake, () => {
  let lastMillis = Number.NEGATIVE_INFINITY
  return Effect.callback<void>((resume) => {
    const began = performance.now()
    let timer: ReturnType<typeof setTimeout> | undefined
    const wake = () => {
      if (timer !== undefined) return
      lastMillis = Math.max(performance.now(), began + leastMillis, lastMillis + gapMillis)
      timer = setTimeout(() => resume(Effect.void), lastMillis - performance.now())
    }
    const show = () => {
      if (document.visibilityState === "visible") wake()
    }
    globalThis.addEventListener("online", wake)
    if ("document" in globalThis) document.addEventListener("visibilitychange", show)
    return Effect.sync(() => {
      clearTimeout(timer)
      globalThis.removeEventListener("online", wake)
      if ("document" in globalThis) document.removeEventListener("visibilitychange", show)
    })
  })
})
