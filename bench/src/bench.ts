/**
 * `pnpm --filter @voiceclone/bench bench [download|upload|waiting|cli|bundle|voice|eventloop|server …]`: all of them by default.
 */
import { note } from "./Comparison.ts"

const suites: Record<string, () => Promise<{ readonly run: () => Promise<void> }>> = {
  download: () => import("./DownloadBench.ts"),
  upload: () => import("./UploadBench.ts"),
  waiting: () => import("./WaitingBench.ts"),
  cli: () => import("./CliBench.ts"),
  bundle: () => import("./BundleBench.ts"),
  voice: () => import("./VoiceBench.ts"),
  eventloop: () => import("./EventLoopBench.ts"),
  server: () => import("./ServerBench.ts"),
}

const named = process.argv.slice(2).filter((argument) => argument !== "--")
const unknown = named.filter((name) => suites[name] === undefined)
if (unknown.length > 0) {
  note(`error: there is no ${unknown.join(", ")}; there are ${Object.keys(suites).join(", ")}`)
  process.exitCode = 2
} else {
  for (const name of named.length > 0 ? named : Object.keys(suites)) await (await suites[name]!()).run()
}
