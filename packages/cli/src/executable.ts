/**
 * Where a single executable begins. Its compiled code is in it, so nothing is answered from texts.
 */
import { run } from "./Cli.ts"

run(process.argv.slice(2))
