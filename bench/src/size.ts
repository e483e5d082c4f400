/**
 * Holds what a page loads of the client to a budget, in six bundlers: `pnpm --filter @voiceclone/bench size`, after a build.
 */
import { measureOurs, show } from "./BundleBench.ts"
import { bundlers } from "./Bundlers.ts"
import { note } from "./Comparison.ts"

/** Gzipped kB up to each step, as they were measured with little to spare: rolldown, vite, esbuild, rollup, webpack, rspack. */
const budgets: Readonly<Record<string, ReadonlyArray<number>>> = {
  "@voiceclone/browser, with the page": [2.0, 3.4, 15.1, 2.0, 2.7, 2.6],
  "@voiceclone/browser, and with the first call": [50.3, 51.0, 55.3, 49.9, 61.5, 83.3],
  "@voiceclone/browser, and to wait": [57.1, 57.9, 62.7, 56.8, 71.5, 93.2],
  "@voiceclone/browser, submit, wait, receive": [63.6, 64.3, 71.3, 63.5, 80.9, 102.4],
  "@voiceclone/browser, and for whole jobs": [84.2, 84.8, 88.5, 84.1, 100.7, 122.0],
  "@voiceclone/browser/standalone, with the page": [1.9, 2.9, 1.9, 1.9, 2.5, 2.5],
  "@voiceclone/browser/standalone, and with the first call": [24.6, 25.2, 24.9, 24.2, 24.9, 24.4],
  "@voiceclone/browser/standalone, and to wait": [37.7, 38.2, 38.5, 37.1, 37.8, 37.3],
  "@voiceclone/browser/standalone, submit, wait, receive": [37.7, 38.2, 38.5, 37.1, 37.8, 37.3],
  "@voiceclone/browser/standalone, and for whole jobs": [57.5, 57.9, 58.9, 56.6, 57.3, 56.5],
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
