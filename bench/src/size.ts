/**
 * Holds what a page loads of the client to a budget, in six bundlers: `pnpm --filter @voiceclone/bench size`, after a build.
 */
import { measureOurs, show } from "./BundleBench.ts"
import { note } from "./Comparison.ts"

/** Bytes, gzipped, up to each step. What is bundled anew depends on how much a bundler leaves out. */
const budgets: Readonly<Record<string, number>> = {
  "@voiceclone/browser, with the page": 15_000,
  "@voiceclone/browser, and with the first call": 84_000,
  "@voiceclone/browser, and to wait": 93_000,
  "@voiceclone/browser, and for whole jobs": 121_000,
  "@voiceclone/browser/standalone, with the page": 2_500,
  "@voiceclone/browser/standalone, and with the first call": 39_000,
  "@voiceclone/browser/standalone, and to wait": 54_500,
  "@voiceclone/browser/standalone, and for whole jobs": 81_500,
}

const outcomes = await measureOurs()
show(outcomes)
for (const { figures, name } of outcomes) {
  const budget = budgets[name]!
  for (const [bundler, bytes] of Object.entries(figures)) {
    if (bytes > budget) {
      note(`error: ${name}, by ${bundler}: ${bytes} bytes, and ${budget} are the budget`)
      process.exitCode = 1
    }
  }
}
