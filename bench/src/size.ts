/**
 * Holds what a page loads of the client to a budget, in six bundlers: `pnpm --filter @voiceclone/bench size`, after a build.
 */
import { measureOurs, show } from "./BundleBench.ts"
import { bundlers } from "./Bundlers.ts"
import { note } from "./Comparison.ts"

/** Gzipped kB up to each step, as they were measured with little to spare: rolldown, vite, esbuild, rollup, webpack, rspack. */
const budgets: Readonly<Record<string, ReadonlyArray<number>>> = {
  "@voiceclone/browser, with the page": [1.8, 3.0, 15.0, 1.9, 2.5, 2.4],
  "@voiceclone/browser, and with the first call": [49.3, 49.9, 54.7, 48.8, 61.5, 83.3],
  "@voiceclone/browser, and to wait": [55.8, 56.4, 61.5, 55.5, 71.3, 93.0],
  "@voiceclone/browser, and for whole jobs": [82.7, 83.2, 87.0, 82.4, 100.6, 122.1],
  "@voiceclone/browser/standalone, with the page": [1.8, 2.7, 1.8, 1.8, 2.3, 2.3],
  "@voiceclone/browser/standalone, and with the first call": [37.4, 37.9, 39.1, 36.9, 37.6, 37.2],
  "@voiceclone/browser/standalone, and to wait": [52.2, 52.5, 54.7, 51.5, 51.8, 51.3],
  "@voiceclone/browser/standalone, and for whole jobs": [78.6, 78.7, 81.5, 77.5, 77.6, 76.9],
}

const outcomes = await measureOurs()
show(outcomes)
for (const { figures, name } of outcomes) {
  for (const [index, bundler] of Object.keys(bundlers).entries()) {
    const bytes = figures[bundler]!
    const budget = budgets[name]![index]! * 1000
    if (!(bytes <= budget)) {
      note(`error: ${name}, by ${bundler}: ${bytes} bytes, and ${budget} are the budget`)
      process.exitCode = 1
    }
  }
}
