/**
 * The sample that was to be sent when its page went away: whoever comes back is told so. Of the sample itself, which the
 * browser gives to nobody twice, only the name is kept: a voice is not left behind without need.
 */
import { kept } from "./access.ts"

/** It shall be sent. */
export const mark = (name: string) => kept.setItem("unsent", name)

/** It has been, or whoever gave it was told why not. */
export const clear = () => kept.removeItem("unsent")

/** Its name, once. */
export const take = (): string | undefined => {
  const name = kept.getItem("unsent") ?? undefined
  clear()
  return name
}
