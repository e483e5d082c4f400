import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { build, jsonLines, type Outcome, sample, Workplace } from "./command.ts"
import { screen } from "./screen.ts"

beforeAll(build, 60_000)

/** What is expected: `VOICECLONE_WRITE_SCREENS=1` writes it anew, for you to read and to commit. */
const transcript = fileURLToPath(new URL("screens.txt", import.meta.url))

/** A PocketTTS model of arithmetic. */
const model = fileURLToPath(new URL("../../server/test/pocket.tar.bz2", import.meta.url))

/** What runs until it is stopped, and the last that it says before. */
const endless: ReadonlyArray<readonly [command: RegExp, ready: RegExp]> = [
  [/^serve .*--data/, /Stop it with|"Listening"/],
]

const columns = 160

/** Each command, in an order in which one leads to the next. TASK and KEY_ID are what was created last. */
const commands: ReadonlyArray<readonly [line: string, stdin?: string]> = [
  ["completion"],
  ["completion bsh"],
  ["whoami"],
  ["login", "KEY"],
  ["whoami"],
  ["config list"],
  ["config set allow-insecure true"],
  ["config list"],
  ["config unset allow-insecure"],
  ["config set base-url https://voices.example.com/api"],
  ["config set base-url nowhere"],
  ["config set colour blue"],
  ["config unset base-url"],
  ["list"],
  ["clone voice.wav --text 'Good morning.' -o speech.wav"],
  ["clone voice.wav --text 'Good morning.' -o speech.wav"],
  ["clone none.wav --text 'Good morning.' -o speech.wav"],
  ["create voice.wav --text 'Good evening.'"],
  ["wait TASK"],
  ["status TASK"],
  ["download TASK -o evening.wav"],
  ["status none"],
  ["list"],
  ["list --server"],
  ["cancel TASK"],
  ["cancel TASK"],
  ["download TASK -o again.wav"],
  ["create voice.wav --text 'Good night.'"],
  ["resume"],
  ["batch jobs.csv --sample voice.wav -o out -c 1"],
  ["batch none.csv --sample voice.wav -o out"],
  ["verify speech.wav"],
  ["verify jobs.csv"],
  ["play speech.wav"],
  ["play none.wav"],
  ["keys create dora --data keys"],
  ["keys list --data keys"],
  ["keys revoke KEY_ID --data keys"],
  ["keys revoke KEY_ID --data keys"],
  ["keys list --data keys"],
  ["keys create 'a b' --data keys"],
  ["engine list"],
  ["engine check out"],
  ["engine check none"],
  ["engine install none.tar"],
  ["engine install jobs.csv"],
  ["engine install out"],
  ["engine install pocket.tar.bz2"],
  ["engine install pocket.tar.bz2"],
  ["engine list"],
  ["backup copy --data none"],
  ["serve --port 99999"],
  ["serve --port 0 --data mine --engine fixed --log-level none"],
  ["backup copy --data mine"],
  ["backup copy --data mine"],
  ["doctor"],
  ["logout"],
  ["logout"],
  ["keys list --data typo"],
  ["clone voice.wav Hello -o speech.wav"],
  ["clone voice.wav 'It was a bright cold day in April, and the clocks were striking thirteen.' -o speech.wav"],
  ["batch jobs.csv --sample voice.wav -o voice.wav/out"],
  ["clone -dash.wav --text Hello -o speech.wav"],
  ["clone voice.wav --text -Hello -o speech.wav"],
  ["help staus"],
  ["staus TASK"],
  ["clone voice.wav --txt Hello -o speech.wav"],
]

/** The same for every run, and as wide. */
const settled = (text: string, place: Workplace, port: string): string =>
  text
    .replaceAll(place.path, "/place")
    // a terminal shows the key, mostly before what the command says
    .replaceAll("^C", "")
    .replaceAll(`:${port}/`, ":PORT/")
    .replaceAll(/(127\.0\.0\.1):\d+\/api/g, "$1:PORT/api")
    .replaceAll(/[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/g, "00000000-0000-0000-0000-000000000000")
    .replaceAll(/\d{4}-\d\d-\d\d([ T])\d\d:\d\d(:\d\d\.\d{3}Z)?/g, (time) => time.replaceAll(/\d/g, "0"))
    .replaceAll(/vc_[\w-]+/g, "vc_KEY")
    .replaceAll(/key_[\da-f]+/g, "key_ID")
    .replaceAll(/\b[\da-f]{64}\b/g, "SHA256")
    .replaceAll(/Node\.js \S+, \w+ \w+/g, "Node.js")
    .replaceAll(/[\d.]+ \w+ left/g, "much left")
    // which of a batch's results is ready first is the server's affair
    .replaceAll(/Saved out\/\w+/g, "Saved out/ROW")

/** How far a task has come when it is asked after is a matter of time. */
const isPassing = (line: string): boolean =>
  /^(?:pending|processing|completed)(?: \d+%)?(?:, \d+ before it)?$/.test(line)

const quote = (words: string): ReadonlyArray<string> =>
  Array.from(words.matchAll(/'([^']*)'|(\S+)/g), ([, quoted, word]) => quoted ?? word ?? "")

const lines = (mark: string, text: string): ReadonlyArray<string> =>
  text
    .split("\n")
    .filter((line, index, all) => !isPassing(line) && (line !== "" || index < all.length - 1))
    .map((line) => `  ${mark} ${line}`.trimEnd())

const readyOf = (line: string) => endless.find(([command]) => command.test(line))?.[1]

/** Ends what would not end by itself, as Ctrl-C does. */
const stopped = async (line: string, { child, ended, seen }: ReturnType<Workplace["start"]>): Promise<Outcome> => {
  const ready = readyOf(line)
  if (ready === undefined) return ended
  await seen(ready)
  if (child.stdin === null) child.kill("SIGINT")
  else child.stdin.write("\u0003")
  return ended
}

describe("every command", () => {
  const home = new Workplace()
  let baseUrl = ""
  beforeAll(async () => {
    const keys = { VOICECLONE_SERVER_KEYS: "anna:key-of-anna,ben:key-of-ben,carl:key-of-carl" }
    const server = home.start(["serve", "--port", "0", "--data", "data", "--engine", "fixed", "--json"], keys)
    baseUrl = (await server.seen(/"baseUrl":"([^"]+)"/))[1] ?? ""
  }, 60_000)
  afterAll(() => home[Symbol.dispose]())

  /** All commands one after another, as one user, in one way. */
  const session = async (
    key: string,
    run: (place: Workplace, line: string, env: Record<string, string>, stdin: string | undefined) => Promise<Outcome>,
    tell: (outcome: Outcome, place: Workplace) => Promise<ReadonlyArray<string>>,
  ) => {
    using place = new Workplace()
    copyFileSync(sample, place.inside("voice.wav"))
    copyFileSync(model, place.inside("pocket.tar.bz2"))
    writeFileSync(place.inside("jobs.csv"), "text,output\nOne,one.wav\nTwo,two.wav\n")
    mkdirSync(place.inside("bin"))
    // the first player that is looked for, wherever this runs
    writeFileSync(place.inside("bin", "afplay"), "#!/bin/sh\n", { mode: 0o755 })
    const PATH = `${place.inside("bin")}:${process.env["PATH"]}`
    const proxies = { HTTPS_PROXY: "", https_proxy: "", HTTP_PROXY: "", http_proxy: "", ALL_PROXY: "" }
    const env = { PATH, ...proxies, VOICECLONE_BASE_URL: baseUrl, NO_COLOR: "1", XDG_DATA_HOME: place.inside("data") }
    let task = ""
    let keyId = ""
    const told: Array<string> = []
    for (const [line, stdin] of commands) {
      const outcome = await run(
        place,
        line.replace("TASK", task).replace("KEY_ID", keyId),
        env,
        stdin?.replace("KEY", key),
      )
      if (line.startsWith("create")) task = /[\da-f]{8}-[\da-f-]{27}/.exec(outcome.stdout)?.[0] ?? ""
      if (line.startsWith("keys create")) keyId = /key_[\da-f]+/.exec(outcome.stdout)?.[0] ?? keyId
      const port = /:(\d+)\//.exec(baseUrl)?.[1] ?? ""
      told.push(settled((await tell(outcome, place)).join("\n"), place, port))
    }
    return told
  }

  it(
    "says this, into a pipe and on a terminal, and JSON lines as they are documented",
    { timeout: 400_000 },
    async () => {
      const [piped, seen, json] = await Promise.all([
        session(
          "key-of-anna",
          (place, line, env, stdin) => stopped(line, place.start(quote(line), env, stdin)),
          async ({ code, stdout, stderr }) => [`pipe: ${code}`, ...lines("|", stdout), ...lines("!", stderr)],
        ),
        session(
          "key-of-ben",
          async (place, line, env, stdin) => {
            const started = place.terminal(
              line,
              env,
              columns,
              stdin === undefined && readyOf(line) === undefined ? "ignore" : "pipe",
            )
            if (stdin !== undefined) {
              await started.seen(/API key/)
              started.child.stdin?.write(`${stdin}\r`)
            }
            return stopped(line, started)
          },
          async ({ code, bytes }) => [`terminal: ${code}`, ...lines(">", (await screen(bytes, columns)).join("\n"))],
        ),
        session(
          "key-of-carl",
          (place, line, env, stdin) => stopped(line, place.start([...quote(line), "--json"], env, stdin)),
          async (outcome) => {
            assert.strictEqual(outcome.stderr, "")
            return [`json: ${outcome.code} ${jsonLines(outcome).at(-1)._tag}`]
          },
        ),
      ])
      const told = commands
        .map(([line], index) => [`$ voiceclone ${line}`, piped[index], seen[index], json[index], ""].join("\n"))
        .join("\n")
      if (process.env["VOICECLONE_WRITE_SCREENS"] === "1") writeFileSync(transcript, told)
      assert.deepStrictEqual(told.split("\n"), readFileSync(transcript, "utf8").split("\n"))
    },
  )
})
