/**
 * A sound's outline in a line of text.
 */
import { signs } from "./Locale.ts"

const { bars } = signs

/** As many bars as `columns`, each as high as the loudest sample of its part; the loudest of all is full. */
export const draw = (samples: Float32Array, columns: number): string => {
  const width = Math.max(1, Math.min(columns, samples.length))
  const heights = Array.from({ length: width }, (_, column) => {
    const start = Math.floor((column * samples.length) / width)
    const end = Math.floor(((column + 1) * samples.length) / width)
    let height = 0
    for (let index = start; index < end; index++) height = Math.max(height, Math.abs(samples[index] ?? 0))
    return height
  })
  const highest = Math.max(...heights)
  return heights
    .map((height) => bars[highest === 0 ? 0 : Math.min(bars.length - 1, Math.floor((height / highest) * bars.length))])
    .join("")
}
