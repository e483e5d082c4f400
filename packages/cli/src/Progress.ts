/**
 * How a transfer goes: how much, how fast, and how long it may still take.
 */
import { bytes, percent, seconds } from "./Quantity.ts"

/** As far back as the rate is looked at, in milliseconds. */
const windowMillis = 5_000

/** One transfer; each call tells how many bytes there are, and gives the words for a live line. */
export const make = (
  now: () => number = () => performance.now(),
): ((amount: number, total: number | undefined) => string) => {
  const seen: Array<readonly [at: number, amount: number]> = []
  return (amount, total) => {
    const at = now()
    // another attempt begins where the last one stood, or anew
    if (amount < (seen.at(-1)?.[1] ?? 0)) seen.length = 0
    seen.push([at, amount])
    while (seen.length > 2 && at - (seen[0]?.[0] ?? at) > windowMillis) seen.shift()
    const [began, first] = seen[0] ?? [at, amount]
    const rate = at - began < 500 ? 0 : (amount - first) / ((at - began) / 1000)
    return [
      total === undefined ? bytes(amount) : `${bytes(amount)} of ${bytes(total)}`,
      ...(total === undefined || total === 0 ? [] : [percent(amount / total)]),
      ...(rate > 0 ? [`${bytes(rate)}/s`] : []),
      ...(rate > 0 && total !== undefined && total > amount ? [`${seconds((total - amount) / rate)} left`] : []),
    ].join(", ")
  }
}
