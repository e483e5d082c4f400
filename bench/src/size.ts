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
  "@voiceclone/browser, and to wait": [55.4, 56.0, 61.2, 55.1, 70.8, 92.6],
  "@voiceclone/browser, and for whole jobs": [80.2, 80.8, 84.8, 80.0, 98.2, 120.0],
  "@voiceclone/browser/standalone, with the page": [1.8, 2.7, 1.8, 1.8, 2.3, 2.3],
  "@voiceclone/browser/standalone, and with the first call": [26.4, 27.0, 26.8, 26.0, 26.6, 26.2],
  "@voiceclone/browser/standalone, and to wait": [36.3, 36.8, 37.0, 35.7, 36.3, 35.8],
  "@voiceclone/browser/standalone, and for whole jobs": [58.6, 58.9, 60.2, 57.8, 58.5, 57.7],
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
