/** Starts the servers once for all of the browser's tests, and tells the tests where they are. */
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import type { TestProject } from "vitest/node"

export default async ({ provide }: TestProject) => {
  const child = spawn(
    process.execPath,
    ["--conditions=@voiceclone/source", fileURLToPath(new URL("start.ts", import.meta.url))],
    { stdio: ["pipe", "pipe", "inherit"] },
  )
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()))
  for await (const line of createInterface(child.stdout)) {
    provide("servers", JSON.parse(line))
    return async () => {
      child.stdin.end()
      await ended
    }
  }
  throw new Error("The test servers did not start.")
}
