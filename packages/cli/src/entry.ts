#!/usr/bin/env node
/**
 * Where the published command begins: answers at once what is written down, and loads the rest for everything else.
 */
import { fstatSync } from "node:fs"
import { enableCompileCache, createRequire } from "node:module"
import { join } from "node:path"
import * as BaseDirectory from "./BaseDirectory.ts"
import * as Instant from "./Instant.ts"
import * as Shortcut from "./Shortcut.ts"

const load = createRequire(import.meta.url)
const args = Instant.spelledOut(process.argv.slice(2))

/** V8's work of the first run, for all later ones. Node.js 20 has none. */
const rememberCompiledCode = (): void => {
  try {
    const told = process.env["NODE_COMPILE_CACHE"]
    const place = told ?? join(BaseDirectory.named("XDG_CACHE_HOME", ".cache"), "voiceclone", "compiled")
    if (told === undefined) BaseDirectory.make(place)
    enableCompileCache?.(place)
  } catch {
    // without a home, every run is a first one
  }
}

/** What stands beside this file, under the names that `tsdown.config.ts` gives. */
const texts = (): Instant.Texts => load("./texts.json") as Instant.Texts

const isTold =
  Instant.mayAsk(args) &&
  Instant.tell(Instant.answer(args, texts(), Instant.colors(process.env, fstatSync(1).isCharacterDevice())))

if (!isTold) {
  rememberCompiledCode()
  load(Shortcut.status(args) === undefined ? "./command.cjs" : "./status.cjs")
}
