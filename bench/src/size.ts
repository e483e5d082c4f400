/**
 * Holds what a page loads of the client to a budget, in six bundlers: `pnpm --filter @voiceclone/bench size`, after a build.
 */
import { measureOurs, show } from "./BundleBench.ts"
import { bundlers } from "./Bundlers.ts"
import { note } from "./Comparison.ts"

/** Gzipped kB up to each step, as they were measured with little to spare: rolldown, vite, esbuild, rollup, webpack, rspack. */
const budgets: Readonly<Record<string, ReadonlyArray<number>>> = {
  "@voiceclone/browser, with the page": [2.0, 3.4, 15.1, 2.0, 2.7, 2.6],
  "@voiceclone/browser, and with the first call": [50.3, 51.0, 55.4, 49.9, 61.5, 83.3],
  "@voiceclone/browser, and to wait": [57.2, 58.0, 62.8, 56.9, 71.6, 93.3],
  "@voiceclone/browser, submit, wait, receive": [63.9, 64.6, 71.5, 63.7, 81.2, 102.7],
  "@voiceclone/browser, and for whole jobs": [84.4, 85.0, 88.8, 84.3, 100.9, 122.3],
  "@voiceclone/browser/standalone, with the page": [1.9, 2.9, 1.9, 1.9, 2.5, 2.5],
  "@voiceclone/browser/standalone, and with the first call": [24.6, 25.2, 24.9, 24.2, 24.9, 24.4],
  "@voiceclone/browser/standalone, and to wait": [37.9, 38.4, 38.7, 37.3, 38.0, 37.5],
  "@voiceclone/browser/standalone, submit, wait, receive": [37.9, 38.4, 38.7, 37.3, 38.0, 37.5],
  "@voiceclone/browser/standalone, and for whole jobs": [57.7, 58.1, 59.1, 56.8, 57.5, 56.7],
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
