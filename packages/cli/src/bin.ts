#!/usr/bin/env node
import { run } from "./Cli.ts"

run(process.argv.slice(2))
